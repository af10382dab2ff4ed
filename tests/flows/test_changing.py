"""Editing, switching and deleting steps while leads are inside."""

import random
from collections import Counter
from datetime import time, timedelta

import pytest
from sqlalchemy import event, func, select

from leadcrm.conversations.models import STATUSES, Message
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.flows import fates, number_queries, operations, queries
from leadcrm.flows.models import Flow, FlowStep
from leadcrm.flows.operations import settling
from tests.flows.conftest import drain, messages_of


def data_of(step, **changes) -> operations.StepData:
    names = ("type", "name", "subject", "content", "day", "time", "greets", "when_late")
    return operations.StepData(**({name: getattr(step, name) for name in names} | changes))


def fresh(row):
    db.session.rollback()
    return db.session.scalars(
        select(type(row)).where(type(row).id == row.id).execution_options(populate_existing=True)
    ).one()


def test_an_edit_refreshes_waiting_copies_and_says_how_many(flow, steps, new_lead):
    early, late = new_lead(), new_lead()
    with writing() as session:
        sent = session.scalars(
            select(Message).where(Message.lead_id == early.id, Message.step_id == steps.text.id)
        ).one()
        sent.status, sent.sent_at, sent.due_at, sent.content = "sent", clock.now(), None, "Hi Naledi"
    step = fresh(steps.text)
    assert perform(operations.edit_step, step, data_of(step, content="New words"), step.revision).copies == 1
    assert messages_of(early)[1].content == "Hi Naledi"
    assert messages_of(late)[1].content == "New words"


def test_an_edit_of_the_time_leaves_running_leads_their_time(flow, steps, new_lead):
    lead = new_lead()
    before = [message.scheduled_for for message in messages_of(lead)]
    changed = data_of(steps.text, day=4, time=time(18), content="New words")
    assert perform(operations.edit_step, steps.text, changed, steps.text.revision) == operations.Rewording(1)
    assert [message.scheduled_for for message in messages_of(lead)] == before


def test_a_stale_edit_is_refused_and_a_switch_does_not_make_one_stale(flow, steps):
    revision = steps.text.revision
    perform(operations.set_step_enabled, steps.text, False)
    perform(operations.edit_step, steps.text, data_of(steps.text, name="Mine"), revision)
    with pytest.raises(Conflict):
        perform(operations.edit_step, steps.text, data_of(steps.text, name="Theirs"), revision)
    assert fresh(steps.text).name == "Mine"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"content": "Hi {frist_name}"}, "content"),
        ({"subject": "For {company_nme}", "type": "email"}, "subject"),
        ({"subject": "", "type": "email"}, "subject"),
        ({"content": "x" * 1531, "type": "text"}, "content"),
    ],
)
def test_words_that_cannot_be_sent_are_refused(flow, changes, field):
    words = {"type": "text", "name": "Step", "subject": "Hi", "content": "Hi", "day": 0, "time": None}
    data = operations.StepData(**(words | changes))
    with pytest.raises(DomainError) as refusal:
        perform(operations.add_step, flow, data)
    assert refusal.value.field == field
    assert len(queries.steps_of(flow.id)) == 3


def test_the_type_stays_once_messages_exist(flow, steps, new_lead):
    changed = data_of(steps.text, type="whatsapp")
    perform(operations.edit_step, steps.text, changed, steps.text.revision)
    new_lead()
    step = fresh(steps.text)
    with pytest.raises(DomainError, match="type stays"):
        perform(operations.edit_step, step, data_of(step, type="text"), step.revision)


def test_switching_off_skips_and_switching_on_again_takes_back(flow, steps, new_lead):
    lead = new_lead()
    assert perform(operations.set_step_enabled, steps.text, False) == operations.Effect(skipped=1)
    message = messages_of(lead)[1]
    assert (message.status, message.reason, message.due_at) == ("skipped", "The step was switched off", None)
    assert perform(operations.set_step_enabled, steps.text, True) == operations.Effect(resumed=1)
    message = messages_of(lead)[1]
    assert (message.status, message.reason, message.due_at) == ("scheduled", "", message.scheduled_for)


def test_what_was_skipped_for_another_reason_or_is_past_stays_skipped(flow, steps, new_lead, monkeypatch):
    replied, past = new_lead(), new_lead()
    perform(operations.exit_lead, replied.id, "The lead replied")
    perform(operations.set_step_enabled, steps.text, False)
    later = messages_of(past)[1].scheduled_for + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert perform(operations.set_step_enabled, steps.text, True) == operations.Effect()
    assert messages_of(replied)[1].reason == "The lead replied"
    assert messages_of(past)[1].reason == "The step was switched off"


def test_a_switch_names_a_chunk_of_messages_at_most(flow, steps, new_lead, monkeypatch):
    """A hundred thousand leads inside would be more parameters than either database takes."""
    monkeypatch.setattr(settling, "CHUNK", 1)
    parameters: list[int] = []

    def count(connection, cursor, statement, given, context, executemany):
        parameters.append(len(given))

    def all_parameters() -> int:
        parameters.clear()
        for enabled in (False, True):
            perform(operations.set_step_enabled, steps.text, enabled)
        return sum(parameters)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        new_lead()
        few = all_parameters()
        for _ in range(5):
            new_lead()
        assert all_parameters() <= few
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


