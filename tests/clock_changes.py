"""Every clock change of every zone from 2020 to 2035, for tests of what depends on wall clocks."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(moment: datetime, local: ZoneInfo) -> datetime:
    return moment.astimezone(local).replace(tzinfo=None)


@cache
def transitions(name: str) -> tuple[tuple[datetime, timedelta, timedelta], ...]:
    """(first instant of the new offset, old offset, new offset) of a zone."""
    local, found = ZoneInfo(name), []
    step, moment = timedelta(days=7), FIRST
    while moment < LAST:
        # a week can hold two changes that undo each other only around Ramadan in Morocco, a month apart
        old, new = offset(moment, local), offset(moment + step, local)
        if old != new:
            found.append((first_instant_with_another_offset(moment, moment + step, local), old, new))
        moment += step
    return tuple(found)


def first_instant_with_another_offset(low: datetime, high: datetime, local: ZoneInfo) -> datetime:
    old = offset(low, local)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if offset(middle, local) == old else (low, middle)
    return high


def offset(moment: datetime, local: ZoneInfo) -> timedelta:
    return moment.astimezone(local).utcoffset()
