"""Publishing: the steps are live at once, leads inside follow as the preview said, and never by the old plan."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from leadcrm.conversations.models import Message, Suppression
from leadcrm.conversations.models.rules import RetimedStep
from leadcrm.conversations.operations import send_now
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import acting_as
from leadcrm.core.models import EventRow
from leadcrm.flows import draft_queries, hole_queries, impact_queries, jobs, operations, queries
from leadcrm.flows.edits import AddStep, DuplicateStep, EditStep, MoveStep, RemoveStep, RenameFlow
from leadcrm.flows.models import FlowStep
from leadcrm.flows.operations import HolesLeft, StaleDraft, StepData, applying
from leadcrm.notifications.models import Notification
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport
from tests.flows.conftest import enrolment_of, messages_of
from tests.flows.test_changing import data_of, fresh
from tests.flows.test_drafting import change, draft

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
MORE = StepData(type="text", name="More", content="Hi {first_name|there}", day=3, time=time(10))


@pytest.fixture
def at(monkeypatch):
    """`at(days=2)`: the clock shows that long after the Monday on which everybody enters."""

    def move(**by):
        moment = MONDAY + timedelta(**by)
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    move()
    return move


def publish(flow, audience="new") -> operations.Published:
    return perform(operations.publish, flow, draft(flow).revision, audience)


def preview(flow, audience="new") -> impact_queries.Impact:
    return impact_queries.impact_of(fresh(flow), draft(flow), audience)


def kinds(impact) -> dict[str, int]:
    found = {kind: impact.total(kind) for kind in ("gain", "lose", "move", "reword", "none")}
    return {kind: count for kind, count in found.items() if count}


def bring_in_line() -> int:
    return jobs.drain_publications(lambda: False)


def by_step(lead, step_id: str) -> Message:
    [message] = [message for message in messages_of(lead) if message.step_id == step_id]
    return message


def send_all_due() -> None:
    due = update(Message).where(Message.status == "scheduled", Message.due_at <= clock.now())
    with writing() as session:
        session.execute(due.values(status="sent", sent_at=clock.now(), due_at=None, rendered=True))


def test_words_and_removals_reach_everybody_and_the_rest_new_leads_only(at, flow, steps, new_lead):
    inside = new_lead()
    change(flow, EditStep(steps.text.id, data_of(steps.text, content="New words", day=2)))
    change(flow, RemoveStep(steps.reminder.id))
    change(flow, AddStep(MORE))
    assert kinds(preview(flow)) == {"lose": 1, "reword": 1}
    done = publish(flow)
    assert (done.number, done.gained, done.lost, done.moved, done.reworded, done.goes_on) == (2, 0, 1, 0, 1, False)
    text = by_step(inside, steps.text.id)
    assert (text.content, text.scheduled_for) == ("New words", MONDAY + timedelta(hours=23))
    assert by_step(inside, steps.reminder.id).reason == "The step was deleted"
    assert len(messages_of(inside)) == 3
    entering = new_lead()
    names = {step.id: step.name for step in queries.steps_of(flow.id)}
    planned = [(names[message.step_id], message.status) for message in messages_of(entering)]
    assert planned == [("Welcome Email", "scheduled"), ("Follow-up Text", "scheduled"), ("More", "scheduled")]
    assert draft(flow).changes == []


def test_running_leads_gain_and_move_what_is_ahead_and_nothing_is_sent_late(at, flow, steps, new_lead):
    early = new_lead()
    at(days=3)
    send_all_due()
    late = new_lead()
    change(flow, AddStep(MORE))
    change(flow, AddStep(StepData("email", "Early", "Hi", 1, time(8), "Hi")))
    change(flow, MoveStep(steps.reminder.id, 2, time(18)))
    shown = preview(flow, "running")
    told = {(count.step_name, count.kind, count.reason): count.messages for count in shown.counts}
    assert (
        told
        == {
            ("Early", "gain", ""): 1,
            ("Early", "none", "Day 1 was 2 days ago"): 1,
            ("Reminder Email", "move", ""): 1,
            ("More", "gain", ""): 1,
            ("More", "none", "Day 3 is today, and 10:00 has passed"): 1,
        }
        or told[("More", "gain", "")] == 2
    )
    publish(flow, "running")
    new_ids = {step.name: step.id for step in queries.steps_of(flow.id)}
    skipped = by_step(early, new_ids["Early"])
    assert (skipped.status, skipped.reason) == ("skipped", "Day 1 was 2 days ago")
    assert by_step(late, new_ids["More"]).status == "scheduled"
    assert by_step(late, steps.reminder.id).scheduled_for == datetime(2026, 3, 7, 23, tzinfo=UTC)
    assert enrolment_of(late).last_message_at == by_step(late, new_ids["More"]).scheduled_for


def test_a_lead_whose_new_time_has_passed_keeps_its_old_plan(at, flow, steps, new_lead):
    lead = new_lead()
    at(days=1)
    change(flow, MoveStep(steps.reminder.id, 1, time(8)))
    page = impact_queries.affected_leads(flow, draft(flow), "running", kind="none")
    assert [one.reason for one in page.items[0].adjustments] == ["Day 1 is today, and 8:00 has passed"]
    before = by_step(lead, steps.reminder.id).scheduled_for
    assert publish(flow, "running").moved == 0
    assert by_step(lead, steps.reminder.id).scheduled_for == before


@pytest.fixture
def many(flow, new_lead, monkeypatch):
    """Five leads inside, and chunks of two."""
    monkeypatch.setattr(applying, "CHUNK", 2)
    return [new_lead() for _ in range(5)]


def test_the_worker_goes_on_where_it_was_killed_and_does_nothing_twice(cast, at, flow, steps, many):
    change(flow, AddStep(MORE))
    change(flow, MoveStep(steps.text.id, 2, time(9)))
    change(flow, RemoveStep(steps.reminder.id))
    with acting_as(f"user:{cast.ada.id}"):
        assert publish(flow, "running").goes_on
    answers = iter([False, True, True])
    assert jobs.drain_publications(lambda: next(answers)) == 1
    [version, _] = draft_queries.versions_of(flow.id)
    assert (version.gained, version.moved, version.lost, version.settled_at) == (4, 4, 4, None)
    assert bring_in_line() == 1
    db.session.rollback()
    [version, _] = draft_queries.versions_of(flow.id)
    assert (version.gained, version.moved, version.lost) == (5, 5, 5)
    assert version.settled_at is not None
    assert db.session.scalars(select(RetimedStep)).all() == []
    assert bring_in_line() == 0
    title = f"{flow.name}: version 2 has reached all leads inside. Messages: 5 new, 5 moved, 5 dropped"
    assert db.session.scalars(select(Notification.title)).all() == [title]


def test_a_chunk_that_breaks_leaves_no_half(at, flow, steps, many, monkeypatch):
    change(flow, MoveStep(steps.text.id, 2, time(9)))
    publish(flow, "running")
    times = sorted(by_step(lead, steps.text.id).scheduled_for for lead in many)
    with monkeypatch.context() as broken:
        broken.setattr(applying, "_note_ends", lambda found: 1 / 0)
        bring_in_line()
    assert sorted(by_step(lead, steps.text.id).scheduled_for for lead in many) == times
    bring_in_line()
    assert {by_step(lead, steps.text.id).scheduled_for for lead in many} == {datetime(2026, 3, 4, 14, tzinfo=UTC)}


def test_nothing_leaves_by_the_old_plan_before_the_worker_has_come(at, flow, steps, many):
    send_all_due()
    change(flow, MoveStep(steps.reminder.id, 9, time(9)))
    change(flow, RemoveStep(steps.text.id))
    publish(flow, "running")
    at(days=2, hours=12)
    transport = FakeTransport()
    transport.drain()
    assert transport.sent == []
    held = [by_step(lead, steps.reminder.id) for lead in many[2:]]
    assert {(message.status, message.reason) for message in held} == {
        ("held", "its step is being moved to another time")
    }
    bring_in_line()
    assert {by_step(lead, steps.reminder.id).status for lead in many} == {"scheduled"}
    assert {by_step(lead, steps.reminder.id).due_at for lead in many} == {datetime(2026, 3, 11, 13, tzinfo=UTC)}
    assert {by_step(lead, steps.text.id).status for lead in many} == {"skipped"}
    transport.drain()
    assert transport.sent == []


def test_what_was_claimed_before_the_publication_does_not_leave_either(at, flow, steps, many):
    """The batch was taken; the publication comes while its first message is being sent."""
    at(days=2, hours=4)
    with writing() as session:
        session.execute(
            update(Message).where(Message.step_id != steps.reminder.id).values(status="skipped", due_at=None)
        )

    def moved_meanwhile(outgoing):
        at(days=2, hours=3)
        change(flow, MoveStep(steps.reminder.id, 9, time(9)))
        publish(flow, "running")
        at(days=2, hours=4)

    transport = FakeTransport([moved_meanwhile])
    transport.drain()
    assert len(transport.sent) == 1
    bring_in_line()
    left = [by_step(lead, steps.reminder.id) for lead in many]
    assert sorted(message.status for message in left) == ["scheduled"] * 4 + ["sent"]


def test_who_leaves_before_the_worker_comes_gains_nothing(at, flow, steps, many):
    change(flow, AddStep(MORE))
    publish(flow, "running")
    perform(operations.exit_lead, many[4].id, "The lead replied")
    bring_in_line()
    assert [len(messages_of(lead)) for lead in many] == [4, 4, 4, 4, 3]


def test_who_is_about_to_be_done_is_not_finished_before_their_new_message_is_there(at, flow, steps, many):
    at(days=2, hours=5)
    send_all_due()
    change(flow, AddStep(MORE))
    publish(flow, "running")
    assert jobs.finish_enrolments() == 0
    bring_in_line()
    assert {messages_of(lead)[-1].status for lead in many} == {"scheduled"}


def test_what_a_person_sends_now_is_not_moved_by_the_worker(at, flow, steps, many):
    change(flow, MoveStep(steps.text.id, 9, time(9)))
    publish(flow, "running")
    at(seconds=5)
    perform(send_now, by_step(many[4], steps.text.id))
    bring_in_line()
    assert by_step(many[4], steps.text.id).due_at == MONDAY + timedelta(seconds=5)


def test_one_publication_after_the_other(at, flow, steps, many):
    change(flow, RemoveStep(steps.text.id))
    publish(flow)
    change(flow, AddStep(MORE))
    with pytest.raises(Conflict, match="still reaching"):
        publish(flow)
    bring_in_line()
    assert publish(flow).number == 3


def test_nobody_is_looked_at_for_a_list_of_whom_nothing_changes_for(at, flow, steps, new_lead):
    new_lead()
    change(flow, AddStep(MORE))
    shown, live = draft(flow), fresh(flow)
    with count_queries() as asked:
        assert impact_queries.affected_leads(live, shown, "new").items == ()
    assert not [statement for statement in asked if "FROM enrolments" in statement]


def test_a_removed_step_comes_back_by_restoring_and_nobody_gets_it_twice(at, flow, steps, new_lead):
    had_it, waits = new_lead(), new_lead()
    with writing() as session:
        session.execute(
            update(Message).where(Message.lead_id == had_it.id, Message.step_id == steps.text.id)
            .values(status="sent", sent_at=clock.now(), due_at=None)
        )  # fmt: skip
    change(flow, RemoveStep(steps.text.id))
    publish(flow)
    perform(operations.restore_version, flow, draft(flow).revision, 1)
    assert kinds(preview(flow)) == {}
    assert kinds(preview(flow, "running")) == {"gain": 1, "none": 1}
    publish(flow, "running")
    assert by_step(had_it, steps.text.id).status == "sent"
    assert by_step(waits, steps.text.id).status == "scheduled"
    assert [step.id for step in queries.steps_of(flow.id)] == [steps.welcome.id, steps.text.id, steps.reminder.id]
    assert len(messages_of(new_lead())) == 3


def test_a_step_restored_for_new_leads_stays_away_from_those_inside_whatever_is_switched(at, flow, steps, new_lead):
    lead = new_lead()
    change(flow, RemoveStep(steps.text.id))
    publish(flow)
    at(hours=1)
    perform(operations.restore_version, flow, draft(flow).revision, 1)
    publish(flow)
    perform(operations.set_step_enabled, fresh(steps.text), False)
    assert perform(operations.set_step_enabled, fresh(steps.text), True) == operations.Effect()
    assert by_step(lead, steps.text.id).reason == "The step was deleted"


def test_waiting_copies_learn_what_to_do_when_late(flow, steps, new_lead):
    lead = new_lead()
    said = steps.text
    edit = EditStep(said.id, StepData("text", said.name, said.content, said.day, said.time, when_late="skip"))
    change(flow, edit)
    publish(flow)
    assert [message.when_late for message in messages_of(lead)] == ["next_window", "skip", "next_window"]
    assert fresh(said).when_late == "skip"


def test_a_step_that_comes_back_has_all_of_its_present_wording(at, flow, steps, new_lead):
    inside = new_lead()
    change(flow, RemoveStep(steps.reminder.id))
    publish(flow)
    perform(operations.restore_version, flow, draft(flow).revision, 1)
    change(flow, EditStep(steps.reminder.id, data_of(steps.reminder, content="New", when_late="skip")))
    publish(flow, "running")
    message = by_step(inside, steps.reminder.id)
    assert (message.status, message.content, message.when_late) == ("scheduled", "New", "skip")


def test_what_is_put_aside_keeps_a_passage_open_until_its_new_time(at, flow, steps, new_lead):
    inside = new_lead()
    perform(operations.set_step_enabled, steps.reminder, False)
    change(flow, MoveStep(steps.reminder.id, 10, time(9)))
    publish(flow, "running")
    at(days=5)
    send_all_due()
    jobs.finish_enrolments()
    assert enrolment_of(inside).state == "running"
    perform(operations.set_step_enabled, steps.reminder, True)
    assert by_step(inside, steps.reminder.id).status == "scheduled"


def test_what_a_flow_that_is_off_would_say_keeps_a_passage_open_too(at, flow, steps, new_lead):
    inside = new_lead()
    perform(operations.set_flow_enabled, flow, False)
    change(flow, AddStep(replace(MORE, day=10)))
    publish(flow, "running")
    at(days=5)
    jobs.finish_enrolments()
    perform(operations.set_flow_enabled, flow, True)
    assert [message.status for message in messages_of(inside)][-1] == "scheduled"


def test_a_lead_that_cannot_be_reached_or_was_greeted_is_told_apart(at, flow, steps, new_lead):
    change(flow, AddStep(StepData("text", "Hello again", "Hi", 4, time(9), greets=True)))
    change(flow, AddStep(MORE))
    lead = new_lead(phone=None)
    counts = preview(flow, "running").counts
    assert {count.reason for count in counts} == {"The lead has no phone number"}
    publish(flow, "running")
    assert {message.reason for message in messages_of(lead)[1:] if message.channel == "sms"} == {
        "The lead has no phone number"
    }
    reachable = new_lead()
    change(flow, AddStep(StepData("text", "And again", "Hi", 5, time(9), greets=True)))
    assert [count.reason for count in preview(flow, "running").counts if count.kind == "none"] == [
        "The lead has no phone number",
        "The lead was greeted before",
    ]
    publish(flow, "running")
    assert messages_of(reachable)[-1].reason == "The lead was greeted before"


def hellos(*days: int) -> list[AddStep]:
    """Steps that would each be the lead's first hello."""
    return [AddStep(StepData("email", f"Hello {day}", "Hi", day, time(9), "Hi", greets=True)) for day in days]


