"""Words for what the flow builder shows."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from leadcrm.core import clock
from leadcrm.core.web import TimeTeller, user_locale
from leadcrm.flows.operations import Effect

_ANYWHERE = ZoneInfo("UTC")


def wall_clock(wall: time) -> str:
    """A time of day, on whoever's clock, as the reader writes it: `14:00` or `2:00 PM`."""
    now = clock.now()
    return TimeTeller(_ANYWHERE, user_locale(), now).clock(datetime.combine(now, wall, _ANYWHERE))


def effect_words(effect: Effect) -> str:
    """What a switch did to waiting messages, to follow another sentence; nothing when there were none."""
    if effect.goes_on:
        end = "will not be sent" if effect.skipped else "will be sent again"
        return f" More than {_messages(effect.skipped or effect.resumed)} {end}; the bell will say how many."
    if effect.skipped:
        return f" {_messages(effect.skipped)} will not be sent."
    return f" {_messages(effect.resumed)} will be sent again." if effect.resumed else ""


def _messages(count: int) -> str:
    return f"{count:,} waiting message{'' if count == 1 else 's'}"
