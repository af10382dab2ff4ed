"""Every new lead gets every step, on its own clock, once."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Message
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import DomainError
from leadcrm.core.models import Debt, EventRow
from leadcrm.flows import jobs, operations, queries
from leadcrm.flows.document import StepData
from leadcrm.flows.jobs import finish_enrolments
from leadcrm.flows.models import Enrolment
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport
from tests.flows.conftest import drain, enrolment_of, messages_of

ZONES = [
    "America/New_York",
    "Europe/London",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Johannesburg",
    "Australia/Lord_Howe",
]


def at(monkeypatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment.astimezone(UTC))


@pytest.mark.parametrize("name", ZONES)
def test_a_lead_of_monday_three_o_clock_hears_on_monday_tuesday_and_wednesday(flow, new_lead, monkeypatch, name):
    local = ZoneInfo(name)
    at(monkeypatch, datetime(2026, 11, 23, 15, 0, tzinfo=local))
    lead = new_lead(timezone=name)
    times = [message.scheduled_for.astimezone(local).strftime("%a %H:%M") for message in messages_of(lead)]
    assert times == ["Mon 15:00", "Tue 09:00", "Wed 14:00"]


def test_the_shipped_flow_says_what_the_source_says(flow):
    shown = [(step.type, step.name, step.day, step.time and step.time.isoformat("minutes"), step.enabled)
             for step in queries.steps_of(flow.id)]  # fmt: skip
    assert shown == [
        ("email", "Welcome Email", 0, None, True),
        ("text", "Follow-up Text", 1, "09:00", True),
        ("email", "Reminder Email", 2, "14:00", True),
    ]
    assert perform(operations.ensure_default_flow).id == flow.id


def test_messages_carry_what_their_step_wants_when_late(flow, steps, new_lead):
    data = StepData("text", "Ask", "Hi", 1, time(9), when_late="skip")
    perform(operations.edit_step, steps.text, data, steps.text.revision)
    assert [message.when_late for message in messages_of(new_lead())] == ["next_window", "skip", "next_window"]


def test_messages_carry_the_channel_the_words_and_the_origin_of_their_step(flow, steps, new_lead):
    welcome, text, reminder = messages_of(new_lead())
    assert [message.channel for message in (welcome, text, reminder)] == ["email", "sms", "email"]
    assert welcome.content == steps.welcome.content
    assert "{first_name|" in welcome.subject, "merge fields are filled when it is sent"
    assert {message.origin for message in (welcome, text, reminder)} == {"flow"}
    assert {message.status for message in (welcome, text, reminder)} == {"scheduled"}


def test_the_same_fact_delivered_twice_enrols_once(flow, new_lead):
    lead = new_lead()
    created = select(EventRow.id).where(EventRow.name == "lead.created", EventRow.lead_id == lead.id)
    debt = {"listener": "flows.enrol_new_lead", "tries": 0, "due_at": clock.real_now()}
    with writing() as session:
        debt |= {"organization_id": tenancy.current_id(), "event_id": session.scalar(created)}
        session.execute(insert(Debt), [debt])
    drain()
    assert db.session.scalar(select(func.count(Debt.id))) == 0
    assert len(messages_of(lead)) == 3
    assert enrolment_of(lead).number == 1


def test_the_database_itself_refuses_a_second_message_for_a_step(flow, new_lead):
    lead = new_lead()
    first = messages_of(lead)[0]
    twin = Message(
        lead_id=lead.id, channel="email", origin="flow", content="again", status="skipped", intent_key="another",
        enrolment_id=first.enrolment_id, step_id=first.step_id,
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        perform(db.session.add, twin)


def test_a_second_passage_is_a_decision_and_gets_its_own_messages(flow, new_lead):
    lead = new_lead()
    assert perform(operations.enrol, lead, flow) is None
    assert perform(operations.enrol, lead, flow, number=2).number == 2
    assert len(messages_of(lead)) == 6


def test_a_step_for_a_channel_the_lead_lacks_is_skipped_with_the_reason(flow, new_lead):
    lead = new_lead(phone=None)
    by_channel = {message.channel: message for message in messages_of(lead)}
    assert by_channel["sms"].status == "skipped"
    assert by_channel["sms"].reason == "The lead has no phone number"
    assert by_channel["sms"].due_at is None


def test_a_later_step_is_not_for_leads_already_inside(flow, new_lead):
    early = new_lead()
    data = operations.StepData(type="text", name="Late", content="Hi", day=1, time=None)
    perform(operations.add_step, flow, data)
    assert len(messages_of(early)) == 3
    assert len(messages_of(new_lead())) == 4


def test_leads_of_another_zone_keep_the_zone_they_had_when_they_came(flow, new_lead):
    lead = new_lead(timezone="Asia/Tokyo")
    assert enrolment_of(lead).timezone == "Asia/Tokyo"


def test_an_archived_lead_does_not_enter(flow, new_lead, monkeypatch):
    monkeypatch.setattr("tests.flows.conftest.drain", lambda: None)
    lead = new_lead()
    perform(leads.archive_lead, lead)
    drain()
    assert messages_of(lead) == []


def test_without_a_flow_that_is_on_nothing_is_planned(flow, new_lead):
    perform(operations.set_flow_enabled, flow, False)
    assert messages_of(new_lead()) == []


def test_two_flows_cannot_both_welcome(flow):
    other = perform(operations.create_flow, "Other")
    with pytest.raises(DomainError, match="already welcomes"):
        perform(operations.set_flow_enabled, other, True)


def test_passages_end_when_nothing_waits_any_more(flow, new_lead, monkeypatch):
    lead = new_lead()
    start = clock.now()
    assert finish_enrolments() == 0
    with writing() as session:
        for message in session.scalars(select(Message).where(Message.lead_id == lead.id)):
            message.status, message.sent_at, message.due_at = "sent", clock.now(), None
    assert finish_enrolments() == 0, "the last step's time has not come"
    at(monkeypatch, start.replace(year=start.year + 1))
    assert finish_enrolments() == 1
    ended = enrolment_of(lead)
    assert (ended.state, ended.ended_at) == ("finished", clock.now())
    names = list(db.session.scalars(select(EventRow.name).where(EventRow.lead_id == lead.id)))
    assert names.count("flow.exited") == 1


def test_enrolling_makes_a_fixed_number_of_queries(flow, new_lead):
    lead = new_lead()
    with count_queries() as few:
        perform(operations.enrol, lead, flow, number=2)
    for day in range(3, 9):
        perform(
            operations.add_step, flow, operations.StepData(type="text", name="More", content="Hi", day=day, time=None)
        )
    with count_queries() as many:
        perform(operations.enrol, lead, flow, number=3)
    assert len(many) == len(few)
    assert db.session.scalar(select(func.count(Enrolment.id)).where(Enrolment.lead_id == lead.id)) == 3


def test_a_stranger_who_wrote_to_us_is_not_greeted_and_the_welcome_says_why(flow, acme):
    said = perform(conversations.receive, "email", "stranger@example.com", "Is it still free?", "<1@x>", clock.now())
    drain()
    transport = FakeTransport()
    transport.drain()
    stranger = db.session.scalars(select(Lead).where(Lead.id == said.lead_id)).one()
    outbound = [message for message in messages_of(stranger) if message.direction == "outbound"]
    assert transport.sent == []
    assert {(message.status, message.reason) for message in outbound if message.channel == "email"} == {
        ("skipped", "The lead wrote to us first")
    }
    assert enrolment_of(stranger).exit_reason == "The lead wrote to us first"


def test_a_crowd_is_over_in_one_round_though_in_small_transactions(flow, new_lead, monkeypatch):
    for _ in range(5):
        new_lead()
    with writing() as session:
        session.execute(update(Message).values(status="sent", sent_at=clock.now(), due_at=None))
        session.execute(update(Enrolment).values(last_message_at=clock.now()))
    monkeypatch.setattr(jobs, "BATCH", 2)
    ended = []
    monkeypatch.setattr(jobs, "finish_passages", lambda ids: ended.append(len(ids)) or operations.finish_passages(ids))
    assert finish_enrolments() == 5
    assert max(ended) == 2