@pytest.fixture
def ungreeted(flow, steps, new_lead):
    """Somebody inside to whom nobody said hello."""
    perform(operations.set_step_enabled, steps.welcome, False)
    return new_lead()


def publish_with(flow, edits) -> list[Message]:
    """Publish these new steps, also for those inside. Returns what became of them, in their order."""
    for edit in edits:
        change(flow, edit)
    publish(flow, "running")
    db.session.rollback()
    found = {message.step_id: message for message in db.session.scalars(select(Message))}
    return [found[edit.step_id] for edit in edits]


def test_of_two_first_hellos_the_later_is_told_and_kept_as_one_too_many(at, flow, ungreeted):
    two = hellos(4, 5)
    for edit in two:
        change(flow, edit)
    told = {(count.step_name, count.kind, count.reason): count.messages for count in preview(flow, "running").counts}
    assert told == {("Hello 4", "gain", ""): 1, ("Hello 5", "none", "The lead was greeted before"): 1}
    assert publish(flow, "running").gained == 1
    assert [(by_step(ungreeted, edit.step_id).status, by_step(ungreeted, edit.step_id).reason) for edit in two] == [
        ("scheduled", ""),
        ("skipped", "The lead was greeted before"),
    ]


def test_a_first_hello_that_cannot_be_said_leaves_it_to_the_next(at, flow, ungreeted):
    late = AddStep(StepData("email", "Late", "Hi", 0, time(0), "Hi", greets=True))
    at(hours=12)
    assert [message.status for message in publish_with(flow, [late, *hellos(4)])] == ["skipped", "scheduled"]


