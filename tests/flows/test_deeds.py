"""Steps that add a task or tell the owner: planned, moved and dropped like messages, done once, seen by no lead."""

import threading
from contextlib import suppress
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select, update

from leadcrm.conversations import sending_queries
from leadcrm.conversations.models import Conversation, Message
from leadcrm.conversations.operations import inside
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.flows import draft_queries, impact_queries, operations
from leadcrm.flows.document import StepDocument
from leadcrm.flows.edits import AddStep, EditStep, MoveStep, RemoveStep
from leadcrm.flows.jobs import drain_deeds, finish_enrolments
from leadcrm.flows.operations import StepData
from leadcrm.flows.operations.acting import act
from leadcrm.identity import operations as identity
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.notifications import queries as notifications
from leadcrm.tasks.models import Task
from tests.api.conftest import ApiClient
from tests.conversations.conftest import make_lead
from tests.flows.campaigns import begun, fresh, work
from tests.flows.conftest import drain, enrolment_of, messages_of
from tests.flows.test_leaving import receive, reply
from tests.flows.test_only_if import HOT, publish_condition

CALL = StepData("task", "Call", "Call {first_name}\nAsk about {interest|the flat}.", 1, time(10))
TELL = StepData("notify", "Tell", "{first_name} has not answered", 1, time(11))


@pytest.fixture
def call(flow):
    return perform(operations.add_step, flow, CALL)


@pytest.fixture
def tell(flow):
    return perform(operations.add_step, flow, TELL)


def of_step(lead, step) -> Message:
    return next(message for message in messages_of(lead) if message.step_id == step.id)


def make_due(lead, step) -> None:
    with writing() as session:
        mine = update(Message).where(Message.lead_id == lead.id, Message.step_id == step.id)
        session.execute(mine.values(due_at=clock.now() - timedelta(seconds=1)))


def do(lead, step) -> Message:
    """Its time has come, and the worker passes by."""
    make_due(lead, step)
    drain_deeds(lambda: False)
    return of_step(lead, step)


def tasks() -> list[Task]:
    db.session.rollback()
    return list(db.session.scalars(select(Task).order_by(Task.id).execution_options(populate_existing=True)))


def told(person) -> list[str]:
    return [row.title for row in notifications.notifications_of(person).items]


def test_a_task_step_gives_the_owner_a_task_at_the_leads_own_time(flow, call, new_lead, cast):
    lead = new_lead(owner_id=cast.ben.id)
    planned = of_step(lead, call)
    assert (planned.channel, planned.status) == ("task", "scheduled")
    drain_deeds(lambda: False)
    assert tasks() == [], "its time has not come"
    done = do(lead, call)
    assert (done.status, done.content, done.due_at) == ("sent", "Call Naledi\nAsk about the flat.", None)
    (task,) = tasks()
    assert (task.title, task.note, task.assignee_id) == ("Call Naledi", "Ask about the flat.", cast.ben.id)
    assert (task.origin, task.lead_id, task.priority) == ("flow", lead.id, lead.priority)
    drain_deeds(lambda: False)
    assert len(tasks()) == 1


def test_a_notify_step_tells_the_owner_else_those_who_run_the_team(flow, tell, new_lead, cast):
    do(new_lead(owner_id=cast.ben.id), tell)
    assert "Naledi has not answered" in told(cast.ben)
    assert "Naledi has not answered" not in told(cast.ada)
    do(new_lead(), tell)
    assert "Naledi has not answered" in told(cast.ada)
    assert "Naledi has not answered" in told(cast.max)


def test_a_lead_without_any_address_gets_the_team_to_work_all_the_same(flow, call, new_lead):
    lead = new_lead(email=None, phone=None)
    assert {message.status for message in messages_of(lead) if message.channel != "task"} == {"skipped"}
    assert do(lead, call).status == "sent"


def test_a_task_of_an_owner_who_left_is_nobodys(flow, call, new_lead, cast):
    lead = new_lead(owner_id=cast.ben.id)
    perform(identity.set_disabled, cast.ben, True, by=cast.ada)
    do(lead, call)
    assert tasks()[0].assignee_id is None


def test_it_is_no_message_for_screens_and_the_api(app, flow, call, tell, new_lead, cast):
    lead = new_lead(owner_id=cast.ada.id)
    do(lead, call)
    do(lead, tell)
    api = ApiClient(app, perform(identity.create_token, cast.ada, "test")[1])
    channels = {item["channel"] for item in api.get("/messages", lead_id=lead.id).json["items"]}
    assert channels == {"email", "sms"}
    threads = db.session.scalars(select(Conversation.channel).where(Conversation.lead_id == lead.id)).all()
    assert set(threads) <= {"email", "sms"}


