"""Many leads entering at once: the same rows as one by one, in a handful of statements, undone as a whole."""

import random
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Message
from leadcrm.core import clock
from leadcrm.core.db import db, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.models import EventRow
from leadcrm.flows import operations, queries
from leadcrm.flows.models import Enrolment
from leadcrm.flows.operations import StepData
from leadcrm.flows.planning import greeting_key
from leadcrm.leads import operations as leads
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport, make_lead
from tests.flows.conftest import messages_of

NOW = datetime(2026, 3, 27, 22, 30, tzinfo=UTC)  # two days before clocks change in Europe, three weeks after New York
ZONES = ("America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe")
STEPS = (
    StepData("email", "Hello", "Hi {first_name|there}", 0, None, subject="Hello", greets=True),
    StepData("text", "Today", "Hi", 0, time(9)),
    StepData("text", "Tomorrow", "Hi", 1, time(2, 30)),
    StepData("task", "Call", "Call {first_name|them}", 1, time(10)),
    StepData("whatsapp", "Later", "Hi", 2, None),
    StepData("email", "At last", "Hi", 30, time(14), subject="At last"),
)


@pytest.fixture
def drip(acme):
    """A flow of every kind of step, one of them off."""
    flow = perform(operations.create_flow, "Drip", "manual")
    for data in STEPS:
        perform(operations.add_step, flow, data)
    off = perform(operations.add_step, flow, StepData("text", "Off", "Hi", 1, None))
    perform(operations.set_step_enabled, off, False)
    perform(operations.set_flow_enabled, flow, True)
    return flow


@pytest.fixture
def stopped_clock(monkeypatch):
    monkeypatch.setattr(clock, "real_now", lambda: NOW)  # columns hold `now` itself


class People:
    """Leads of random kinds, in pairs that differ in their addresses alone."""

    def __init__(self, seed: int, flow):
        self.chance, self.flow, self.number = random.Random(seed), flow, 0

    def pair(self):
        has_email, has_phone = self.chance.random() < 0.8, self.chance.random() < 0.8
        zone = self.chance.choice(ZONES)
        history = self.chance.choice(("", "", "", "opted out", "bounced", "greeted", "archived", "inside"))
        return tuple(self._lead(zone, has_email, has_phone, history) for _ in range(2))

    def _lead(self, zone, has_email, has_phone, history):
        self.number += 1
        email = f"lead{self.number}@example.com" if has_email else None
        phone = f"+1212555{self.number:04}" if has_phone else None
        lead = make_lead(email=email, phone=phone, timezone=zone)
        if history == "opted out" and phone:
            perform(conversations.opt_out, lead.id, "sms", phone, "replied_stop")
        if history == "bounced" and email:
            perform(conversations.suppress, "email", email, "bounced")
        if history == "greeted":
            hello = {"channel": "email", "content": "Hi", "origin": "automation"}
            perform(conversations.plan_messages, [{**hello, "lead_id": lead.id, "intent_key": greeting_key(lead.id)}])
        if history == "archived":
            perform(leads.archive_lead, lead)
        if history == "inside":
            perform(operations.enrol, lead, self.flow)
        return lead


def told(lead) -> list[dict]:
    """The rows of the lead's passages, without what differs from lead to lead."""
    db.session.rollback()
    rows = []
    for table in (Enrolment, Message):
        theirs = select(*table.__table__.c).where(table.__table__.c.lead_id == lead.id)
        for row in db.session.execute(theirs).mappings():
            said = dict(row)
            if said.get("intent_key"):
                ids = {said["lead_id"]: "LEAD", said["enrolment_id"] or "-": "PASSAGE"}
                for known, name in ids.items():
                    said["intent_key"] = said["intent_key"].replace(known, name)
            rows.append({name: value for name, value in said.items() if name not in DIFFER})
    facts = select(EventRow.name, EventRow.data).where(EventRow.lead_id == lead.id, EventRow.name == "flow.enrolled")
    rows += [{"fact": name, "messages": data["messages"]} for name, data in db.session.execute(facts)]
    return sorted(rows, key=repr)


DIFFER = ("id", "lead_id", "enrolment_id", "conversation_id")


@pytest.mark.parametrize("seed", range(3))
def test_each_gets_the_rows_of_a_lead_who_enters_alone(drip, seed, stopped_clock):
    people = People(seed, drip)
    pairs = [people.pair() for _ in range(25)]
    for alone, _ in pairs:
        if alone.archived_at is None:
            perform(operations.enrol, alone, drip)
    enrolled = perform(operations.enrol_many, drip, [lead.id for _, lead in pairs])
    assert enrolled.enrolment_ids
    for alone, among_many in pairs:
        assert told(among_many) == told(alone)