def test_a_flow_that_is_off_and_switched_on_says_hello_once(at, flow, ungreeted):
    perform(operations.set_flow_enabled, flow, False)
    [first] = publish_with(flow, hellos(4))
    second, third = publish_with(flow, hellos(5, 6))
    assert [second.reason, third.reason] == ["The lead was greeted before"] * 2
    perform(operations.set_flow_enabled, fresh(flow), True)
    statuses = [by_step(ungreeted, message.step_id).status for message in (first, second, third)]
    assert statuses == ["scheduled", "skipped", "skipped"]


def test_a_hello_said_by_somebody_else_meanwhile_leaves_a_reason(at, flow, ungreeted, monkeypatch):
    publish_with(flow, hellos(4))
    monkeypatch.setattr(impact_queries, "_greeted", lambda lead_ids: set())  # as who looked a moment earlier
    [second] = publish_with(flow, hellos(5))
    assert (second.status, second.reason) == ("skipped", "The lead was greeted before")


def test_a_gap_in_a_hello_that_another_step_says_first_is_no_gap(at, flow, ungreeted):
    first, second = hellos(4, 5)
    change(flow, first)
    change(flow, AddStep(replace(second.data, content="How is {company}?")))
    assert list(hole_queries.holes(fresh(flow), draft(flow), "running")) == []