# ---- Once


def test_a_crash_after_the_deed_leaves_it_undone_and_the_next_look_does_it_once(flow, call, new_lead, acme):
    lead = new_lead()
    make_due(lead, call)
    with suppress(ZeroDivisionError), writing():
        assert inside.do_due("task", act) == 1
        raise ZeroDivisionError
    assert tasks() == []
    assert of_step(lead, call).status == "scheduled"
    drain_deeds(lambda: False)
    assert len(tasks()) == 1


def test_two_workers_do_it_once(app, acme, flow, call, new_lead):
    everyone = [new_lead() for _ in range(5)]
    for lead in everyone:
        make_due(lead, call)
    barrier, organization_id = threading.Barrier(2), acme.id

    def work() -> None:
        with app.app_context(), tenancy.organization(organization_id):
            barrier.wait()
            drain_deeds(lambda: False)
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    drain_deeds(lambda: False)
    assert sorted(task.lead_id for task in tasks()) == sorted(lead.id for lead in everyone)


def test_one_deed_that_cannot_be_done_waits_with_its_reason_and_holds_nobody_up(flow, call, new_lead, monkeypatch):
    unlucky, lucky = new_lead(), new_lead()
    for lead in (unlucky, lucky):
        make_due(lead, call)

    def fails_for_one(message, words):
        act(message, words)
        if message.lead_id == unlucky.id:
            raise ValueError("no luck")

    monkeypatch.setattr("leadcrm.flows.jobs.act", fails_for_one)
    drain_deeds(lambda: False)
    waits = of_step(unlucky, call)
    assert (waits.status, waits.reason) == ("held", "could not be done: no luck")
    assert [task.lead_id for task in tasks()] == [lucky.id], "what it had begun is undone"


# ---- Like messages


def test_a_reply_ends_it_even_when_nobody_has_reacted_to_it_yet(flow, call, new_lead):
    heard, deaf = new_lead(), new_lead()
    reply(heard)
    assert do_if_waiting(heard, call) == ("skipped", "The lead replied")
    receive(deaf)
    waits = do(deaf, call)
    assert (waits.status, waits.reason) == ("held", "news of the lead is being read first")
    drain()
    assert of_step(deaf, call).status == "skipped"
    assert tasks() == []


def do_if_waiting(lead, step) -> tuple[str, str]:
    drain_deeds(lambda: False)
    message = of_step(lead, step)
    return message.status, message.reason


def test_a_reply_is_to_what_was_said_not_to_what_was_done(flow, steps, call, new_lead):
    lead = new_lead()
    with writing() as session:
        welcome = update(Message).where(Message.lead_id == lead.id, Message.step_id == steps.welcome.id)
        session.execute(welcome.values(status="sent", sent_at=clock.now(), due_at=None))
    do(lead, call)
    reply(lead)
    assert enrolment_of(lead).replied_step_id == steps.welcome.id


@pytest.mark.parametrize("way", ["switched off", "removed", "flow off"])
def test_a_step_that_is_off_does_nothing_and_may_come_back(flow, call, new_lead, way):
    lead = new_lead()
    match way:
        case "switched off":
            perform(operations.set_step_enabled, call, False)
        case "removed":
            perform(operations.delete_step, call)
        case "flow off":
            perform(operations.set_flow_enabled, flow, False)
    assert do_if_waiting(lead, call)[0] == "skipped"
    match way:
        case "switched off":
            perform(operations.set_step_enabled, call, True)
        case "removed":
            perform(operations.restore_step, call)
        case "flow off":
            perform(operations.set_flow_enabled, flow, True)
    assert do(lead, call).status == "sent"
    assert len(tasks()) == 1


def test_a_withheld_step_does_nothing_though_its_rows_still_wait(flow, call, new_lead):
    lead = new_lead()
    perform(operations.set_step_enabled, call, False)
    with writing() as session:  # as before the worker has put it aside
        mine = update(Message).where(Message.lead_id == lead.id, Message.step_id == call.id)
        session.execute(mine.values(status="scheduled", reason="", due_at=clock.now()))
    assert do(lead, call).status == "skipped"
    assert tasks() == []


def test_what_depends_on_something_is_not_done_where_it_does_not_hold(flow, call, new_lead):
    cold, hot = new_lead(), new_lead()
    publish_condition(flow, call, HOT)
    with writing() as session:
        session.execute(update(Lead).where(Lead.id == hot.id).values(score=90))
    assert do(cold, call).status == "skipped"
    assert of_step(cold, call).reason
    assert do(hot, call).status == "sent"
    assert [task.lead_id for task in tasks()] == [hot.id]


