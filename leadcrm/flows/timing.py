"""When a step goes out: days after enrolment on the lead's own wall clock."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from leadcrm.core.zones import wall_time


def scheduled_for(
    step_day: int, step_time: time | None, enrolled_at: datetime, local: ZoneInfo, now: datetime
) -> datetime:
    """When the step of day `step_day` goes to a lead enrolled at `enrolled_at`; never before `now`.

    Day N is the enrolment's local date + N. A step without a time goes out at once on day 0, and on a later day at
    the wall time of the enrolment. Aware instants in, UTC out; `step_time` is naive.
    """
    return max(meant_for(step_day, step_time, enrolled_at, local), now.astimezone(UTC))


def meant_for(step_day: int, step_time: time | None, enrolled_at: datetime, local: ZoneInfo) -> datetime:
    """The same moment though it may be past: what tells a step that is still ahead from one whose day has gone by."""
    if step_time is None and step_day == 0:
        return enrolled_at.astimezone(UTC)
    enrolled = enrolled_at.astimezone(local)
    clock = enrolled.time() if step_time is None else step_time
    return wall_time(enrolled.date() + timedelta(days=step_day), clock, local)


def moved_on(meant: Iterable[datetime], first: datetime, now: datetime, local: ZoneInfo) -> Mapping[datetime, datetime]:
    """Other moments for what was meant for after `first`, which is late and leaves only now.

    All move by the days that `first` is late, or one more where the next would not be ahead: each keeps its wall time,
    and its distance in days. What is not late by a day and crowds nothing stays where it is. Returns new by old.
    """
    later = sorted({moment for moment in meant if moment > first})
    days = (now.astimezone(local).date() - first.astimezone(local).date()).days
    if later and _days_on(later[0], days, local) <= now:
        days += 1
    return {moment: _days_on(moment, days, local) for moment in later} if days else {}


def _days_on(moment: datetime, days: int, local: ZoneInfo) -> datetime:
    wall = moment.astimezone(local)
    return wall_time(wall.date() + timedelta(days=days), wall.time(), local)
