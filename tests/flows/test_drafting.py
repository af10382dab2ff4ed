"""A draft: nothing of it is live, every save can be undone, and nobody overwrites another's unseen."""

from datetime import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.core.events import acting_as
from leadcrm.core.models import EventRow
from leadcrm.flows import draft_queries, operations
from leadcrm.flows.edits import AddStep, DuplicateStep, EditStep, MoveStep, RemoveStep, RenameFlow, SwitchStep
from leadcrm.flows.models import Flow, FlowStep
from leadcrm.flows.operations import StaleDraft, StepData, drafting
from tests.flows.conftest import messages_of
from tests.flows.test_changing import data_of

MORE = StepData(type="text", name="More", content="Hi", day=3, time=time(10))


def change(flow, edit, revision: int | None = None) -> draft_queries.Draft:
    return perform(operations.change_draft, flow, draft(flow).revision if revision is None else revision, edit)


def draft(flow) -> draft_queries.Draft:
    db.session.rollback()
    return draft_queries.draft_of(flow)


def words(draft) -> list[str]:
    return [change.words for change in draft.changes]


def test_without_a_draft_it_is_what_is_live(flow, steps):
    shown = draft(flow)
    assert (shown.revision, shown.changes, shown.undo_words, shown.redo_words) == (0, [], None, None)
    assert shown.document == shown.live
    assert [step.name for step in shown.document.steps] == ["Welcome Email", "Follow-up Text", "Reminder Email"]


def test_a_save_is_kept_with_its_author_and_touches_nothing_live(cast, flow, steps, new_lead):
    lead = new_lead()
    before = [(message.content, message.scheduled_for, message.status) for message in messages_of(lead)]
    with acting_as(f"user:{cast.ada.id}"):
        change(flow, MoveStep(steps.text.id, 2, time(9)))
        change(flow, EditStep(steps.reminder.id, data_of(steps.reminder, content="New")))
        change(flow, RemoveStep(steps.welcome.id))
        saved = change(flow, AddStep(MORE))
    assert words(saved) == [
        "“Follow-up Text” moves from day 1, 9:00 to day 2, 9:00",
        "“Reminder Email” says something else",
        "“More” is added on day 3, 10:00: a text",
        "“Welcome Email” is removed from day 0, immediately",
    ]
    assert (saved.author, saved.revision) == (f"user:{cast.ada.id}", 4)
    assert [step.name for step in draft(flow).live.steps] == ["Welcome Email", "Follow-up Text", "Reminder Email"]
    assert [(message.content, message.scheduled_for, message.status) for message in messages_of(lead)] == before


def test_the_second_save_of_a_stale_draft_is_refused_and_carries_both(flow, steps):
    change(flow, MoveStep(steps.text.id, 2, time(9)), revision=0)
    mine = EditStep(steps.text.id, data_of(steps.text, content="Mine"))
    with pytest.raises(StaleDraft) as refusal:
        change(flow, mine, revision=0)
    assert refusal.value.status == 409
    assert refusal.value.edit == mine
    assert refusal.value.theirs.document.step(steps.text.id).day == 2
    assert change(flow, mine, refusal.value.theirs.revision).document.step(steps.text.id).content == "Mine"


@pytest.mark.parametrize("verb", [operations.undo, operations.redo, operations.discard_draft])
def test_a_stale_undo_is_refused_too(flow, steps, verb):
    change(flow, AddStep(MORE))
    with pytest.raises(StaleDraft):
        perform(verb, flow, 0)


def test_undo_and_redo_say_what_they_do_and_end(flow, steps):
    change(flow, MoveStep(steps.text.id, 2, time(9)))
    shown = change(flow, RemoveStep(steps.welcome.id))
    assert shown.undo_words == "“Welcome Email” is removed from day 0, immediately"
    back = perform(operations.undo, flow, shown.revision)
    assert back.redo_words == shown.undo_words
    assert words(back) == ["“Follow-up Text” moves from day 1, 9:00 to day 2, 9:00"]
    empty = perform(operations.undo, flow, back.revision)
    assert (empty.changes, empty.undo_words) == ([], None)
    with pytest.raises(DomainError, match="nothing to undo"):
        perform(operations.undo, flow, empty.revision)
    again = perform(operations.redo, flow, empty.revision)
    assert words(change(flow, AddStep(MORE), again.revision))[-1] == "“More” is added on day 3, 10:00: a text"
    with pytest.raises(DomainError, match="nothing to redo"):
        perform(operations.redo, flow, again.revision + 1)


edits = st.one_of(
    st.builds(AddStep, st.just(MORE)),
    st.builds(RenameFlow, st.sampled_from(["One", "Two"])),
    st.tuples(st.sampled_from([MoveStep, RemoveStep, DuplicateStep]), st.integers(0, 9), st.integers(0, 9)),
    st.sampled_from(["undo", "redo", "discard", "restore"]),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(edits, min_size=1, max_size=12))
def test_undo_and_redo_walk_the_way_that_was_gone(flow, walk):
    """Against a model: a list of documents and a finger on one of them."""
    start = perform(operations.discard_draft, flow, draft(flow).revision)
    undone = start
    while undone.undo_words:
        undone = perform(operations.undo, flow, undone.revision)
    way, finger = [undone.document], 0
    for move in walk:
        shown = draft(flow)
        if move == "undo" and finger:
            finger -= 1
            perform(operations.undo, flow, shown.revision)
        elif move == "redo" and shown.redo_words and finger + 1 < len(way):
            finger += 1
            perform(operations.redo, flow, shown.revision)
        elif not isinstance(move, str) or move in ("discard", "restore"):
            done = do(flow, shown, move)
            if done.revision != shown.revision:
                way, finger = [*way[: finger + 1], done.document], finger + 1
        assert draft(flow).document == way[finger]


