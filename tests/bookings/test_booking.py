"""Meetings booked, moved and called off: one per lead and realtor, and nobody's time given away twice."""

from datetime import time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from leadcrm.bookings import operations, queries
from leadcrm.bookings.models import BookedCell, Booking
from leadcrm.bookings.operations import SlotTaken
from leadcrm.conversations import timeline
from leadcrm.core import events
from leadcrm.core.db import db, perform
from leadcrm.core.drains import drain_events
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from leadcrm.notifications.models import Notification
from tests.bookings.conftest import at, be, cells_of, facts_of


def test_a_meeting_is_booked_as_the_usual_hours_have_it(book, lead, cast):
    booking, is_new = book(at(10))
    assert is_new
    assert (booking.starts_at, booking.ends_at) == (at(10), at(10, 30))
    assert (booking.state, booking.revision, booking.timezone) == ("booked", 1, "Africa/Johannesburg")
    assert len(cells_of(booking)) == 6
    assert facts_of(lead) == ["booking.made"]


def test_the_same_lead_and_realtor_have_one_meeting_which_moves(book, lead):
    first, _ = book(at(10))
    moved, is_new = book(at(11))
    assert (moved.id, is_new, moved.starts_at, moved.revision) == (first.id, False, at(11), 2)
    assert facts_of(lead) == ["booking.made", "booking.moved"]
    assert db.session.scalar(select(func.count(BookedCell.cell))) == 6


def test_the_time_a_meeting_leaves_can_be_had_by_others(book, new_lead):
    book(at(10))
    book(at(11))
    assert book(at(10), new_lead("Thabo"))[1]


def test_a_meeting_moves_into_time_that_only_it_takes(book, set_hours):
    set_hours(meeting_minutes=30, buffer_minutes=15)
    booking, _ = book(at(9))
    set_hours(1, meeting_minutes=60)
    moved, _ = book(at(10))
    assert (moved.id, moved.ends_at) == (booking.id, at(11))


def test_booking_the_same_once_more_changes_nothing(book, lead):
    booking, _ = book(at(10))
    again, is_new = book(at(10))
    assert (again.id, is_new, again.revision) == (booking.id, False, 1)
    assert facts_of(lead) == ["booking.made"]


def test_a_meeting_that_has_begun_stays_and_the_next_is_another(book, lead):
    first, _ = book(at(10))
    be(at(10, 10))
    second, is_new = book(at(15))
    assert is_new
    assert second.id != first.id
    assert set(db.session.scalars(select(Booking.state))) == {"past", "booked"}


@pytest.mark.parametrize(
    ("hour", "minute", "days", "why"),
    [
        (7, 30, 0, "before the hours"),
        (17, 0, 0, "after them"),
        (10, 10, 0, "between two slots"),
        (10, 0, 5, "a Saturday"),
        (10, 0, 70, "too far ahead"),
        (10, 0, -7, "past"),
    ],
)
def test_what_is_not_offered_cannot_be_booked(book, lead, hour, minute, days, why):
    with pytest.raises(SlotTaken):
        book(at(hour, minute, days=days))
    assert facts_of(lead) == []


def test_the_shortest_notice_holds_for_whoever_books(book):
    be(at(9, 1))
    with pytest.raises(SlotTaken):
        book(at(11))
    assert book(at(11, 30))[1]


def test_what_another_has_is_refused_and_leaves_ones_own_meeting_alone(book, new_lead, lead):
    book(at(10), new_lead("Thabo"))
    mine, _ = book(at(11))
    with pytest.raises(SlotTaken):
        book(at(10))
    assert len(cells_of(mine)) == 6
    assert facts_of(lead) == ["booking.made"]


def test_the_time_after_a_meeting_is_kept_free(book, set_hours, new_lead, cast):
    set_hours(buffer_minutes=30)
    book(at(10), new_lead("Thabo"))
    set_hours(1, buffer_minutes=0)
    with pytest.raises(SlotTaken):
        book(at(10, 30))
    assert [slot.start for slot in queries.alternatives(cast.rosa, at(10, 30))] == [at(9, 30), at(11), at(11, 30)]


def test_the_database_itself_gives_no_five_minutes_twice(book, new_lead, cast):
    booking, _ = book(at(10))
    other, _ = book(at(12), new_lead("Thabo"))
    cell = cells_of(booking)[0]
    with pytest.raises(IntegrityError):
        perform(add, BookedCell(realtor_id=cast.rosa.id, cell=cell, booking_id=other.id))


def test_the_database_itself_holds_one_live_meeting_per_lead_and_realtor(book, lead, cast):
    book(at(10))
    twin = Booking(lead_id=lead.id, realtor_id=cast.rosa.id, starts_at=at(14), ends_at=at(15), timezone="UTC", place="")
    with pytest.raises(IntegrityError):
        perform(add, twin)


