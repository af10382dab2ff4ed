"""Hypothesis strategies for flows as values."""

from datetime import time

from hypothesis import strategies as st

from leadcrm.conversations.models import WHEN_LATE
from leadcrm.flows.document import FlowDocument, StepDocument
from leadcrm.flows.models import INSIDE_TYPES, STEP_TYPES

IDS = [f"step-{number}" for number in range(6)]
names = st.text(st.sampled_from("aZ9 -üé☺“漢\n"), min_size=1, max_size=20)
words = st.sampled_from(["Hi {first_name|there}", "Hello", "Are you there?", "Ünï ☺"])
times = st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59))
conditions = st.sampled_from(
    [
        None,
        {"all": [{"field": "score", "op": "at_least", "value": 60}]},
        {
            "any": [
                {"field": "tag", "op": "is", "value": "vip"},
                {"all": [{"field": "phone", "op": "is_set", "value": None}]},
            ]
        },
    ]
)


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
        greets=kind not in INSIDE_TYPES and draw(st.booleans()),
        when_late=draw(st.sampled_from(WHEN_LATE)),
        only_if=draw(conditions),
    )


@st.composite
def documents(draw) -> FlowDocument:
    ids = draw(st.lists(st.sampled_from(IDS), unique=True))
    return FlowDocument(draw(names), tuple(draw(steps(step_id)) for step_id in ids))
