"""When a realtor can be met: weekly hours, what is taken, and the clock, turned into slots. Pure.

Hours are wall times in the realtor's zone; slots are instants. On the day of a clock change an hour that the wall skips
offers nothing, and one that it shows twice is offered twice.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from leadcrm.core.zones import ONE_DAY, wall_time

CELL = timedelta(minutes=5)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Hours = tuple[time, time]  # from, until, of one day


@dataclass(frozen=True)
class Rules:
    """When a realtor meets people. `week` has the hours of each weekday, Monday first; 00:00 as an end is midnight."""

    zone: ZoneInfo
    week: Sequence[Sequence[Hours]]
    meeting: timedelta
    buffer: timedelta  # kept free after each meeting
    notice: timedelta  # how long before it a meeting can still be booked
    days_ahead: int  # how many days from today can be booked
    place: str = ""
    words: str = ""


USUAL_WEEK: Sequence[Sequence[Hours]] = (((time(9), time(17)),),) * 5 + ((),) * 2


def usual(zone: ZoneInfo) -> Rules:
    """What holds of a realtor who has set nothing up: half an hour, Monday to Friday from nine to five."""
    return Rules(zone, USUAL_WEEK, timedelta(minutes=30), timedelta(), timedelta(hours=2), 60)


@dataclass(frozen=True, order=True)
class Slot:
    """A meeting that can be had."""

    start: datetime
    end: datetime


def cells(start: datetime, end: datetime) -> range:
    """The five minutes that lie between two moments, wholly or in part, counted from 1970."""
    return range((start - EPOCH) // CELL, -((EPOCH - end) // CELL))


def taken_by(slot: Slot, rules: Rules) -> range:
    """The cells a meeting in this slot takes: its own and those kept free after it."""
    return cells(slot.start, slot.end + rules.buffer)


def free_slots(rules: Rules, taken: Collection[int], now: datetime, since: datetime, until: datetime) -> Iterator[Slot]:
    """Slots that begin from `since` to before `until` and can be booked now, in order; `taken` are cells."""
    for slot in _offered(rules, max(since, now + rules.notice), min(until, horizon(rules, now))):
        if not any(cell in taken for cell in taken_by(slot, rules)):
            yield slot


def horizon(rules: Rules, now: datetime) -> datetime:
    """From here on nothing can be booked yet: the realtor's midnight after the last day."""
    last = now.astimezone(rules.zone).date() + timedelta(days=rules.days_ahead)
    return wall_time(last + ONE_DAY, time.min, rules.zone)


def day_in(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """When a day begins and ends where somebody is."""
    return wall_time(day, time.min, zone), wall_time(day + ONE_DAY, time.min, zone)


def nearest(slots: Collection[Slot], wanted: datetime, most: int = 3) -> list[Slot]:
    """The slots that lie closest to a moment, in order."""
    return sorted(sorted(slots, key=lambda slot: (abs(slot.start - wanted), slot.start))[:most])


def _offered(rules: Rules, since: datetime, until: datetime) -> Iterator[Slot]:
    """All slots between two moments. One hour never begins before the one before it is over, on any day."""
    if since >= until:
        return
    day, last = since.astimezone(rules.zone).date() - ONE_DAY, until.astimezone(rules.zone).date()
    over = datetime.min.replace(tzinfo=UTC)
    while day <= last:
        for opens, closes in rules.week[day.weekday()]:
            start, end = _instants(day, opens, closes, rules.zone)
            start = max(start, over)
            while start + rules.meeting <= end:
                if since <= start < until:
                    yield Slot(start, start + rules.meeting)
                start += rules.meeting + rules.buffer
            over = max(over, end)
        day += ONE_DAY


def _instants(day: date, opens: time, closes: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    ends_on = day if closes > time.min else day + ONE_DAY
    return wall_time(day, opens, zone), wall_time(ends_on, closes, zone)