def add(row: Booking | BookedCell) -> None:
    db.session.add(row)
    db.session.flush()


def test_a_canceled_meeting_gives_its_time_back_and_can_be_booked_anew(book, lead, new_lead):
    booking, _ = book(at(10))
    assert perform(operations.cancel, booking)
    assert perform(operations.cancel, booking) is None
    assert cells_of(booking) == []
    assert book(at(10), new_lead("Thabo"))[1]
    assert book(at(11))[0].id != booking.id
    assert facts_of(lead) == ["booking.made", "booking.canceled", "booking.made"]


def test_a_meeting_that_has_begun_cannot_be_canceled(book):
    booking, _ = book(at(10))
    be(at(10) + timedelta(minutes=1))
    with pytest.raises(DomainError, match="begun"):
        perform(operations.cancel, booking)


def test_an_archived_lead_is_not_booked_for(book, lead):
    perform(leads.archive_lead, lead)
    with pytest.raises(DomainError, match="archive"):
        book(at(10))


def test_a_visitor_is_the_lead_whose_phone_they_give(book, lead, cast):
    booking, _ = book(at(10))
    submission = leads.read_submission(LeadData(first_name="N", phone="+27215550147"), realtor=cast.rosa)
    moved, is_new = perform(operations.book_visitor, submission, cast.rosa, at(11), "UTC")
    assert (moved.id, is_new) == (booking.id, False)


def test_a_visitor_whose_slot_was_taken_leaves_nothing(book, cast):
    book(at(10))
    submission = leads.read_submission(LeadData(first_name="New", email="new@mail.example"), realtor=cast.rosa)
    with pytest.raises(SlotTaken):
        perform(operations.book_visitor, submission, cast.rosa, at(10), "UTC")
    assert db.session.scalar(select(func.count(Lead.id)).where(Lead.first_name == "New")) == 0


def test_the_timeline_tells_of_meetings_and_when_they_are(book, lead, cast):
    with events.acting_as(f"user:{cast.ada.id}"):
        booking, _ = book(at(10))
        book(at(11))
    with events.acting_as(f"lead:{lead.id}"):
        perform(operations.cancel, booking)
    told = [(it.sentence, it.moment) for it in timeline.of_lead(lead).items if "a meeting with" in it.sentence]
    assert told == [
        ("Naledi Khumalo canceled a meeting with Rosa of", at(11)),
        ("Ada moved a meeting with Rosa to", at(11)),
        ("Ada booked a meeting with Rosa for", at(10)),
    ]


def test_the_realtor_hears_of_what_others_did(book, lead, cast):
    booking, _ = book(at(10))
    with events.acting_as(f"user:{cast.rosa.id}"):
        perform(operations.cancel, booking)
    drain_events(lambda: False)
    titles = list(db.session.scalars(select(Notification.title).where(Notification.user_id == cast.rosa.id)))
    assert titles == ["Meeting booked: Naledi Khumalo, Mon, 4 Mar, 10:00 AM"]


NINE, TEN, ELEVEN, NOON = (time(hour) for hour in (9, 10, 11, 12))
NEVER: list = [()]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"meeting_minutes": 0}, "meeting_minutes"),
        ({"meeting_minutes": 32}, "meeting_minutes"),
        ({"buffer_minutes": 245}, "buffer_minutes"),
        ({"notice_hours": -1}, "notice_hours"),
        ({"days_ahead": 0}, "days_ahead"),
        ({"place": "x" * 201}, "place"),
        ({"week": [[(TEN, NINE)], *NEVER * 6]}, "monday"),
        ({"week": [*NEVER * 2, [(NINE, ELEVEN), (TEN, NOON)], *NEVER * 4]}, "wednesday"),
        ({"week": [*NEVER * 4, [(NINE, time()), (TEN, NOON)], *NEVER * 2]}, "friday"),
        ({"week": [*NEVER * 6, [(NINE.replace(minute=1), ELEVEN)]]}, "sunday"),
    ],
)
def test_hours_that_cannot_be_are_refused_beside_their_field(set_hours, said, field):
    with pytest.raises(DomainError) as refusal:
        set_hours(**said)
    assert refusal.value.field == field


def test_two_who_change_the_hours_hear_of_each_other(set_hours):
    assert set_hours().revision == 1
    assert set_hours(1, place="14 Roodebloem Rd").revision == 2
    with pytest.raises(Conflict):
        set_hours(1, place="Elsewhere")


def test_who_is_no_realtor_has_no_hours(acme, cast, set_hours):
    cast.rosa = cast.ben
    with pytest.raises(DomainError, match="no booking page"):
        set_hours()
