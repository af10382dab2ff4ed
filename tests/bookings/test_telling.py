"""What a visitor hears of their meeting: said at once, reminded twice, overtaken by every change."""

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from icalendar import Calendar
from sqlalchemy import select

from leadcrm.adapters.mime import build
from leadcrm.bookings import operations
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.delivery import sending
from leadcrm.conversations.models import Message
from leadcrm.core.db import db, perform
from leadcrm.core.drains import drain_events
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from tests.bookings.conftest import at, be
from tests.conversations.conftest import FakeTransport


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport()


def said(lead: Lead, status: str = "scheduled") -> list[tuple[str, datetime]]:
    """Kind and time of what is planned for the lead, or became of it."""
    db.session.rollback()
    found = select(Message).where(Message.lead_id == lead.id, Message.status == status, Message.origin == "booking")
    rows = db.session.scalars(found.order_by(Message.scheduled_for, Message.id))
    return [(row.intent_key.split(":")[2], row.scheduled_for.replace(second=0, microsecond=0)) for row in rows]


def test_a_booking_is_confirmed_at_once_with_an_invitation(book, lead, transport, cast):
    booking, _ = book(at(10, days=3))
    transport.drain()
    [mail] = transport.sent
    assert mail.subject == "Your meeting with Rosa: Thu, 7 Mar, 5:00 PM (Africa/Johannesburg)"
    assert "/meeting/" in mail.text
    assert mail.unsubscribe_url is None
    read = message_from_bytes(build(mail), policy=default)
    [calendar] = [part for part in read.walk() if part.get_content_type() == "text/calendar"]
    assert calendar.get_param("method") == "REQUEST"
    [event] = Calendar.from_ical(calendar.get_content()).walk("VEVENT")
    assert (event.start, event.end) == (booking.starts_at, booking.ends_at)
    assert event["attendee"] == "mailto:naledi@mail.example"


def test_reminders_come_a_day_and_an_hour_before(book, lead):
    book(at(10, days=3))
    assert said(lead) == [("made", at(6)), ("day", at(10, days=2)), ("hour", at(9, days=3))]


def test_what_lies_past_already_is_not_reminded_of(book, lead):
    book(at(10))
    assert [kind for kind, _ in said(lead)] == ["made", "hour"]


def test_a_move_overtakes_what_was_planned_and_counts_on(book, lead, transport):
    book(at(10, days=3))
    transport.drain()
    book(at(11, days=4))
    assert said(lead, "skipped") == [("day", at(10, days=2)), ("hour", at(9, days=3))]
    assert said(lead) == [("moved", at(6)), ("day", at(11, days=3)), ("hour", at(10, days=4))]
    transport.drain()
    events = [Calendar.from_ical(mail.invitation).walk("VEVENT")[0] for mail in transport.sent]
    assert [event["sequence"] for event in events] == [0, 1]
    assert len({event["uid"] for event in events}) == 1


def test_a_canceled_meeting_is_taken_back_and_reminded_of_no_more(book, lead, transport):
    booking, _ = book(at(10, days=3))
    transport.drain()
    perform(operations.cancel, booking)
    assert [kind for kind, _ in said(lead)] == ["canceled"]
    transport.drain()
    calendar = Calendar.from_ical(transport.sent[-1].invitation)
    [event] = calendar.walk("VEVENT")
    assert (calendar["method"], event["status"], event["sequence"]) == ("CANCEL", "CANCELLED", 1)
    be(at(10, days=3) - timedelta(minutes=30))
    transport.drain()
    assert len(transport.sent) == 2


