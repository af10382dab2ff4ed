"""Zones, countries, currencies and locales that people choose from."""

from functools import cache
from zoneinfo import available_timezones

import phonenumbers
from babel import Locale
from babel.numbers import get_territory_currencies
from wtforms.fields.choices import SelectChoice

LOCALES = [
    SelectChoice("en", "English (US)"),
    SelectChoice("en-GB", "English (UK)"),
    SelectChoice("en-ZA", "English (South Africa)"),
    SelectChoice("en-AU", "English (Australia)"),
    SelectChoice("de", "Deutsch"),
    SelectChoice("es", "Español"),
    SelectChoice("fr", "Français"),
    SelectChoice("it", "Italiano"),
    SelectChoice("nl", "Nederlands"),
    SelectChoice("pt-BR", "Português (Brasil)"),
]
Choices = list[SelectChoice]


@cache
def zones() -> Choices:
    """IANA zones that name a place, and UTC."""
    regions = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    names = sorted(name for name in available_timezones() if name.split("/")[0] in regions)
    return [SelectChoice("UTC", "UTC"), *(SelectChoice(name, name.replace("_", " ")) for name in names)]


@cache
def countries() -> Choices:
    """Countries whose phone numbers we can read, by their English name."""
    names = Locale("en").territories
    found = [SelectChoice(code, names.get(code, code)) for code in phonenumbers.SUPPORTED_REGIONS]
    return sorted(found, key=lambda country: country.label)


@cache
def currencies() -> Choices:
    """Currencies that one of these countries pays with today, by their code."""
    names = Locale("en").currencies
    codes = {code for country in countries() for code in get_territory_currencies(country.value)}
    return [SelectChoice(code, f"{code} – {names.get(code, code)}") for code in sorted(codes)]
