"""Zones, countries, currencies and locales that people choose from, as (value, words) pairs."""

from functools import cache
from zoneinfo import available_timezones

import phonenumbers
from babel import Locale
from babel.numbers import get_territory_currencies

LOCALES = [
    ("en", "English (US)"),
    ("en-GB", "English (UK)"),
    ("en-ZA", "English (South Africa)"),
    ("en-AU", "English (Australia)"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
    ("pt-BR", "Português (Brasil)"),
]
Choices = list[tuple[str, str]]


@cache
def zones() -> Choices:
    """IANA zones that name a place, and UTC."""
    regions = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    names = sorted(name for name in available_timezones() if name.split("/")[0] in regions)
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


@cache
def countries() -> Choices:
    """Countries whose phone numbers we can read, by their English name."""
    names = Locale("en").territories
    return sorted(((code, names.get(code, code)) for code in phonenumbers.SUPPORTED_REGIONS), key=lambda pair: pair[1])


@cache
def currencies() -> Choices:
    """Currencies that one of these countries pays with today, by their code."""
    names = Locale("en").currencies
    codes = {code for country, _ in countries() for code in get_territory_currencies(country)}
    return [(code, f"{code} – {names.get(code, code)}") for code in sorted(codes)]
