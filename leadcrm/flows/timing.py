"""When a step goes out: days after enrolment on the lead's own wall clock."""

from collections.abc import Iterable
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


def days_behind(meant: Iterable[datetime], first: datetime, now: datetime, local: ZoneInfo) -> int:
    """By how many days what was meant for after `first`, which is late and leaves only now, has to move.

    By the days that `first` is late, or one more where the next would not be ahead: so all keep their wall time and
    their distance in days. What is not late by a day and crowds nothing stays where it is.
    """
    days = max(0, (now.astimezone(local).date() - first.astimezone(local).date()).days)  # a clock may go back
    following = min((moment for moment in meant if moment > first), default=None)
    return days + 1 if following is not None and days_on(following, days, local) <= now else days


def days_on(moment: datetime, days: int, local: ZoneInfo) -> datetime:
    """The same wall time so many days later."""
    wall = moment.astimezone(local)
    return wall_time(wall.date() + timedelta(days=days), wall.time(), local)