def test_a_reminder_that_is_about_to_leave_finds_its_meeting_canceled(book, lead, transport, monkeypatch):
    """The worker has taken it already; the meeting is called off before its first byte leaves."""
    booking, _ = book(at(10, days=3))
    transport.drain()
    be(at(9, days=3))

    class Interrupted(sending.Batch):
        def __init__(self, *taken):
            super().__init__(*taken)
            perform(operations.cancel, booking)

    monkeypatch.setattr(sending, "Batch", Interrupted)
    transport.drain()
    assert [mail.subject.partition(":")[0] for mail in transport.sent] == [
        "Your meeting with Rosa",
        "Your meeting with Rosa is canceled",
    ]


def test_a_reminder_is_not_sent_once_the_meeting_has_begun(book, lead, transport):
    book(at(10, days=3))
    transport.drain()
    be(at(10, 5, days=3))
    transport.drain()
    assert len(transport.sent) == 1
    assert {kind for kind, _ in said(lead, "expired")} == {"day", "hour"}


def test_a_reminder_that_waited_for_the_morning_is_still_true(book, new_lead, transport):
    """22:00 in Johannesburg is no hour for a text: it leaves at eight, on the day of the meeting itself."""
    book(at(15, days=3), new_lead("Thabo", phone="+27215550155"))
    transport.drain()
    be(at(15, days=2))
    transport.drain()
    assert len(transport.sent) == 1
    be(at(1, 30, days=3))
    transport.drain()
    assert transport.sent[-1].text.startswith("Acme: Reminder: your meeting with Rosa, Thu, 7 Mar, 10:00 PM")


def test_who_has_no_mail_hears_by_text(book, new_lead):
    lead = new_lead("Thabo", phone="+27215550155")
    book(at(10, days=3), lead)
    db.session.rollback()
    channels = select(Message.channel, Message.invitation).where(Message.lead_id == lead.id)
    assert set(map(tuple, db.session.execute(channels))) == {("sms", None)}


def test_who_cannot_be_written_to_has_their_meeting_all_the_same(book, lead):
    perform(conversations.opt_out, lead.id, "all", "naledi@mail.example", "unsubscribed")
    perform(conversations.opt_out, lead.id, "sms", "+27215550147", "replied_stop")
    assert book(at(10))[1]
    assert said(lead) == []


def test_braces_in_names_are_no_merge_fields(book, lead, cast, transport):
    perform(_rename, cast.rosa, "Rosa {the best}")
    book(at(10))
    transport.drain()
    assert transport.sent[0].subject.startswith("Your meeting with Rosa (the best):")


def _rename(user: User, name: str) -> None:
    db.session.merge(user).name = name


def test_the_same_change_is_told_once(book, lead):
    book(at(10))
    book(at(10))
    assert [kind for kind, _ in said(lead)] == ["made", "hour"]


def test_an_archived_lead_hears_nothing_of_a_meeting_that_is_canceled(book, lead):
    booking, _ = book(at(10))
    perform(leads.archive_lead, lead)
    perform(operations.cancel, booking)
    assert said(lead) == []


@pytest.mark.parametrize("change", ["move", "cancel"])
def test_a_lead_who_comes_back_from_the_archive_is_not_reminded_of_a_time_that_was_given_up(
    book, lead, transport, cast, change
):
    booking, _ = book(at(10, days=3))
    transport.drain()
    perform(leads.archive_lead, lead)
    drain_events(lambda: False)
    if change == "move":
        perform(operations.book_returning, lead, cast.rosa, at(11, days=4))
    else:
        perform(operations.cancel, booking)
        perform(leads.restore_lead, lead)
    drain_events(lambda: False)
    kept = [("moved", at(6)), ("day", at(11, days=3)), ("hour", at(10, days=4))]
    assert said(lead) == (kept if change == "move" else [])


def test_a_lead_who_comes_back_from_the_archive_is_reminded_of_the_meeting_they_kept(book, lead, transport):
    book(at(10, days=3))
    transport.drain()
    perform(leads.archive_lead, lead)
    drain_events(lambda: False)
    perform(leads.restore_lead, lead)
    drain_events(lambda: False)
    assert [kind for kind, _ in said(lead)] == ["day", "hour"]