def do(flow, shown, move) -> draft_queries.Draft:
    if move == "discard":
        return perform(operations.discard_draft, flow, shown.revision)
    if move == "restore":
        return perform(operations.restore_version, flow, shown.revision, 1)
    if not isinstance(move, tuple):
        return change(flow, move)
    kind, number, day = move
    if not shown.document.steps:
        return shown
    step = shown.document.steps[number % len(shown.document.steps)]
    return change(flow, MoveStep(step.id, day, step.time) if kind is MoveStep else kind(step.id))


def test_the_oldest_of_very_many_saves_are_forgotten(flow, steps, monkeypatch):
    monkeypatch.setattr(drafting, "KEPT_CHANGES", 3)
    for day in range(2, 8):
        change(flow, MoveStep(steps.text.id, day, time(9)))
    for _ in range(3):
        perform(operations.undo, flow, draft(flow).revision)
    assert (draft(flow).undo_words, draft(flow).document.step(steps.text.id).day) == (None, 4)


def test_what_changes_nothing_is_no_save(flow, steps):
    assert change(flow, MoveStep(steps.text.id, 1, time(9))).revision == 0


def test_a_discarded_draft_comes_back_by_undo(flow, steps):
    change(flow, AddStep(MORE))
    gone = perform(operations.discard_draft, flow, 1)
    assert (gone.changes, gone.undo_words) == ([], "All changes are discarded")
    assert words(perform(operations.undo, flow, gone.revision)) == ["“More” is added on day 3, 10:00: a text"]


def test_the_switch_of_a_live_step_shows_in_the_draft_and_survives_undo(flow, steps):
    change(flow, MoveStep(steps.text.id, 2, time(9)))
    perform(operations.set_step_enabled, steps.text, False)
    shown = draft(flow)
    assert (shown.document.step(steps.text.id).enabled, shown.revision) == (False, 1)
    assert not perform(operations.undo, flow, 1).document.step(steps.text.id).enabled
    with pytest.raises(DomainError, match="is live"):
        change(flow, SwitchStep(steps.text.id, True))


def test_the_switch_of_a_step_that_only_the_draft_has_is_a_save(flow, steps):
    added = AddStep(MORE)
    change(flow, added)
    shown = change(flow, SwitchStep(added.step_id, False))
    assert (shown.undo_words, shown.document.step(added.step_id).enabled) == ("“More” is switched off", False)


def test_what_cannot_be_sent_or_stored_is_refused(flow, steps, new_lead):
    other = perform(operations.create_flow, "Other")
    new_lead()
    cases = [
        (EditStep(steps.text.id, data_of(steps.text, content="Hi {frist_name}")), "content"),
        (EditStep(steps.text.id, data_of(steps.text, type="whatsapp")), "type"),
        (RenameFlow(other.name), "name"),
        (RenameFlow(" "), "name"),
    ]
    for edit, field in cases:
        with pytest.raises(DomainError) as refusal:
            change(flow, edit)
        assert refusal.value.field == field
    with pytest.raises(NotFound):
        change(flow, RemoveStep(AddStep(MORE).step_id))
    assert draft(flow).revision == 0


def test_the_first_draft_writes_down_what_was_there(flow, steps):
    assert draft_queries.versions_of(flow.id) == []
    change(flow, AddStep(MORE))
    [first] = draft_queries.versions_of(flow.id)
    assert (first.number, first.document) == (1, draft(flow).live.to_json())


def test_every_save_is_a_fact(flow, steps):
    shown = change(flow, AddStep(MORE))
    shown = perform(operations.undo, flow, shown.revision)
    perform(operations.redo, flow, shown.revision)
    facts = db.session.scalars(select(EventRow.data).where(EventRow.name == "flow.changed").order_by(EventRow.id))
    told = [(fact["change"], fact["words"]) for fact in facts][1:]
    added = "“More” is added on day 3, 10:00: a text"
    assert told == [("draft_changed", added), ("draft_undone", added), ("draft_redone", added)]


def test_nobody_elses_flow_is_drafted(cast, flow, steps):
    with tenancy.organization(cast.rival.id), pytest.raises(NotFound):
        perform(operations.change_draft, flow, 0, AddStep(MORE))
    assert db.session.scalars(select(FlowStep).where(FlowStep.name == "More")).all() == []
    assert db.session.scalars(select(Flow)).one().id == flow.id


def test_a_field_in_double_braces_is_refused_when_typed_and_shown_where_it_was_kept(flow, steps, sign_in, cast):
    with pytest.raises(DomainError, match=r"We do not know \{\{first_name\}\}"):
        change(flow, EditStep(steps.text.id, data_of(steps.text, content="Hi {{first_name}}")))
    perform(setattr, steps.text, "content", "Hi {{first_name}}")  # saved before this was looked for
    client = sign_in(cast.mia)
    assert "Hi {{first_name}}" in client.get(f"/flows/{flow.id}").text
    change(flow, RenameFlow("Another name"))
    assert "Hi {{first_name}}" in client.get(f"/flows/{flow.id}").text
