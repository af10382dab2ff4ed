"""Wall clocks: instants turned into local times and back.

Every instant in and out is aware; results are UTC. Wall times are naive `date` and `time` in a zone.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


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


def next_allowed(moment: datetime, local: ZoneInfo, start: time, end: time) -> datetime:
    """`moment` itself, or the end of the quiet hours it lies in. Never before `moment`, never in quiet hours."""
    moment = moment.astimezone(UTC)
    while in_quiet_hours(moment, local, start, end):
        moment = _next_time(moment, local, end)
    return moment


def next_quiet(moment: datetime, local: ZoneInfo, start: time, end: time) -> datetime | None:
    """When, after an allowed `moment`, the quiet hours begin; None when there are none."""
    return None if start == end else _next_time(moment, local, start)


def _next_time(moment: datetime, local: ZoneInfo, clock: time) -> datetime:
    """The first instant after `moment` at which the wall shows `clock`, be it the second showing of that day."""
    today = moment.astimezone(local).date()
    second_showing = datetime.combine(today, clock.replace(fold=1), local).astimezone(UTC)
    candidates = (wall_time(today, clock, local), second_showing, wall_time(today + timedelta(days=1), clock, local))
    return min(candidate for candidate in candidates if candidate > moment)
