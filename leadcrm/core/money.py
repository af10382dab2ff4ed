"""Amounts of money as people write them in their own locale."""

import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    get_decimal_symbol,
    get_group_symbol,
)

ALL_BLANKS = re.compile(r"\s")  # also the narrow ones that some locales write between thousands


@lru_cache(maxsize=4096)
def with_currency(amount: Decimal, currency: str, locale: str) -> str:
    """`$12,500` or `12.500,50 €`; cents only where there are any."""
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    if amount == amount.to_integral_value():
        return format_currency(amount, currency, pattern.replace(".00", ""), locale, currency_digits=False)
    return format_currency(amount, currency, locale=locale)


@lru_cache(maxsize=4096)
def briefly(amount: Decimal, currency: str, locale: str) -> str:
    """`$1.5M`: where there is little room, and the exact amount stands elsewhere."""
    return format_compact_currency(amount, currency, locale=locale, fraction_digits=1)


def typed(amount: Decimal | None, locale: str) -> str:
    """What a field shows of an amount, as `read` understands it: `12,500.50`; "" for None."""
    if amount is None:
        return ""
    pattern = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
    return ALL_BLANKS.sub(" ", format_decimal(amount, pattern, locale))


def read(text: str, locale: str) -> Decimal:
    """The amount somebody of that locale typed. Raises ValueError for what could mean another number.

    A point is read as a decimal one wherever it does not stand between thousands.
    """
    found = _grammar(locale).fullmatch(ALL_BLANKS.sub(" ", text.strip()))
    if found is None:
        raise ValueError(f"no amount: {text!r}")
    whole = "".join(c for c in found["whole"] if c.isdigit())
    return Decimal(f"{whole}.{found['cents'] or '0'}")


@lru_cache(maxsize=64)
def _grammar(locale: str) -> re.Pattern[str]:
    group = ALL_BLANKS.sub(" ", get_group_symbol(locale))
    points = "".join(re.escape(symbol) for symbol in {get_decimal_symbol(locale), "."} - {group})
    thousands = rf"[0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{3}})+"
    return re.compile(rf"(?P<whole>{thousands}|[0-9]+)(?:[{points}](?P<cents>[0-9]{{1,2}}))?")
