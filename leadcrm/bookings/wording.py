"""What meetings are called: pure words, no markup."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time


def day_and_time(moment: datetime, zone: ZoneInfo, locale: str = "en") -> str:
    """`Tue, 24 Nov, 10:30`, as somebody there reads it."""
    local = moment.astimezone(zone)
    return f"{format_date(local.date(), 'EEE, d MMM', locale=locale)}, {clock_words(moment, zone, locale)}"


@dataclass(frozen=True)
class Words:
    """How a visitor's page writes times, in one locale."""

    locale: str

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """`Tuesday, 24 November, 10:30`."""
        return f"{self.day(moment.astimezone(zone).date())}, {self.clock(moment, zone)}"

    def clock(self, moment: datetime, zone: ZoneInfo) -> str:
        """The time of day there."""
        return clock_words(moment, zone, self.locale)

    def day(self, day: date) -> str:
        """`Tuesday, 24 November`."""
        return format_date(day, "EEEE, d MMMM", locale=self.locale)

    def month(self, day: date) -> str:
        """`November 2026`."""
        return format_date(day, "MMMM y", locale=self.locale)


def english(locale: str) -> str:
    """The locale, if it is one of English: what is said in English has its days in English."""
    name = locale.replace("-", "_")
    return name if name.startswith("en") else "en"


def clock_words(moment: datetime, zone: ZoneInfo, locale: str = "en") -> str:
    """The time of day where somebody is."""
    return format_time(moment.astimezone(zone).time(), "short", locale=locale).replace("\u202f", " ")
