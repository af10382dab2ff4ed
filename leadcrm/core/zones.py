"""Wall clocks: instants turned into local times and back.

Every instant in and out is aware; results are UTC. Wall times are naive `date` and `time` in a zone.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)


class UnknownZone(ValueError):
    """Not an IANA time zone of this machine."""


def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name, like "Europe/London". Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise UnknownZone(f"{str(name)[:80]!r} is not a known time zone.") from error


def wall_time(day: date, clock: time, local: ZoneInfo) -> datetime:
    """The instant a clock on the wall shows `clock` on `day`.

    A wall time that a clock change skips moves forward by the length of the gap (2:30 becomes 3:30); one that
    happens twice is the first.
    """
    # fold=0 reads a time inside a gap with the offset from before it, which is the move forward
    return datetime.combine(day, clock.replace(fold=0), local).astimezone(UTC)


def in_quiet_hours(moment: datetime, local: ZoneInfo, start: time, end: time) -> bool:
    """Does the lead's clock show a time from `start` up to, not including, `end`?

    A window with `start` after `end` runs over midnight; equal ends mean no quiet hours.
    """
    clock = moment.astimezone(local).time()
    if start <= end:
        return start <= clock < end
    return clock >= start or clock < end


def turning_points(moment: datetime, local: ZoneInfo, clocks: Collection[time]) -> Iterator[datetime]:
    """The instants after `moment` at which the wall shows one of `clocks`, or is itself changed; in order, without end.

    What depends on the wall showing a time before or after one of `clocks` changes at no other instant.
    """
    day = moment.astimezone(local).date()
    while True:
        showings = [clock.replace(fold=n) for clock in clocks for n in (0, 1)]
        found = {datetime.combine(day, clock, local).astimezone(UTC) for clock in showings}
        if (change := _clock_change(day, local)) is not None:
            found.add(change)
        yield from sorted(instant for instant in found if instant > moment)
        day += ONE_DAY


def _clock_change(day: date, local: ZoneInfo) -> datetime | None:
    """The first instant of another offset from one midnight to the next, both included; None on an ordinary day."""
    start, end = wall_time(day, time.min, local), wall_time(day + ONE_DAY, time.min, local)
    before = start.astimezone(local).utcoffset()
    if end.astimezone(local).utcoffset() == before:
        return None
    while end - start > ONE_SECOND:
        middle = (start + (end - start) / 2).replace(microsecond=0)
        start, end = (middle, end) if middle.astimezone(local).utcoffset() == before else (start, middle)
    return end
