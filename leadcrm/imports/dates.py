"""Days as people and spreadsheets write them. Pure."""

import re
from datetime import UTC, date, datetime

ORDERS = {"dmy": "Day first: 3/4 is 3 April", "mdy": "Month first: 3/4 is March 4"}
MONTH_FIRST = ("US", "PH", "FM", "PW", "MH", "GU", "PR")  # countries
FIRST_YEAR, LAST_YEAR = 1970, 2099
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?: .*)?")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?: .*)?")


class NotADay(ValueError):
    """What was written is no day that we understand."""


def order_in(country: str) -> str:
    """What people of a country (ISO 3166) mean by 3/4: a key of ORDERS."""
    return "mdy" if country in MONTH_FIRST else "dmy"


def day_of(text: str, order: str) -> date:
    """`2026-03-31`, `31.3.2026`, `31/3/2026`, each with or without a time behind it. Raises NotADay."""
    try:
        if match := _ISO.fullmatch(text):
            year, month, day = match.groups()
        elif match := _DOTTED.fullmatch(text):
            day, month, year = match.groups()
        elif match := _SLASHED.fullmatch(text):
            first, second, year = match.groups()
            day, month = (first, second) if order == "dmy" else (second, first)
        else:
            raise NotADay(text)
        written = date(int(year), int(month), int(day))
    except ValueError:
        raise NotADay(text) from None
    if not FIRST_YEAR <= written.year <= LAST_YEAR:
        raise NotADay(text)
    return written


def moment_of(text: str, order: str) -> datetime:
    """A moment in ISO 8601 as our own export writes it; of any other day its noon in UTC. Raises NotADay."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    day = day_of(text, order)
    if moment is not None and moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
