"""When a step goes out: days after enrolment on the lead's own wall clock."""

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
    enrolled = enrolled_at.astimezone(local)
    if step_time is None and step_day == 0:
        planned = enrolled_at.astimezone(UTC)
    else:
        clock = enrolled.time() if step_time is None else step_time
        planned = wall_time(enrolled.date() + timedelta(days=step_day), clock, local)
    return max(planned, now.astimezone(UTC))
