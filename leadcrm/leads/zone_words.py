"""Time zones by the words people know them by: a city, a country, the name of the time."""

from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_name

from leadcrm.identity import places

LANGUAGE = Locale("en")
UNKNOWN_TERRITORY = "ZZ"


@cache
def options() -> tuple[tuple[str, str], ...]:
    """Every zone one may choose with its words: `("Africa/Johannesburg", "Johannesburg, South Africa")`."""
    return tuple((choice.value, _words(choice.value)) for choice in places.zones())


def zone_named(typed: str | None) -> str | None:
    """The zone's exact name for what was typed (`london`, `America/New York`); anything else comes back as it is."""
    key = (typed or "").casefold().replace("_", " ")
    return _by_words().get(key, typed)


def city_of(name: str) -> str:
    """`America/Argentina/Buenos_Aires` → `Buenos Aires`."""
    return name.rpartition("/")[2].replace("_", " ")


def _words(name: str) -> str:
    if "/" not in name:
        return "Universal time"
    unknown = LANGUAGE.territories[UNKNOWN_TERRITORY]
    country = LANGUAGE.territories[get_global("zone_territories").get(name, UNKNOWN_TERRITORY)]
    time = get_timezone_name(ZoneInfo(name), locale=LANGUAGE)
    place = f"{city_of(name)}, {country}" if country != unknown else city_of(name)
    says_more = country not in time and unknown not in time
    return f"{place} · {time}" if says_more else place


@cache
def _by_words() -> dict[str, str]:
    """Zones by their name and, where no other has it, by their city; both in lower case."""
    names = [name for name, _ in options()]
    cities = [city_of(name).casefold() for name in names]
    by_city = {city: name for city, name in zip(cities, names, strict=True) if cities.count(city) == 1}
    return by_city | {name.casefold().replace("_", " "): name for name in names}
