"""What may be said about accounts, contacts and opportunities. Parts of the verbs, not verbs."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from leadcrm.accounts.models import LARGEST_AMOUNT
from leadcrm.core.errors import DomainError

LONGEST = {
    "name": 160,
    "industry": 80,
    "website": 254,
    "notes": 5000,
    "first_name": 120,
    "last_name": 120,
    "position": 120,
    "opportunity_name": 200,
    "lost_reason": 200,
}


def line(text: str, field: str, *, limit: str = "") -> str:
    """One line of text, single blanks between its words. Raises DomainError when it is too long."""
    return _bounded(" ".join(text.split()), field, limit or field)


def paragraphs(text: str, field: str) -> str:
    """Text of several lines. Raises DomainError when it is too long."""
    return _bounded(text.strip(), field, field)


def website(typed: str) -> str:
    """`acme.example` → `https://acme.example`, "" for none. Raises DomainError for what is no web address."""
    text = typed.strip()
    if not text:
        return ""
    text = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not parts.username
    except ValueError:  # brackets that do not close
        is_one = False
    if not is_one or any(c.isspace() for c in text):
        raise DomainError("This is not a web address, like https://example.com.", "website")
    return _bounded(text, "website", "website")


def amount(value: Decimal) -> Decimal:
    """An amount of money, to the hundredth. Raises DomainError for one below nothing or beyond all bounds."""
    if not value.is_finite() or not 0 <= value <= LARGEST_AMOUNT:
        raise DomainError("An amount is 0 or more, and less than a trillion.", "amount")
    if value != value.quantize(Decimal("0.01")):
        raise DomainError("At most two decimals.", "amount")
    return value


def changes(row: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """What of `wanted` the row does not say yet."""
    return {name: value for name, value in wanted.items() if getattr(row, name) != value}


def _bounded(text: str, field: str, limit: str) -> str:
    if len(text) > LONGEST[limit]:
        raise DomainError(f"At most {LONGEST[limit]:,} characters.", field)
    return text