def come_back(address: str) -> None:
    """Mail to it did."""
    with writing() as session:
        session.add(Suppression(channel="email", address=address, reason="bounced"))


def test_whose_mail_came_back_gains_no_email(at, flow, steps, new_lead):
    lead = new_lead(email="gone@example.com")
    come_back("gone@example.com")
    mail = AddStep(StepData("email", "Mail", "Hi", 4, time(9), "Hi"))
    change(flow, mail)
    change(flow, AddStep(MORE))
    told = {(count.step_name, count.kind, count.reason): count.messages for count in preview(flow, "running").counts}
    assert told == {("Mail", "none", "mail to this address came back"): 1, ("More", "gain", ""): 1}
    assert publish(flow, "running").gained == 1
    assert by_step(lead, mail.step_id).reason == "mail to this address came back"


def test_whose_mail_came_back_does_not_get_an_email_back(at, flow, steps, new_lead):
    lead = new_lead(email="gone@example.com")
    change(flow, RemoveStep(steps.reminder.id))
    publish(flow)
    come_back("gone@example.com")
    perform(operations.restore_version, flow, draft(flow).revision, 1)
    told = [(count.kind, count.reason) for count in preview(flow, "running").counts]
    assert told == [("none", "mail to this address came back")]
    assert publish(flow, "running").gained == 0
    assert by_step(lead, steps.reminder.id).status == "skipped"


