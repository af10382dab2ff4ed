"""Booking a meeting, and moving it: one live meeting per lead and realtor, and no five minutes given away twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from leadcrm.bookings import letters, queries, slots
from leadcrm.bookings.events import BookingMade, BookingMoved
from leadcrm.bookings.models import BookedCell, Booking
from leadcrm.bookings.operations.telling import tell
from leadcrm.bookings.slots import Rules, Slot
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.errors import DomainError
from leadcrm.core.events import acting_as, record
from leadcrm.core.zones import UnknownZone, zone
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.leads.operations.capturing import Submission


class SlotTaken(DomainError):
    """The realtor cannot be met then: somebody was quicker, or it is not, or no longer, offered."""

    status = 400
    code = "slot_taken"

    def __init__(self) -> None:
        super().__init__("This time is not free any more. Choose another one.", "start")


def book(lead: Lead, realtor: User, start: datetime, timezone: str | None = None) -> tuple[Booking, bool]:
    """Book the slot that begins at `start`, or move the lead's coming meeting with this realtor there.

    `timezone` is the visitor's, else the lead's. Returns the booking and whether it is a new one. Raises SlotTaken, and
    DomainError for an unknown zone, a lead in the archive, and somebody who is no realtor. Of two who are at it at once
    the later one's transaction breaks on the key of the cells: `perform` tries it again, and then it is SlotTaken.
    """
    lead = lock(lead)
    if lead.archived_at is not None:
        raise DomainError("This lead is in the archive: bring it back first.")
    if realtor.realtor_id is None or not realtor.is_active:
        raise DomainError(f"{realtor.name} cannot be booked.", "realtor_id")
    coming = _coming(lead, realtor)
    if coming is not None and coming.starts_at == start:
        return coming, False
    rules, timezone = queries.rules_of(realtor), _checked(timezone or lead.timezone)
    slot = _free_slot(realtor, rules, start, coming)
    if coming is None:
        return _make(lead, realtor, slot, rules, timezone), True
    _move(coming, slot, rules, timezone)
    tell(coming, letters.MOVED, lead, realtor)
    return coming, False


def book_visitor(
    submission: Submission, realtor: User, start: datetime, timezone: str | None = None
) -> tuple[Booking, bool]:
    """The same for somebody who says who they are: a lead we know by their phone, or a new one.

    Raises what `book` does, and DomainError naming the field; nothing of them is kept then.
    """
    lead = get_or_404(Lead, leads.take_in(submission).lead_id)
    with acting_as(f"lead:{lead.id}"):
        return book(lead, realtor, start, timezone)


def book_returning(lead: Lead, realtor: User, start: datetime, timezone: str | None = None) -> tuple[Booking, bool]:
    """The same by a lead we know, who comes back from the archive for it. Raises what `book` does."""
    with acting_as(f"lead:{lead.id}"):
        if lead.archived_at is not None:
            leads.restore_lead(lead)
        return book(lead, realtor, start, timezone)


def about(booking: Booking) -> dict[str, Any]:
    """What every fact about a meeting says."""
    return {
        "lead_id": booking.lead_id,
        "booking_id": booking.id,
        "realtor_id": booking.realtor_id,
        "starts_at": booking.starts_at.isoformat(),
        "timezone": booking.timezone,
        "revision": booking.revision,
    }


def _coming(lead: Lead, realtor: User) -> Booking | None:
    """The lead's meeting with the realtor that is still to come; one that has begun makes room for the next."""
    live = select(Booking).where(
        Booking.lead_id == lead.id, Booking.realtor_id == realtor.id, Booking.state == "booked"
    )
    booking = db.session.scalars(live.execution_options(populate_existing=True)).one_or_none()
    if booking is None or booking.starts_at > clock.now():
        return booking
    booking.state = "past"
    db.session.flush()
    return None


def _free_slot(realtor: User, rules: Rules, start: datetime, coming: Booking | None) -> Slot:
    end = start + rules.meeting
    found = queries.free_slots(realtor, start, end, rules=rules, but_for=coming)
    if not found or found[0].start != start:
        raise SlotTaken
    return found[0]


def _make(lead: Lead, realtor: User, slot: Slot, rules: Rules, timezone: str) -> Booking:
    booking = Booking(lead_id=lead.id, realtor_id=realtor.id, revision=1)
    _put(booking, slot, rules, timezone)
    db.session.add(booking)
    db.session.flush()
    _take(booking, slot, rules)
    leads.note_activity(lead.id, clock.now())
    record(BookingMade(**about(booking)))
    tell(booking, letters.MADE, lead, realtor)
    return booking


def _move(booking: Booking, slot: Slot, rules: Rules, timezone: str) -> None:
    old = booking.starts_at
    _put(booking, slot, rules, timezone)
    booking.revision += 1
    free(booking)
    _take(booking, slot, rules)
    leads.note_activity(booking.lead_id, clock.now())
    record(BookingMoved(**about(booking), old_starts_at=old.isoformat()))


def free(booking: Booking) -> None:
    """Give the meeting's time back."""
    db.session.execute(delete(BookedCell).where(BookedCell.booking_id == booking.id))


def _put(booking: Booking, slot: Slot, rules: Rules, timezone: str) -> None:
    booking.starts_at, booking.ends_at = slot.start, slot.end
    booking.place, booking.timezone = rules.place, timezone


def _take(booking: Booking, slot: Slot, rules: Rules) -> None:
    taken = {"realtor_id": booking.realtor_id, "booking_id": booking.id}
    db.session.execute(insert(BookedCell), [{**taken, "cell": cell} for cell in slots.taken_by(slot, rules)])


def _checked(timezone: str) -> str:
    try:
        zone(timezone)
    except UnknownZone:
        raise DomainError("Choose a time zone from the list, like Europe/London.", "timezone") from None
    return timezone
