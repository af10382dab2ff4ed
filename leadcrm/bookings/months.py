"""What a booking page shows of the free slots: a month, its days, one day's times. Pure; days are the visitor's."""

from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from leadcrm.bookings.slots import Slot

FIRST_OF_WEEK = 0  # Monday


@dataclass(frozen=True)
class Offer:
    """The free slots of each day by the visitor's clock, and which month and day are looked at."""

    zone: ZoneInfo
    days: Mapping[date, Sequence[Slot]]
    month: date  # its first day
    day: date | None  # None: nothing is free in this month

    @property
    def weeks(self) -> list[list[date | None]]:
        """The month as a calendar has it; None for days of other months."""
        found = Calendar(FIRST_OF_WEEK).monthdatescalendar(self.month.year, self.month.month)
        return [[day if day.month == self.month.month else None for day in week] for week in found]

    @property
    def times(self) -> Sequence[Slot]:
        """The slots of the day that is looked at."""
        return self.days.get(self.day, ()) if self.day else ()

    @property
    def previous(self) -> date | None:
        """The month before, when something is free in it or before it."""
        return _month_of(self.month - timedelta(days=1)) if any(day < self.month for day in self.days) else None

    @property
    def next(self) -> date | None:
        """The month after, when something is free in it or after it."""
        following = _month_of(self.month + timedelta(days=31))
        return following if any(day >= following for day in self.days) else None

    def slot(self, start: datetime | None) -> Slot | None:
        """The free slot that begins then."""
        free = (slot for slots in self.days.values() for slot in slots)
        return next((slot for slot in free if slot.start == start), None)


def offer(
    free: Sequence[Slot], zone: ZoneInfo, today: date, month: date | None = None, day: date | None = None
) -> Offer:
    """What to show of the slots: the day asked for, else the first free one of the month asked for, or at all."""
    days = {on: tuple(slots) for on, slots in groupby(free, lambda slot: slot.start.astimezone(zone).date())}
    if day is None:
        day = next((on for on in days if month is None or _month_of(on) == _month_of(month)), None)
    return Offer(zone, days, _month_of(month or day or today), day)


def _month_of(day: date) -> date:
    return day.replace(day=1)