def test_who_is_archived_or_was_inside_stays_out_and_is_counted(drip):
    inside, archived, other = (make_lead(email=f"{n}@example.com") for n in range(3))
    perform(operations.enrol, inside, drip)
    perform(operations.leave_flow, inside, drip, "The lead replied")
    perform(leads.archive_lead, archived)
    enrolled = perform(operations.enrol_many, drip, [lead.id for lead in (inside, archived, other)])
    assert len(enrolled.enrolment_ids) == 1
    assert enrolled.left_out == {"were in the flow before": 1, "are archived": 1}
    assert perform(operations.enrol_many, drip, [other.id]).enrolment_ids == ()


def test_whoever_opted_out_of_one_channel_gets_nothing_on_another_and_the_rows_say_why(drip):
    lead = make_lead(email="jane@example.com", phone="+12125550000")
    perform(conversations.opt_out, lead.id, "sms", "+12125550000", "replied_stop")
    perform(operations.enrol_many, drip, [lead.id])
    assert {(message.status, message.reason) for message in messages_of(lead)} == {("skipped", "The lead opted out")}


def test_an_address_that_bounced_bars_its_channel_alone(drip):
    lead = make_lead(email="jane@example.com", phone="+12125550000")
    perform(conversations.suppress, "email", "jane@example.com", "bounced")
    perform(operations.enrol_many, drip, [lead.id])
    states = {(message.channel, message.status) for message in messages_of(lead)}
    assert states == {("email", "skipped"), ("sms", "scheduled"), ("task", "scheduled"), ("whatsapp", "scheduled")}


def test_the_number_of_queries_does_not_grow_with_the_leads(drip):
    few, many = ([make_lead(email=f"{n}-{size}@example.com").id for n in range(size)] for size in (2, 40))
    with count_queries() as for_few:
        perform(operations.enrol_many, drip, few)
    with count_queries() as for_many:
        perform(operations.enrol_many, drip, many)
    assert len(for_many) <= len(for_few)


def test_what_is_due_leaves_and_its_thread_appears(drip):
    lead = make_lead(email="jane@example.com")
    perform(operations.enrol_many, drip, [lead.id])
    transport = FakeTransport()
    transport.drain()
    assert [mail.recipient for mail in transport.sent] == ["jane@example.com"]
    assert messages_of(lead)[0].conversation_id is not None


def test_it_can_be_taken_back_before_anything_leaves(drip):
    ticked = [make_lead(email=f"{n}@example.com") for n in range(3)]
    enrolled = perform(operations.enrol_ticked, drip, [lead.id for lead in ticked])
    transport = FakeTransport()
    transport.drain()
    assert transport.sent == [], "nothing leaves within the head start"
    assert perform(operations.leave_many, enrolled.enrolment_ids, "A person took it back") == 3
    assert perform(operations.leave_many, enrolled.enrolment_ids, "A person took it back") == 0
    for lead in ticked:
        assert {message.status for message in messages_of(lead)} == {"skipped"}
    facts = select(func.count(EventRow.id)).where(EventRow.name == "flow.exited")
    assert db.session.scalar(facts) == 3


def test_nobody_enters_a_flow_that_is_off(drip):
    lead = make_lead(email="jane@example.com")
    perform(operations.set_flow_enabled, drip, False)
    with pytest.raises(DomainError, match="is off"):
        perform(operations.enrol_ticked, drip, [lead.id])
    with pytest.raises(DomainError, match="is off"):
        perform(operations.enrol_by_hand, lead, drip)


def test_a_person_decides_on_a_second_passage(drip):
    lead = make_lead(email="jane@example.com")
    first = perform(operations.enrol_by_hand, lead, drip)
    with pytest.raises(DomainError, match="already"):
        perform(operations.enrol_by_hand, lead, drip, again=True)
    perform(operations.leave_flow, lead, drip, "The lead replied")
    with pytest.raises(DomainError, match="was in “Drip” before"):
        perform(operations.enrol_by_hand, lead, drip)
    assert perform(operations.enrol_by_hand, lead, drip, again=True).number == first.number + 1
    assert queries.running_count(drip.id) == 1


def test_leaving_one_flow_leaves_the_others_alone(flow, drip, new_lead):
    lead = new_lead()
    perform(operations.enrol, lead, drip)
    assert perform(operations.leave_flow, lead, drip, "An automation said so") == 5, "the other flow says hello"
    assert perform(operations.leave_flow, lead, drip, "An automation said so") is None
    running = select(Enrolment.flow_id).where(Enrolment.lead_id == lead.id, Enrolment.state == "running")
    assert db.session.scalars(running).all() == [flow.id]


def test_the_head_start_is_before_the_first_message(drip, stopped_clock):
    lead = make_lead(email="jane@example.com")
    perform(operations.enrol_by_hand, lead, drip)
    assert messages_of(lead)[0].scheduled_for == NOW + timedelta(seconds=10)
