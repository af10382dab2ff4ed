"""The hours of one day as people type them: `9-12, 13:00-17:30`. Pure."""

import re
from collections.abc import Sequence
from datetime import time

from leadcrm.bookings.slots import Hours

_STRETCH = re.compile(r"(\d{1,2})(?:[:.h](\d\d))?\s*(?:-|–|—|to)\s*(\d{1,2})(?:[:.h](\d\d))?", re.IGNORECASE)
MIDNIGHT = 24
UNREADABLE = "Write it like 9:00-12:00, 13:00-17:00, or leave it empty."


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
    hour, minute, until_hour, until_minute = (int(part or 0) for part in found.groups())
    if until_hour == MIDNIGHT and not until_minute:
        until_hour = 0
    try:
        return time(hour, minute), time(until_hour, until_minute)
    except ValueError:
        raise ValueError(UNREADABLE) from None


def _closing(closes: time) -> str:
    return f"{closes:%H:%M}" if closes != time.min else "24:00"
