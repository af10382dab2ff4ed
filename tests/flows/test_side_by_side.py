"""Two workers, or a worker and a person, at the same lead and flow: nothing slips through between them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, update

from leadcrm.conversations.models import Message
from leadcrm.core import clock, tenancy
from leadcrm.core.db import perform, writing
from leadcrm.core.models import Debt
from leadcrm.flows import listeners, operations, queries, reasons
from leadcrm.flows.edits import AddStep
from leadcrm.flows.jobs import finish_enrolments
from leadcrm.flows.models import Enrolment
from leadcrm.flows.operations import StepData, enrolling, publishing
from leadcrm.leads.events import LeadCreated
from tests.flows.conftest import drain, enrolment_of, messages_of
from tests.flows.test_changing import data_of
from tests.flows.test_drafting import change, draft
from tests.flows.test_leaving import receive

HEAD_START_SECONDS = 0.5


@pytest.fixture
def waiting_lead(flow, new_lead, monkeypatch):
    """A lead that no listener has looked at."""
    monkeypatch.setattr("tests.flows.conftest.drain", lambda: None)
    return new_lead()


@pytest.fixture
def while_entering(app, acme, waiting_lead, monkeypatch):
    """`while_entering(step, verb, …)` runs a verb while another worker lets the lead in and has just done `step`."""

    def run(step, verb, *arguments):
        is_there, may_go_on = threading.Event(), threading.Event()
        module, name = step
        original = getattr(module, name)

        def linger(*arguments):
            result = original(*arguments)
            is_there.set()
            may_go_on.wait(10)
            return result

        monkeypatch.setattr(module, name, linger)

        def in_thread(work, *arguments):
            with app.app_context(), tenancy.organization(acme.id):
                perform(work, *arguments)

        with ThreadPoolExecutor(2) as threads:
            created = LeadCreated(lead_id=waiting_lead.id, source="website")
            enters = threads.submit(in_thread, listeners.enrol_new_lead, created)
            assert is_there.wait(10)
            other = threads.submit(in_thread, verb, *arguments)
            threading.Timer(HEAD_START_SECONDS, may_go_on.set).start()
            other.result(20)
            enters.result(20)

    return run


CHOSE_THE_FLOW, PLANNED = (queries, "lead_to_enrol"), (enrolling, "plan")


def test_an_exit_sees_a_passage_that_is_just_being_written(while_entering, waiting_lead):
    while_entering(PLANNED, operations.exit_lead, waiting_lead.id, "The lead replied")
    assert enrolment_of(waiting_lead).state == "exited"
    assert {message.status for message in messages_of(waiting_lead)} == {"skipped"}


def test_a_step_is_off_for_a_lead_who_is_just_entering(while_entering, waiting_lead, steps):
    while_entering(PLANNED, operations.set_step_enabled, steps.text, False)
    statuses = {message.step_id: message.status for message in messages_of(waiting_lead)}
    assert statuses[steps.text.id] == "skipped"
    assert statuses[steps.reminder.id] == "scheduled"


def test_new_words_hold_for_a_lead_who_is_just_entering(while_entering, waiting_lead, steps):
    new = data_of(steps.text, content="New")
    while_entering(PLANNED, operations.edit_step, steps.text, new, steps.text.revision)
    assert [message.content for message in messages_of(waiting_lead) if message.step_id == steps.text.id] == ["New"]


def test_a_flow_is_off_for_a_lead_who_is_just_entering(while_entering, waiting_lead, flow):
    while_entering(CHOSE_THE_FLOW, operations.set_flow_enabled, flow, False)
    assert {message.status for message in messages_of(waiting_lead)} == {"skipped"}


def test_a_reply_that_was_heard_before_the_lead_entered_still_ends_the_flow(waiting_lead):
    """The listener that lets them enter failed at first and comes again later."""
    with writing() as session:
        entering = Debt.listener == "flows.enrol_new_lead"
        session.execute(update(Debt).where(entering).values(due_at=clock.real_now().replace(year=2090)))
    receive(waiting_lead)
    drain()
    with writing() as session:
        session.execute(update(Debt).values(due_at=clock.real_now()))
    drain()
    assert enrolment_of(waiting_lead).exit_reason == reasons.WROTE_FIRST
    assert {message.status for message in messages_of(waiting_lead) if message.direction == "outbound"} == {"skipped"}


def test_an_automatic_answer_before_the_lead_entered_ends_nothing(waiting_lead):
    receive(waiting_lead, automatic=True)
    with writing() as session:
        session.execute(delete(Debt).where(Debt.listener == "flows.leave_on_reply"))
    drain()
    assert enrolment_of(waiting_lead).state == "running"


def test_a_passage_is_not_over_when_a_publication_is_just_giving_it_more(app, acme, flow, new_lead, monkeypatch):
    lead = new_lead()
    with writing() as session:
        session.execute(update(Message).values(status="sent", sent_at=clock.now(), due_at=None))
        session.execute(update(Enrolment).values(last_message_at=clock.now()))
    change(flow, AddStep(StepData("email", "More", "Hi", 9, None, subject="More")))
    is_there, may_go_on, original = threading.Event(), threading.Event(), publishing.apply_chunk

    def linger(*arguments):
        result = original(*arguments)
        is_there.set()
        may_go_on.wait(10)
        return result

    monkeypatch.setattr(publishing, "apply_chunk", linger)
    revision = draft(flow).revision

    def in_thread(work, *arguments):
        with app.app_context(), tenancy.organization(acme.id):
            return work(*arguments)

    with ThreadPoolExecutor(2) as threads:
        publishes = threads.submit(in_thread, perform, operations.publish, flow, revision, "running")
        assert is_there.wait(10)
        finishes = threads.submit(in_thread, finish_enrolments)
        threading.Timer(HEAD_START_SECONDS, may_go_on.set).start()
        assert (publishes.result(20).gained, finishes.result(20)) == (1, 0)
    assert enrolment_of(lead).state == "running"
