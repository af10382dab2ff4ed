"""What is free, and what is booked."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select

from leadcrm.bookings import slots
from leadcrm.bookings.models import Availability, BookedCell, Booking
from leadcrm.bookings.slots import Rules, Slot
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.zones import zone
from leadcrm.identity.models import User


def availability_of(realtor: User) -> Availability | None:
    """What the realtor, or the team for them, has set up; None: the usual hours."""
    return db.session.scalar(select(Availability).where(Availability.realtor_id == realtor.id))


def rules_of(realtor: User) -> Rules:
    """When the realtor meets people, by their own clock, else the organization's."""
    local = zone(realtor.timezone or realtor.organization.timezone)
    row = availability_of(realtor)
    if row is None:
        return slots.usual(local)
    return Rules(
        zone=local,
        week=[[(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in day] for day in row.week],
        meeting=timedelta(minutes=row.meeting_minutes),
        buffer=timedelta(minutes=row.buffer_minutes),
        notice=timedelta(hours=row.notice_hours),
        days_ahead=row.days_ahead,
        place=row.place,
        words=row.words,
    )


def free_slots(
    realtor: User, since: datetime, until: datetime, *, rules: Rules | None = None, but_for: Booking | None = None
) -> Sequence[Slot]:
    """The slots that begin from `since` to before `until` and can be booked now, in order; what `but_for`, a meeting
    that is being moved, takes counts as free.
    """
    rules = rules or rules_of(realtor)
    now = clock.now()
    until = min(until, slots.horizon(rules, now))
    longest = rules.meeting + rules.buffer
    taken = _taken(realtor, since, until + longest, but_for)
    return list(slots.free_slots(rules, taken, now, since, until))


def alternatives(realtor: User, wanted: datetime, but_for: Booking | None = None) -> Sequence[Slot]:
    """The three free slots that are closest to the one somebody could not have."""
    rules, now = rules_of(realtor), clock.now()
    return slots.nearest(free_slots(realtor, now, slots.horizon(rules, now), rules=rules, but_for=but_for), wanted)


def _taken(realtor: User, since: datetime, until: datetime, but_for: Booking | None) -> set[int]:
    asked = slots.cells(since, until)
    taken = select(BookedCell.cell).where(
        BookedCell.realtor_id == realtor.id, BookedCell.cell >= asked.start, BookedCell.cell < asked.stop
    )
    if but_for is not None:
        taken = taken.where(BookedCell.booking_id != but_for.id)
    return set(db.session.scalars(taken))
