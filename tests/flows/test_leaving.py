"""Who answered, opted out or was settled hears nothing more from the flow, with the reason kept."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from leadcrm.bookings import operations as bookings
from leadcrm.bookings.models import Booking
from leadcrm.bookings.queries import free_slots
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Message
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import Debt, EventRow
from leadcrm.flows import operations as flows
from leadcrm.flows.models import Enrolment
from leadcrm.leads import operations as leads
from leadcrm.leads.data import ConversionData, LeadData
from tests.conversations.conftest import FakeTransport, make_due, plan
from tests.flows.conftest import book_soon, drain, enrolment_of, messages_of


def reply(lead, *, automatic: bool = False) -> None:
    receive(lead, automatic=automatic)
    drain()


def receive(lead, *, automatic: bool = False) -> None:
    """A mail of the lead's that nothing has reacted to yet."""
    address = lead.contact_points[0].value
    perform(conversations.receive, "email", address, "Saturday", f"reply-{lead.id}", clock.now(), automatic=automatic)


def outbound(lead) -> list[tuple[str, str]]:
    """What became of what the flow had to say."""
    return [(message.status, message.reason) for message in messages_of(lead) if message.origin == "flow"]


def convert(lead) -> None:
    """Make a customer of the lead."""
    perform(leads.change_status, lead, "qualified")
    perform(leads.convert_lead, lead, ConversionData(account_name=f"Of {lead.id}"), by=None)
    drain()


