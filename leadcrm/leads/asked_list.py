"""The list an address describes: its filters, its order, its page, and who stands beside whom in it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask_login import current_user
from werkzeug.datastructures import MultiDict

from leadcrm.core.paging import Page
from leadcrm.core.web import user_zone
from leadcrm.identity.permissions import me
from leadcrm.leads import queries
from leadcrm.leads.data import Filters
from leadcrm.leads.forms import FilterForm
from leadcrm.leads.list_heads import first_direction

PAGE_SIZE = 50
FILTERS = ("q", "status", "owner", "source", "tag", "score", "created_from", "created_to", "has", "archived")
KEPT = (*FILTERS, "sort", "dir")  # of an address, from one list to the next
LONGEST_PAGE_NUMBER = 6


@dataclass(frozen=True)
class Step:
    """A link to the lead above or below, for htmx and without it."""

    href: str
    attrs: dict[str, str]


@dataclass(frozen=True)
class Place:
    """Where a lead stands in its list; `number` counts from 1 and is None for a lead that is not on the page."""

    number: int | None = None
    previous: Step | None = None
    next: Step | None = None


class AskedList:
    """The list that the arguments of an address ask for. Nonsense in them is left out; `problems` names it."""

    def __init__(self, arguments: MultiDict[str, str]):
        self._arguments = arguments
        self.is_filtered = any(arguments.get(name) for name in FILTERS)
        self.filters = self.form.filters(current_user.id, user_zone()) if self.is_filtered else Filters()
        asked = arguments.get("sort")
        self.sort = asked if asked in queries.SORTS else None
        self.descending = arguments.get("dir", first_direction(self.sort)) != "asc"
        self.cursor = arguments.get("cursor") or None
        self.page_number = _page_number(arguments.get("page", "1"))

    @property
    def sorted_by(self) -> str:
        """One of SORTS, or "newest" for a search in its own order."""
        return self.sort or ("newest" if self.filters.q else "activity")

    @cached_property
    def form(self) -> FilterForm:
        """The filters as fields, looked at."""
        form = FilterForm(self._arguments)
        form.validate()
        return form

    @property
    def problems(self) -> list[str]:
        """What of the filters makes no sense, in words."""
        if not self.is_filtered:
            return []
        return [f"{self.form[name].label.text}: {' '.join(errors)}" for name, errors in self.form.errors.items()]

    @property
    def query(self) -> str:
        """The arguments of this page of the list, as an address has them; "" for the plain list."""
        return _query(self.arguments(cursor=self.cursor, page=self._arguments.get("page") if self.cursor else None))

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """What describes the list, without its page; None leaves an argument out."""
        kept = {name: values for name in KEPT if (values := [v for v in self._arguments.getlist(name) if v])}
        return {name: value for name, value in {**kept, **changes}.items() if value is not None}

    def address(self, **changes: Any) -> str:
        """The list as it is, changed: `address(sort="name")`. Starts at the first page."""
        return _address(_query(self.arguments(**changes)))

    def here(self, **more: str) -> str:
        """This page of the list, with what else the address shall say: `here(open=lead.id)`."""
        return _address("&".join(part for part in (self.query, _query(more)) if part))

    def next_url(self, listing: Page, **more: str) -> str | None:
        """The page after this one."""
        if listing.next is None:
            return None
        return self.address(cursor=listing.next, page=self.page_number + 1, **more)

    def previous_url(self, listing: Page, **more: str) -> str | None:
        """The page before this one."""
        if listing.previous is None:
            return None
        return self.address(cursor=listing.previous, page=max(1, self.page_number - 1), **more)

    def page(self, columns: tuple[Any, ...] = queries.LISTED) -> Page:
        """Rows of `columns`, `owner_name` and `matching`: how many leads the whole list has, up to `counted_up_to`."""
        return queries.lead_list(
            me(),
            self.filters,
            self.sort,
            descending=self.descending,
            cursor=self.cursor,
            limit=PAGE_SIZE,
            columns=columns,
            counted=True,
        )

    @property
    def counted_up_to(self) -> int:
        return queries.counted_up_to(self.filters)

    @property
    def first_number(self) -> int:
        """The place of the page's first lead in the whole list."""
        return (self.page_number - 1) * PAGE_SIZE + 1

    def place_of(self, lead_id: str, listing: Page) -> Place:
        """Where the lead stands on this page, and the steps to its neighbours, be they on the next page."""
        ids = [row.id for row in listing.items]
        if lead_id not in ids:
            return Place()
        at = ids.index(lead_id)
        return Place(
            number=self.first_number + at,
            previous=self._step(ids[at - 1]) if at else _turn(self.previous_url(listing, open="last")),
            next=self._step(ids[at + 1]) if at + 1 < len(ids) else _turn(self.next_url(listing, open="first")),
        )

    def _step(self, lead_id: str) -> Step:
        panel_url = f"/leads/{lead_id}/panel{'?' if self.query else ''}{self.query}"
        return Step(self.here(open=lead_id), {"hx-get": panel_url, "hx-target": "#panel"})


def how_many(matching: int, up_to: int) -> str:
    """A list's size in words: the exact number while it was counted, `1,000+` beyond."""
    return f"{up_to:,}+" if matching > up_to else f"{matching:,}"


def _turn(href: str | None) -> Step | None:
    """To another page of the list, which brings its first or last lead along."""
    return Step(href, {"hx-get": href, "hx-swap": "none"}) if href else None


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_PAGE_NUMBER else 1


def _query(arguments: dict[str, Any]) -> str:
    return urlencode(arguments, doseq=True)


def _address(query: str) -> str:
    return f"/leads?{query}" if query else "/leads"
