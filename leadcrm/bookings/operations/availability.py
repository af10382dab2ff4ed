"""When a realtor meets people, as they or those who run the team set it."""

from collections.abc import Sequence
from datetime import time

from sqlalchemy import select

from leadcrm.bookings.data import AvailabilityData
from leadcrm.bookings.events import AvailabilityChanged
from leadcrm.bookings.models import (
    CELL_MINUTES,
    FARTHEST_AHEAD,
    LONGEST_BUFFER,
    LONGEST_MEETING,
    LONGEST_NOTICE,
    LONGEST_PLACE,
    LONGEST_WORDS,
    Availability,
)
from leadcrm.bookings.slots import WEEKDAYS, Hours
from leadcrm.core.db import db
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.identity.models import User

STEP = f"Whole steps of {CELL_MINUTES} minutes."
LIMITS = {  # from, to, and in which steps
    "meeting_minutes": (CELL_MINUTES, LONGEST_MEETING, CELL_MINUTES),
    "buffer_minutes": (0, LONGEST_BUFFER, CELL_MINUTES),
    "notice_hours": (0, LONGEST_NOTICE, 1),
    "days_ahead": (1, FARTHEST_AHEAD, 1),
}


def set_availability(realtor: User, data: AvailabilityData, revision: int = 0) -> Availability:
    """Set when the realtor meets people from now on; meetings that are booked stay where they are.

    `revision` is the one the person looked at, 0 for the usual hours. Raises Conflict when it is another by now, and
    DomainError naming the field, a weekday's like `monday`.
    """
    if realtor.realtor_id is None:
        raise DomainError(f"{realtor.name} has no booking page.")
    _check(data)
    row = db.session.scalar(select(Availability).where(Availability.realtor_id == realtor.id).with_for_update())
    if (row.revision if row else 0) != revision:
        raise Conflict("Somebody changed these hours meanwhile. Reload the page to see them.")
    if row is None:
        row = Availability(realtor_id=realtor.id)
        db.session.add(row)
    row.week = [[[f"{opens:%H:%M}", f"{closes:%H:%M}"] for opens, closes in day] for day in data.week]
    for name in LIMITS:
        setattr(row, name, getattr(data, name))
    row.place, row.words = " ".join(data.place.split()), data.words.strip()
    db.session.flush()
    record(AvailabilityChanged(realtor_id=realtor.id))
    return row


def _check(data: AvailabilityData) -> None:
    for name, hours in zip(WEEKDAYS, data.week, strict=True):
        if trouble := why_no_day(hours):
            raise DomainError(trouble, name.lower())
    for name, (least, most, step) in LIMITS.items():
        value = getattr(data, name)
        if not least <= value <= most:
            raise DomainError(f"From {least} to {most}.", name)
        if value % step:
            raise DomainError(STEP, name)
    for name, longest in (("place", LONGEST_PLACE), ("words", LONGEST_WORDS)):
        if len(getattr(data, name)) > longest:
            raise DomainError(f"At most {longest:,} characters.", name)


def why_no_day(hours: Sequence[Hours]) -> str:
    """Why these cannot be the hours of one day; empty when they can."""
    over: time | None = time.min  # None: it is midnight again
    for opens, closes in hours:
        if any(clock.minute % CELL_MINUTES or clock.second for clock in (opens, closes)):
            return STEP
        if over is None or opens < over:
            return "One stretch has to be over before the next begins."
        if closes != time.min and closes <= opens:
            return "It has to end after it begins."
        over = closes if closes != time.min else None
    return ""
