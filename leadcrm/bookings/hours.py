"""The hours of one day as people type them: `9-12, 13:00-17:30`, or `9am-5pm`. Pure."""

import re
from collections.abc import Sequence
from datetime import time

from leadcrm.bookings.slots import Hours

_CLOCK = r"(\d{1,2})(?:[:.h](\d\d))?\s*(?:(a|p)\.?m\.?)?"
_STRETCH = re.compile(rf"{_CLOCK}\s*(?:-|–|—|to)\s*{_CLOCK}", re.IGNORECASE)
MIDNIGHT = 24
NOON = 12
UNREADABLE = "Write it like 9:00-12:00, 13:00-17:00, or like 9am-5pm; or leave it empty."


def read(typed: str) -> list[Hours]:
    """The stretches, in the order typed; none for an empty text. Raises ValueError with a sentence for the person."""
    return [_stretch(part.strip()) for part in re.split(r"[,;]", typed) if part.strip()]


def write(hours: Sequence[Hours]) -> str:
    """As `read` reads it."""
    return ", ".join(f"{opens:%H:%M}-{_closing(closes)}" for opens, closes in hours)


def _stretch(typed: str) -> Hours:
    found = _STRETCH.fullmatch(typed)
    if found is None:
        raise ValueError(UNREADABLE)
    hour, minute, half, until_hour, until_minute, until_half = found.groups()
    try:
        closes = _clock(until_hour, until_minute, until_half)
        opens = _clock(hour, minute, half or until_half)
        if not half and until_half and opens >= closes > time.min:  # 9-5pm begins in the morning
            opens = _clock(hour, minute, "a")
        return opens, closes
    except ValueError:
        raise ValueError(UNREADABLE) from None


def _clock(hour: str, minute: str | None, half: str | None) -> time:
    """Midnight for 24:00, the end of a day. Raises ValueError for what no clock shows."""
    if not half:
        return time(0 if hour == str(MIDNIGHT) and not int(minute or 0) else int(hour), int(minute or 0))
    if not 1 <= int(hour) <= NOON:
        raise ValueError(hour)
    return time(int(hour) % NOON + NOON * (half in "pP"), int(minute or 0))


def _closing(closes: time) -> str:
    return f"{closes:%H:%M}" if closes != time.min else "24:00"
