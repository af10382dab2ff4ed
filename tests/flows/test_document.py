"""A flow as a value: what it accepts, how it is compared, and where a dragged step lands."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadcrm.core.errors import DomainError, NotFound
from leadcrm.flows import changes, edits
from leadcrm.flows.changes import Change, applied, differences, taken_back
from leadcrm.flows.document import FlowDocument, StepData, StepDocument
from leadcrm.flows.moving import proposed_move, time_between
from tests.flows.documents import documents

WELCOME = StepDocument("a", "email", "Welcome", "Hello", "Hi", 0, None)
TEXT = StepDocument("b", "text", "Follow-up text", "", "Hi", 1, time(9))
LATE = StepDocument("c", "text", "Late text", "", "Hi", 1, time(17))
FLOW = FlowDocument("New lead", (LATE, TEXT, WELCOME))
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["09:00", "email", "step-1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*TEXT.to_json(), "steps"]), inner, max_size=9)
    ),
)


@given(documents())
def test_a_document_survives_json(document):
    assert FlowDocument.from_json(json.loads(json.dumps(document.to_json()))) == document


@given(documents(), documents())
def test_the_differences_lead_from_one_document_to_the_other_and_back(before, after):
    found = [Change.from_json(json.loads(json.dumps(change.to_json()))) for change in differences(before, after)]
    assert applied(before, found) == after
    assert taken_back(after, found) == before
    assert bool(found) == (before != after)
    assert all(change.words and not any(f"step-{n}" in change.words for n in range(6)) for change in found)


@given(JUNK)
def test_junk_is_refused_with_a_word_never_with_a_crash(value):
    with suppress(DomainError):
        assert FlowDocument.from_json(value).to_json() == value, "an empty flow is one"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "fax"), ("name", ""), ("name", "x" * 81), ("day", -1), ("day", 366), ("day", "1"), ("day", True),
        ("time", "25:00"), ("time", "09:00:01"), ("time", "09:00Z"), ("time", 9), ("enabled", "yes"),
        ("when_late", "never"),
        ("content", "Hi {frist_name}"), ("content", "x" * 1_531), ("content", "a\x00b"), ("id", "x" * 37),
    ],
)  # fmt: skip
def test_a_step_that_could_not_be_sent_or_stored_is_refused_by_its_field(field, value):
    with pytest.raises(DomainError) as refusal:
        FlowDocument.from_json({"name": "New lead", "steps": [TEXT.to_json() | {field: value}]})
    assert refusal.value.field == field


def test_two_steps_of_one_id_and_unknown_fields_are_refused():
    for steps in ([TEXT.to_json(), TEXT.to_json()], [TEXT.to_json() | {"organization_id": "x"}]):
        with pytest.raises(DomainError):
            FlowDocument.from_json({"name": "New lead", "steps": steps})


def test_steps_stand_in_the_order_they_go_out():
    soon = StepDocument("z", "text", "Soon", "", "Hi", 1, None)
    assert [step.id for step in FLOW.with_step(soon).steps] == ["a", "z", "b", "c"]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (edits.MoveStep("b", 2, time(9)), ["“Follow-up text” moves from day 1, 9:00 to day 2, 9:00"]),
        (edits.MoveStep("b", 1, None), ["“Follow-up text” moves from day 1, 9:00 to day 1, same time of day"]),
        (edits.RemoveStep("b"), ["“Follow-up text” is removed from day 1, 9:00"]),
        (edits.DuplicateStep("b"), ["“Follow-up text (copy)” is added on day 1, 9:00: a text"]),
        (edits.SwitchStep("b", False), ["“Follow-up text” is switched off"]),
        (edits.RenameFlow("Old lead"), ["The flow is now called “Old lead”"]),
        (
            edits.EditStep("a", StepData("whatsapp", "Hello", "Hi", 0, None, subject="Hello", greets=True)),
            [
                "“Hello” is the new name of “Welcome”",
                "“Hello” becomes a WhatsApp message and is no longer an email",
                "“Hello” has no subject any more",
                "“Hello” is the lead's first hello",
            ],
        ),
        (
            edits.EditStep("a", StepData("email", "Welcome", "New", 0, None, subject="New")),
            ["“Welcome” says something else, with another subject"],
        ),
        (
            edits.EditStep("a", StepData("email", "Welcome", "Hi", 0, None, subject="Hello", when_late="skip")),
            ["“Welcome” is skipped when late"],
        ),
    ],
)
def test_every_edit_is_told_in_words(edit, words):
    assert [change.words for change in differences(FLOW, edit.of(FLOW))] == words


def test_words_kept_of_before_are_told_as_those_of_now():
    [change] = differences(FLOW, edits.MoveStep("b", 1, None).of(FLOW))
    kept = replace(change, words="“Follow-up text” moves from day 1, 9:00 to day 1, immediately")
    assert changes.told(kept, lambda wall: f"{wall:%H.%M}") == (
        "“Follow-up text” moves from day 1, 09.00 to day 1, same time of day"
    )


@pytest.mark.parametrize("edit", [edits.RemoveStep("?"), edits.MoveStep("?", 1, None), edits.DuplicateStep("?")])
def test_an_edit_of_a_step_that_is_not_there_is_refused(edit):
    with pytest.raises(NotFound):
        edit.of(FLOW)


def test_a_flow_has_an_end():
    document = FLOW
    for _ in range(97):
        document = edits.DuplicateStep("b").of(document)
    with pytest.raises(DomainError, match="at most 100"):
        edits.DuplicateStep("b").of(document)


def step(clock: str | None) -> StepDocument:
    return StepDocument("x", "text", "X", "", "Hi", 1, clock and time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("before", "after", "proposed"),
    [
        (step("09:00"), step("17:00"), "13:00"), (step("09:00"), step("09:15"), "09:10"),
        (step("09:00"), step("09:05"), "09:02"), (step("09:00"), step("09:01"), "09:00"),
        (step("09:00"), step("09:00"), "09:00"), (None, step("09:00"), "08:00"), (None, step("01:40"), "00:40"),
        (None, step("00:30"), "00:15"), (None, step("00:00"), "00:00"), (step("17:00"), None, "18:00"),
        (step("23:20"), None, "23:40"), (step("23:59"), None, "23:59"), (step(None), step("09:00"), "08:00"),
        (step(None), None, "09:00"), (None, step(None), None), (step(None), step(None), None), (None, None, "09:00"),
    ],
)  # fmt: skip
def test_a_time_is_proposed_between_two_steps(before, after, proposed):
    assert time_between(before, after) == (proposed and time.fromisoformat(proposed))


@given(st.times(), st.times())
def test_the_time_proposed_lies_between(one, other):
    first, last = (clock.replace(second=0, microsecond=0) for clock in sorted([one, other]))
    assert first <= time_between(step(first.isoformat()), step(last.isoformat())) <= last


def test_another_day_keeps_the_time_and_its_own_day_proposes_one():
    assert proposed_move(FLOW, "b", 3, 0) == (3, time(9))
    assert proposed_move(FLOW, "b", 1, 0) == (1, time(9)), "where it stands already"
    assert proposed_move(FLOW, "b", 1, 1) == (1, time(18))
    assert proposed_move(FLOW, "c", 1, 0) == (1, time(8))
    assert proposed_move(FLOW, "c", 1, 99) == (1, time(17))


def test_words_name_every_kind_of_difference():
    assert set(changes.FIELDS_OF) == set(changes._WORDS)
    fields = [name for names in changes.FIELDS_OF.values() for name in names]
    assert sorted([*fields, "id"]) == sorted(TEXT.to_json())