@pytest.mark.parametrize("days", [0, 5])
def test_a_paused_campaign_gives_no_work_until_it_goes_on(acme, days):
    flow = perform(operations.create_flow, "Drip", "manual")
    perform(operations.add_step, flow, StepData("task", "Call", "Call {first_name}", 0, None))
    perform(operations.set_flow_enabled, flow, True)
    make_lead(email="fair@example.com", source="fair")
    campaign = begun(flow)
    work()
    perform(operations.pause_campaign, fresh(campaign))
    drain_deeds(lambda: False)
    assert tasks() == []
    clock.move(days * 86_400)
    drain_deeds(lambda: False)
    perform(operations.resume_campaign, fresh(campaign))
    work()
    drain_deeds(lambda: False)
    assert [task.title for task in tasks()] == ["Call Jane"]


def test_no_gap_is_kept_to_what_was_done(flow, call, new_lead):
    lead = new_lead()
    do(lead, call)
    assert sending_queries.last_automatic([lead.id], clock.now() - timedelta(hours=1)) == {}


def test_an_archived_lead_makes_no_work(flow, call, new_lead):
    lead = new_lead()
    perform(leads.archive_lead, lead)
    assert do(lead, call).status in ("skipped", "held")
    drain()
    assert of_step(lead, call).status == "skipped"
    assert tasks() == []


def test_what_comes_days_late_is_not_done(flow, call, new_lead):
    lead = new_lead()
    clock.move(5 * 86_400)
    assert do(lead, call).status == "expired"
    assert tasks() == []


def test_publications_add_move_reword_and_remove_it_as_the_preview_says(flow, call, new_lead):
    lead = new_lead()
    added = AddStep(StepData("notify", "Late", "Look at {first_name}", 9, time(9)))
    for edit, kind in (
        (added, "gain"),
        (MoveStep(call.id, 3, time(16)), "move"),
        (EditStep(call.id, StepData("task", "Call", "Call again", 3, time(16))), "reword"),
        (RemoveStep(added.step_id), "lose"),
    ):
        db.session.rollback()
        draft = perform(operations.change_draft, flow, draft_queries.draft_of(flow).revision, edit)
        assert impact_queries.impact_of(flow, draft, "running").total(kind) == 1
        perform(operations.publish, flow, draft.revision, "running")
    messages = {message.step_id: message for message in messages_of(lead)}
    assert messages[added.step_id].status == "skipped"
    assert messages[call.id].content == "Call again"
    do(lead, call)
    assert [task.title for task in tasks()] == ["Call again"]


def test_a_hole_is_refused_at_publication(flow, new_lead):
    new_lead(first_name="", last_name="Doe")
    draft = perform(operations.change_draft, flow, 0, AddStep(StepData("task", "Call", "Call {first_name}", 5, None)))
    with pytest.raises(operations.HolesLeft):
        perform(operations.publish, flow, draft.revision, "running")


def test_a_passage_is_over_when_its_last_deed_is_done(flow, steps, call, new_lead):
    lead = new_lead()
    with writing() as session:
        others = update(Message).where(Message.lead_id == lead.id, Message.step_id != call.id)
        session.execute(others.values(status="skipped", due_at=None))
    clock.move(3 * 86_400 - 3600)
    finish_enrolments()
    assert enrolment_of(lead).state == "running"
    do(lead, call)
    finish_enrolments()
    assert enrolment_of(lead).state == "finished"


def test_a_step_for_the_team_has_neither_subject_nor_hello(flow):
    step = StepDocument.made("x", StepData("task", "Call", "Call", 0, None, subject="Hi", greets=True))
    assert (step.subject, step.greets) == ("", False)


# ---- The screen


def test_the_form_asks_for_what_such_a_step_needs(sign_in, cast, flow):
    ada = sign_in(cast.ada)
    form = {"type": "task", "name": "Call", "day": "2", "time_type": "immediately", "content": "Call {first_name|them}"}
    redrawn = ada.post(f"/flows/{flow.id}/draft", data=form, hx=True)
    assert "What is to be done" in redrawn.text
    assert 'name="subject"' not in redrawn.text
    assert 'name="greets"' not in redrawn.text
    assert ada.post(f"/flows/{flow.id}/steps", data={**form, "revision": "0"}, hx=True).status_code == 200
    page = ada.get(f"/flows/{flow.id}")
    assert "Task: " in page.text


def test_one_row_for_lead_step_and_passage(flow, call, new_lead):
    lead = new_lead()
    rows = select(func.count(Message.id)).where(Message.lead_id == lead.id, Message.step_id == call.id)
    assert db.session.scalar(rows) == 1
