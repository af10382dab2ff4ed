"""What stands above the list: the lists most people want, and the orders a list can have."""

from dataclasses import dataclass
from functools import lru_cache

from flask import url_for

from leadcrm.leads.data import HOT, Filters
from leadcrm.leads.wording import SORT_WORDS

ASCENDING_FIRST = ("name",)


@dataclass(frozen=True)
class View:
    """A tab above the list."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True)
class Sort:
    """One order of the list: its words, where a click on it leads, whether it is the present one and which way."""

    name: str
    label: str
    current: str | None  # "desc", "asc"
    next_url: str
    directions: tuple[tuple[str, str, bool], ...]  # words, address, whether it is the present one


def first_direction(sort: str | None) -> str:
    """How a list is ordered before anyone turns it round: names from A, all else from the top."""
    return "asc" if sort in ASCENDING_FIRST else "desc"


@lru_cache(maxsize=256)
def views(filters: Filters, user_id: str) -> tuple[View, ...]:
    """The lists most people want; the present one is marked when it is exactly that, whatever is searched."""
    meant = (
        ("All", {}, Filters(q=filters.q)),
        ("Mine", {"owner": "me"}, Filters(q=filters.q, owner=user_id)),
        ("Hot", {"score": HOT}, Filters(q=filters.q, score_at_least=HOT)),
        ("Unassigned", {"owner": "none"}, Filters(q=filters.q, owner="none")),
        ("Archived", {"archived": 1}, Filters(q=filters.q, archived=True)),
    )
    return tuple(View(label, url_for("leads.index", **asked), filters == view) for label, asked, view in meant)


@lru_cache(maxsize=256)
def sorts(address: str, sorted_by: str, descending: bool) -> tuple[Sort, ...]:
    """The orders of the list at `address`, which says none."""
    base = f"{address}{'&' if '?' in address else '?'}sort="
    return tuple(_sort(f"{base}{name}&dir=", name, sorted_by, descending) for name in SORT_WORDS)


def _sort(url: str, name: str, sorted_by: str, descending: bool) -> Sort:
    label, downwards, upwards = SORT_WORDS[name]
    current = ("desc" if descending else "asc") if name == sorted_by else None
    other = {"desc": "asc", "asc": "desc", None: first_direction(name)}[current]
    directions = (downwards, f"{url}desc", current == "desc"), (upwards, f"{url}asc", current == "asc")
    return Sort(name, label, current, f"{url}{other}", directions)