WAYS_OUT = {
    "reply": (reply, "The lead replied"),
    "booking": (lambda lead: (perform(book_soon, lead.id), drain()), "The lead booked a meeting"),
    "opt-out": (
        lambda lead: (perform(conversations.opt_out, lead.id, "sms", "+12125550000", "replied_stop"), drain()),
        "The lead opted out",
    ),
    "disqualified": (
        lambda lead: (perform(leads.change_status, lead, "unqualified", "No budget"), drain()),
        "The lead was disqualified",
    ),
    "converted": (convert, "The lead became a customer"),
    "archived": (lambda lead: (perform(leads.archive_lead, lead), drain()), "The lead was archived"),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_each_way_out_skips_what_waits_and_keeps_the_reason(flow, new_lead, way):
    leave, reason = WAYS_OUT[way]
    lead = new_lead()
    leave(lead)
    assert [status for status, _ in outbound(lead)] == ["skipped"] * 3
    assert {why for _, why in outbound(lead)} <= {reason, "opted out"}, "the opt-out itself stops its own channel"
    enrolment = enrolment_of(lead)
    assert (enrolment.state, enrolment.exit_reason) == ("exited", reason)
    exits = select(EventRow.data).where(EventRow.name == "flow.exited", EventRow.lead_id == lead.id)
    assert [data["reason"] for data in db.session.scalars(exits)] == [reason]


def test_what_was_sent_stays_sent(flow, new_lead):
    lead = new_lead()
    first_id = messages_of(lead)[0].id
    with writing() as session:
        first = session.scalars(select(Message).where(Message.id == first_id)).one()
        first.status, first.sent_at, first.due_at = "sent", clock.now(), None
    reply(lead)
    assert [status for status, _ in outbound(lead)] == ["sent", "skipped", "skipped"]


def test_an_automatic_answer_is_no_reply(flow, new_lead):
    lead = new_lead()
    reply(lead, automatic=True)
    assert [status for status, _ in outbound(lead)] == ["scheduled"] * 3
    assert enrolment_of(lead).state == "running"


def test_a_reply_one_second_before_the_time_stops_the_message(flow, new_lead, monkeypatch):
    lead = new_lead()
    text = messages_of(lead)[1]
    monkeypatch.setattr(clock, "now", lambda: text.scheduled_for - timedelta(seconds=1))
    reply(lead)
    assert outbound(lead)[1] == ("skipped", "The lead replied")


def test_a_booking_one_second_before_the_time_stops_the_message(flow, new_lead, monkeypatch):
    lead, transport = new_lead(), FakeTransport()
    text = messages_of(lead)[1]
    monkeypatch.setattr(clock, "now", lambda: text.scheduled_for - timedelta(seconds=1))
    perform(book_soon, lead.id)
    monkeypatch.setattr(clock, "now", lambda: text.scheduled_for)
    transport.drain()
    assert outbound(lead)[1] == ("held", "news of the lead is being read first")
    drain()
    transport.drain()
    assert outbound(lead)[1] == ("skipped", "The lead booked a meeting")
    assert [mail.subject.partition(":")[0] for mail in transport.sent] == ["Your meeting with Rosa"]


def test_who_booked_before_they_could_be_greeted_hears_of_the_meeting_alone(flow, acme):
    lead = perform(leads.create_lead, LeadData(email="naledi@example.com", phone="+12125550142"), by=None)
    perform(book_soon, lead.id)
    drain()
    assert {why for _, why in outbound(lead)} == {"The lead booked a meeting"}


def test_a_meeting_that_is_moved_or_canceled_ends_nothing(flow, new_lead):
    lead = new_lead()
    perform(book_soon, lead.id)
    drain()
    perform(flows.enrol, lead, flow, 2)
    booking = db.session.scalars(select(Booking)).one()
    slot = free_slots(booking.realtor, booking.starts_at, booking.starts_at + timedelta(days=4))[-1]
    perform(bookings.book, lead, booking.realtor, slot.start)
    perform(bookings.cancel, booking)
    drain()
    assert set(db.session.scalars(select(Enrolment.state))) == {"exited", "running"}


def test_a_message_on_its_way_is_not_touched(flow, new_lead):
    lead = new_lead()
    first_id = messages_of(lead)[0].id
    with writing() as session:
        first = session.scalars(select(Message).where(Message.id == first_id)).one()
        first.status, first.claim_token, first.due_at = "sending", "a-worker", None
        first.lease_until = clock.real_now() + timedelta(minutes=2)
    reply(lead)
    assert [status for status, _ in outbound(lead)] == ["sending", "skipped", "skipped"]


def test_qualified_leads_stay_inside(flow, new_lead):
    lead = new_lead()
    perform(leads.change_status, lead, "qualified")
    drain()
    assert [status for status, _ in outbound(lead)] == ["scheduled"] * 3


def test_an_exit_that_comes_after_it_was_taken_back_ends_nothing(flow, new_lead):
    lead = new_lead()
    perform(leads.change_status, lead, "unqualified", "No budget")
    disqualified = select(Debt.id).where(Debt.listener == "flows.leave_on_status").scalar_subquery()
    later = clock.real_now() + timedelta(minutes=1)
    with writing() as session:  # as if it had failed once
        session.execute(update(Debt).where(Debt.id == disqualified).values(due_at=later))
    perform(leads.change_status, lead, "qualified")
    drain()
    with writing() as session:
        session.execute(update(Debt).values(due_at=clock.real_now()))
    drain()
    assert db.session.scalar(select(Debt.id)) is None
    assert [status for status, _ in outbound(lead)] == ["scheduled"] * 3


def test_a_reply_nobody_reacted_to_yet_stops_a_message_due_in_the_same_second(flow, new_lead):
    lead, transport = new_lead(), FakeTransport()
    receive(lead)
    transport.drain()
    welcome = messages_of(lead)[0]
    assert (transport.sent, welcome.status) == ([], "held")
    drain()
    transport.drain()
    assert transport.sent == []
    assert {why for _, why in outbound(lead)} == {"The lead replied"}


def test_news_that_ends_nothing_only_delays(flow, new_lead):
    lead, transport = new_lead(), FakeTransport()
    receive(lead, automatic=True)
    transport.drain()
    drain()
    make_due(messages_of(lead)[0])
    transport.drain()
    assert [mail.recipient for mail in transport.sent] == [lead.contact_points[0].value]


def test_what_a_person_says_does_not_wait_for_reactions(flow, new_lead):
    lead, transport = new_lead(), FakeTransport()
    receive(lead)
    plan(lead, "by hand", subject="Saturday it is")
    transport.drain()
    assert [mail.subject for mail in transport.sent] == ["Saturday it is"]


def test_a_reaction_that_keeps_failing_is_looked_for_ever_less_often(flow, new_lead):
    lead, transport = new_lead(), FakeTransport()
    receive(lead)
    with writing() as session:
        session.execute(update(Debt).where(Debt.holds_lead_id == lead.id).values(tries=8, due_at=None))
    transport.drain()
    held = next(message for message in messages_of(lead) if message.status == "held")
    assert held.due_at - clock.now() > timedelta(minutes=5)
