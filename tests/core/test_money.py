"""Amounts are read as their reader writes them, or not at all."""

from decimal import Decimal

import pytest

from leadcrm.core import money
from leadcrm.identity.places import LOCALES

CODES = [value.replace("-", "_") for value, *_ in LOCALES]


@pytest.mark.parametrize("locale", CODES)
@pytest.mark.parametrize("amount", ["0", "7", "12.5", "1500", "12500.05", "999999999999.99"])
def test_what_a_field_shows_is_understood_again(locale, amount):
    assert money.read(money.typed(Decimal(amount), locale), locale) == Decimal(amount)


@pytest.mark.parametrize(
    ("locale", "text", "amount"),
    [
        ("en", "1,500", "1500"),
        ("en", " 1500.5 ", "1500.5"),
        ("de", "1.500", "1500"),
        ("de", "1.500,50", "1500.50"),
        ("fr", "1 500,50", "1500.50"),
        ("fr", "1\u202f500", "1500"),
        ("fr", "1500.50", "1500.50"),
        ("en_ZA", "1\xa0500,50", "1500.50"),
        ("en_ZA", "1500.50", "1500.50"),
    ],
)
def test_an_amount_is_read_by_its_readers_rules(locale, text, amount):
    assert money.read(text, locale) == Decimal(amount)


@pytest.mark.parametrize("locale", CODES)
@pytest.mark.parametrize(
    "text", ["", "-5", "1e5", "NaN", "1_000", "1,5,0", "1.2.3", "$5", "5 euros", "1.234567", "１２"]
)
def test_what_could_mean_something_else_is_refused(locale, text):
    with pytest.raises(ValueError, match="no amount"):
        money.read(text, locale)


@pytest.mark.parametrize(("locale", "text"), [("en", "1.500,50"), ("en", "1,50"), ("de", "1,500.50"), ("de", "1.50")])
def test_the_others_separators_are_refused_rather_than_guessed(locale, text):
    with pytest.raises(ValueError, match="no amount"):
        money.read(text, locale)


def test_cents_are_written_where_there_are_any():
    assert money.with_currency(Decimal("12500"), "USD", "en") == "$12,500"
    assert money.with_currency(Decimal("12500.5"), "EUR", "de") == "12.500,50\xa0€"
    assert money.with_currency(Decimal("12500"), "EUR", "de") == "12.500\xa0€"
    assert money.typed(None, "en") == ""


def test_a_tab_has_room_for_a_few_letters():
    assert money.briefly(Decimal("1480000"), "USD", "en") == "$1.5M"
    assert money.briefly(Decimal("1480000"), "EUR", "de") == "1,5\xa0Mio.\xa0€"
