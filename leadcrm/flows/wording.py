"""Words for what the flow builder shows."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from leadcrm.core import clock
from leadcrm.core.web import TimeTeller, user_locale

_ANYWHERE = ZoneInfo("UTC")


def wall_clock(wall: time) -> str:
    """A time of day, on whoever's clock, as the reader writes it: `14:00` or `2:00 PM`."""
    now = clock.now()
    return TimeTeller(_ANYWHERE, user_locale(), now).clock(datetime.combine(now, wall, _ANYWHERE))