def test_a_flow_that_is_off_sends_nothing_and_remembers_what_it_would(at, flow, steps, new_lead):
    lead = new_lead()
    perform(operations.set_flow_enabled, flow, False)
    change(flow, AddStep(MORE))
    change(flow, MoveStep(steps.text.id, 2, time(9)))
    assert kinds(preview(flow, "running")) == {"none": 2}
    publish(flow, "running")
    assert {message.status for message in messages_of(lead)} == {"skipped"}
    perform(operations.set_flow_enabled, fresh(flow), True)
    assert [message.status for message in messages_of(lead)[1:]] == ["scheduled"] * 3
    assert by_step(lead, steps.text.id).due_at == datetime(2026, 3, 4, 14, tzinfo=UTC)


def test_a_flow_with_a_gap_for_somebody_inside_is_not_published(at, flow, steps, new_lead):
    new_lead(first_name="Ada", company="Analytical")
    gap = new_lead(first_name="Grace", company="")
    change(flow, EditStep(steps.text.id, data_of(steps.text, content="Hi {first_name}, how is {company}?")))
    found = list(hole_queries.holes(fresh(flow), draft(flow), "new"))
    assert [(hole.lead_id, hole.step_name, hole.fields) for hole in found] == [(gap.id, "Follow-up Text", ("company",))]
    with pytest.raises(HolesLeft, match=r"1 lead inside has nothing to fill in for \{company\}: Grace") as refusal:
        publish(flow)
    assert refusal.value.holes == tuple(found)
    perform(operations.exit_lead, gap.id, "The lead replied")
    assert publish(flow).number == 2


