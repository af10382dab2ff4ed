"""Hypothesis strategies for flows as values."""

from datetime import time

from hypothesis import strategies as st

from leadcrm.conversations.models import WHEN_LATE
from leadcrm.flows.document import FlowDocument, StepDocument
from leadcrm.flows.models import STEP_TYPES

IDS = [f"step-{number}" for number in range(6)]
names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)
words = st.sampled_from(["Hi {first_name|there}", "Hello", "Are you there?", "Ünï ☺"])
times = st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59))


@st.composite
def steps(draw, step_id: str) -> StepDocument:
    kind = draw(st.sampled_from(STEP_TYPES))
    return StepDocument(
        id=step_id,
        type=kind,
        name=draw(names),
        subject=draw(words) if kind == "email" else "",
        content=draw(words),
        day=draw(st.integers(0, 365)),
        time=draw(times),
        enabled=draw(st.booleans()),
        greets=draw(st.booleans()),
        when_late=draw(st.sampled_from(WHEN_LATE)),
    )


@st.composite
def documents(draw) -> FlowDocument:
    ids = draw(st.lists(st.sampled_from(IDS), unique=True))
    return FlowDocument(draw(names), tuple(draw(steps(step_id)) for step_id in ids))
