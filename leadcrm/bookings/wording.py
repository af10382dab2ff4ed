"""What meetings are called: pure words, no markup."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time


def day_and_time(moment: datetime, zone: ZoneInfo, locale: str = "en") -> str:
    """`Tue, 24 Nov, 10:30`, as somebody there reads it."""
    local = moment.astimezone(zone)
    return f"{format_date(local.date(), 'EEE, d MMM', locale=locale)}, {clock_words(moment, zone, locale)}"


def clock_words(moment: datetime, zone: ZoneInfo, locale: str = "en") -> str:
    """The time of day where somebody is."""
    return format_time(moment.astimezone(zone).time(), "short", locale=locale).replace("\u202f", " ")