def test_a_gap_in_a_step_that_only_new_leads_get_is_no_gap(at, flow, steps, new_lead):
    new_lead(company="")
    change(flow, AddStep(StepData("text", "Ask", "How is {company}?", 5, time(9))))
    assert len(list(hole_queries.holes(fresh(flow), draft(flow), "running"))) == 1
    with pytest.raises(HolesLeft):
        publish(flow, "running")
    assert publish(flow, "new").number == 2


def test_nobody_is_looked_at_for_gaps_where_every_field_has_a_fallback(at, flow, steps, new_lead):
    """The shipped steps name the organization, which is the same for all."""
    new_lead()
    shown = draft(flow)
    with count_queries() as queries_made:
        assert list(hole_queries.holes(flow, shown, "running")) == []
    assert not [statement for statement in queries_made if "FROM enrolments" in statement or "FROM leads" in statement]


def test_what_cannot_be_published_is_refused(at, flow, steps, new_lead):
    with pytest.raises(DomainError, match="nothing to publish"):
        publish(flow)
    change(flow, EditStep(steps.text.id, data_of(steps.text, type="whatsapp")))
    with pytest.raises(StaleDraft):
        perform(operations.publish, flow, 0)
    with pytest.raises(DomainError, match="whom"):
        publish(flow, "everybody")
    new_lead()
    with pytest.raises(DomainError, match="type stays"):
        publish(flow)


def test_a_draft_does_not_undo_what_was_changed_behind_it(at, flow, steps):
    change(flow, MoveStep(steps.text.id, 2, time(9)))
    step = fresh(steps.text)
    perform(operations.edit_step, step, data_of(step, content="Straight"), step.revision)
    with pytest.raises(Conflict, match="was changed since"):
        publish(flow)
    perform(operations.discard_draft, flow, draft(flow).revision)
    change(flow, MoveStep(steps.text.id, 2, time(9)))
    publish(flow)
    assert fresh(steps.text).content == "Straight"
    told = [[change["words"] for change in version.changes] for version in draft_queries.versions_of(flow.id)]
    moves, says = "“Follow-up Text” moves from day 1, 9:00 to day 2, 9:00", "“Follow-up Text” says something else"
    assert told == [[moves], [says], []]


def test_history_says_who_published_what_for_whom_and_restores_it(cast, at, flow, steps, new_lead):
    new_lead()
    with acting_as(f"user:{cast.ada.id}"):
        change(flow, RenameFlow("Welcome"))
        change(flow, DuplicateStep(steps.text.id))
        publish(flow, "running")
    [second, first] = draft_queries.versions_of(flow.id)
    assert (second.number, second.audience, second.author, second.gained) == (2, "running", f"user:{cast.ada.id}", 1)
    assert fresh(flow).name == "Welcome"
    shown = perform(operations.restore_version, flow, draft(flow).revision, first.number)
    assert [change.words for change in shown.changes] == [
        "The flow is now called “New lead”",
        "“Follow-up Text (copy)” is removed from day 1, 9:00",
    ]
    assert (shown.undo_words, publish(flow).lost) == ("Version 1 is restored", 1)
    assert draft(flow).live.to_json() == first.document
    facts = db.session.scalars(select(EventRow.data).where(EventRow.name == "flow.changed").order_by(EventRow.id))
    assert [fact["change"] for fact in facts if fact["change"] == "published"] == ["published"] * 2


def test_an_immediate_step_of_day_nought_is_over_for_whoever_is_inside(at, flow, steps, new_lead):
    lead = new_lead()
    at(minutes=1)
    change(flow, AddStep(StepData("text", "At once", "Hi", 0, None)))
    publish(flow, "running")
    [skipped] = [message for message in messages_of(lead) if message.status == "skipped"]
    assert skipped.reason == "Day 0 is today, and 10:00 has passed"


def test_who_entered_after_the_publication_is_left_alone_by_the_worker(at, flow, steps, many, new_lead):
    added = AddStep(MORE)
    change(flow, added)
    publish(flow, "running")
    at(seconds=1)
    perform(
        operations.set_step_enabled, db.session.scalars(select(FlowStep).where(FlowStep.name == "More")).one(), False
    )
    newcomer = new_lead()
    perform(
        operations.set_step_enabled, db.session.scalars(select(FlowStep).where(FlowStep.name == "More")).one(), True
    )
    bring_in_line()
    assert added.step_id not in {message.step_id for message in messages_of(newcomer)}
