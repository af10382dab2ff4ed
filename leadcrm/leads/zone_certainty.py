"""How sure we are of a lead's time zone, and where else they may be.

A zone that the browser told or a person chose is certain. Else it is a guess: the place they live at, as far as we know
it, is in one zone or in several, and so is the phone number's prefix; where both say something, what they agree on
counts, else the place. Without either the organization's zone has to do. Zones whose clocks agree all year count as
one: a British mobile number may be from Jersey, and it is the same time there.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from babel.core import get_global

from leadcrm.core.addresses import region_of_phone, zones_of_phone
from leadcrm.core.gazetteer import Place, zones_of_place
from leadcrm.core.zones import UnknownZone, zone

GUESSED = ("address", "phone", "organization")  # sources of a zone that nobody told us
SOURCE_WORDS = {
    "browser": "from the browser",
    "chosen": "set by hand",
    "address": "by their address",
    "phone": "from the phone number",
    "organization": "your organization’s",
}
MONTHS = range(1, 13)

Clock = tuple[timedelta, ...]  # what a zone is ahead of UTC as each month begins


def guessed_zone(phone: str, place: Place, home: str, year: int) -> tuple[str, str]:
    """The likeliest zone of a lead who told none, and where that comes from (`address`, `phone` or `organization`).

    `phone` as it is kept, "" for none; `home` is the organization's zone.
    """
    if at_place := _zones_at(place, phone, year):
        return at_place[0], "address"
    names = zones_of_phone(phone)
    if home in names:
        return home, "phone" if len(_one_per_clock(names, year)) == 1 else "organization"
    if not names:
        return home, "organization"
    own = [name for name in names if _region_of(name) == region_of_phone(phone)]
    return _middle(_one_per_clock(own or names, year), year), "phone"


def candidates(timezone: str, source: str, phone: str, place: Place, year: int) -> tuple[str, ...]:
    """The zones a lead may be in, the likeliest first, one of each clock; one alone is certain enough to rely on.

    `timezone`, `source` and `place` are the lead's, `phone` their number as it is kept, "" for none.
    """
    if source not in GUESSED:
        return (timezone,)
    possible = _zones_at(place, phone, year) or zones_of_phone(phone)
    others = (name for name in possible if _clock(name, year) != _clock(timezone, year))
    return timezone, *_one_per_clock(others, year)


def _zones_at(place: Place, phone: str, year: int) -> list[str]:
    """The zones of the place, the likeliest first; of several those whose clock the phone number agrees to, if any."""
    names = _one_per_clock(zones_of_place(place), year)
    by_phone = {_clock(name, year) for name in zones_of_phone(phone)}
    return [name for name in names if _clock(name, year) in by_phone] or names


def _one_per_clock(names: Iterable[str], year: int) -> list[str]:
    """Of zones that agree all year the first."""
    found: dict[Clock, str] = {}
    for name in names:
        found.setdefault(_clock(name, year), name)
    return list(found.values())


def _middle(names: list[str], year: int) -> str:
    """The zone in the middle of the day's course: the farthest of the others is as near as can be."""
    from_west_to_east = sorted(names, key=lambda name: (_clock(name, year), name))
    return from_west_to_east[len(names) // 2]


@lru_cache(maxsize=1024)
def _clock(name: str, year: int) -> Clock:
    """Nothing of a zone this machine does not know: whoever needs its time will say so."""
    try:
        local = zone(name)
    except UnknownZone:
        return ()
    return tuple(datetime(year, month, 1, tzinfo=UTC).astimezone(local).utcoffset() for month in MONTHS)


def _region_of(name: str) -> str:
    """`Europe/London` → `GB`."""
    return get_global("zone_territories").get(name, "")
