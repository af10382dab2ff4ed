"""Sending windows in words."""

from collections.abc import Iterable
from datetime import timedelta

from leadcrm.conversations.sending_policy import EVERY_DAY, Window

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOUR, WEEK = 60, 7 * 24 * 60  # in minutes
GAPS = {  # to choose from, by minutes
    0: "No gap",
    **{minutes: f"{minutes} minutes" for minutes in (5, 15, 30)},
    HOUR: "1 hour",
    **{hours * HOUR: f"{hours} hours" for hours in (2, 4, 8, 12, 24, 48)},
    WEEK: "1 week",
}


def days_words(days: Iterable[int]) -> str:
    """`every day`, `Monday to Friday`, `Tuesday and Saturday`."""
    found = sorted(days)
    if frozenset(found) == EVERY_DAY:
        return "every day"
    if len(found) > 2 and found == list(range(found[0], found[-1] + 1)):
        return f"{DAYS[found[0]]} to {DAYS[found[-1]]}"
    *others, last = (DAYS[day] for day in found)
    return f"{', '.join(others)} and {last}" if others else last


def window_words(window: Window) -> str:
    """A window as it is kept in an event, whoever reads it: `quiet from 21:00 to 08:00, Monday to Friday`."""
    quiet = f"quiet from {window.quiet_from:%H:%M} to {window.quiet_until:%H:%M}" if has_quiet_hours(window) else ""
    return ", ".join(part for part in (quiet or "at any hour", days_words(window.days)) if part)


def has_quiet_hours(window: Window) -> bool:
    """Whether a time of day is closed."""
    return window.quiet_from != window.quiet_until


def gap_words(gap: timedelta) -> str:
    """`4 hours`."""
    minutes = int(gap / timedelta(minutes=1))
    return GAPS.get(minutes, f"{minutes:,} minutes")