def test_a_deleted_step_can_be_brought_back(flow, steps, new_lead):
    lead = new_lead()
    assert perform(operations.delete_step, steps.reminder).skipped == 1
    assert [step.name for step in queries.steps_of(flow.id)] == ["Welcome Email", "Follow-up Text"]
    assert messages_of(lead)[2].reason == "The step was deleted"
    assert len(messages_of(new_lead())) == 2
    assert perform(operations.restore_step, fresh(steps.reminder)).resumed == 1
    assert len(queries.steps_of(flow.id)) == 3


def test_switching_the_flow_off_and_on_respects_steps_that_are_off(flow, steps, new_lead):
    lead = new_lead()
    assert perform(operations.set_flow_enabled, flow, False).skipped == 3
    perform(operations.set_step_enabled, steps.text, False)
    effect = perform(operations.set_flow_enabled, flow, True)
    by_step = {message.step_id: message.status for message in messages_of(lead)}
    assert by_step[steps.reminder.id] == "scheduled"
    assert by_step[steps.text.id] == "skipped"
    assert effect.resumed == 1, "the welcome was due at once, so its time is past"


def test_counts_say_what_became_of_each_steps_messages(flow, steps, new_lead):
    new_lead(), new_lead(phone=None)
    counts = number_queries.step_counts([step.id for step in queries.steps_of(flow.id)])
    assert (counts[steps.text.id].waiting, counts[steps.text.id].skipped) == (1, 1)
    assert set(fates.BUCKET_OF) == set(STATUSES) - {"received"}


def test_every_change_grows_the_version(flow, steps):
    perform(operations.set_step_enabled, steps.text, False)
    perform(operations.delete_step, steps.reminder)
    assert fresh(flow).version == 3


@pytest.mark.parametrize("seed", range(3))
def test_random_changes_while_fifty_leads_run_never_double_and_always_explain(flow, new_lead, monkeypatch, seed):
    dice = random.Random(seed)
    start = clock.now()
    monkeypatch.setattr("tests.flows.conftest.drain", lambda: None)
    for _ in range(50):
        new_lead(phone=dice.choice([None, "keep"]) and f"+1212{dice.randrange(2000000, 9999999)}")
    drain()
    for turn in range(60):
        monkeypatch.setattr(clock, "now", lambda moment=start + timedelta(hours=turn): moment)
        change_something(dice, flow)
        send_some(dice)
    check_every_message()


def change_something(dice, flow) -> None:
    rows = db.session.scalars(select(FlowStep).where(FlowStep.flow_id == flow.id).order_by(FlowStep.id)).all()
    step = dice.choice(rows)
    match dice.choice(["on", "off", "delete", "restore", "edit", "add", "flow", "exit", "enrol"]):
        case "on" | "off" as word:
            perform(operations.set_step_enabled, step, word == "on")
        case "delete":
            perform(operations.delete_step, step)
        case "restore":
            perform(operations.restore_step, step)
        case "edit" if step.deleted_at is None:
            data = data_of(step, content=f"Words {dice.random()}", day=dice.randrange(5))
            perform(operations.edit_step, step, data, step.revision)
        case "add" if len(rows) < 8:
            data = operations.StepData(type="text", name="More", content="Hi", day=dice.randrange(5), time=None)
            perform(operations.add_step, flow, data)
        case "flow":
            perform(operations.set_flow_enabled, flow, dice.random() < 0.7)
        case "exit":
            lead_id = dice.choice(
                db.session.scalars(select(Message.lead_id).distinct().order_by(Message.lead_id)).all()
            )
            perform(operations.exit_lead, lead_id, "The lead replied")
        case "enrol":
            drain()
    db.session.rollback()


def send_some(dice) -> None:
    due = select(Message).where(Message.status == "scheduled", Message.due_at <= clock.now()).order_by(Message.id)
    with writing() as session:
        for message in session.scalars(due):
            if dice.random() < 0.8:
                message.status, message.sent_at, message.due_at = "sent", clock.now(), None


def check_every_message() -> None:
    messages = db.session.scalars(select(Message)).all()
    assert max(Counter((message.lead_id, message.step_id) for message in messages).values()) == 1
    is_on = FlowStep.enabled & FlowStep.deleted_at.is_(None) & Flow.enabled
    steps_on = set(db.session.scalars(select(FlowStep.id).join(Flow, Flow.id == FlowStep.flow_id).where(is_on)))
    for message in messages:
        assert message.status in ("scheduled", "sent", "skipped")
        assert bool(message.reason) == (message.status == "skipped")
        assert (message.due_at is not None) == (message.status == "scheduled")
        if message.status == "scheduled":
            assert message.step_id in steps_on
    assert db.session.scalar(select(func.count(Message.id))) >= 100
