"""What each row of the list shows, worked out before the template: there, every look-up and call costs five times."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from flask import current_app
from markupsafe import Markup

from leadcrm.core.values import initials, tone_of
from leadcrm.core.web import time_teller
from leadcrm.leads.wording import source_words

REMEMBERED = 4096  # rows, some 6 MB


class ListRow(NamedTuple):
    """The texts and marks of one row, in the order in which the template unpacks them."""

    id: str
    name: str
    tone: str
    initials: str
    status: Markup
    score: Markup
    source: str
    owner: str
    created: Markup
    active: Markup
    about: str  # the second line of its card on a phone


def rows_html(items: Iterable[Any], panel_query: str, opened_id: str | None) -> list[Markup]:
    """Table rows for rows of `queries.LISTED`; `panel_query` is what a row's address adds to the lead's."""
    return [_row_html(row, panel_query, row.id == opened_id) for row in _rows_of(items)]


@lru_cache(maxsize=REMEMBERED)
def _row_html(row: ListRow, panel_query: str, is_open: bool) -> Markup:
    """A row depends on these alone, and most of a list is as it was at the last look: it is written once."""
    return current_app.jinja_env.get_template("leads/_row.html").module.row(row, panel_query, is_open)


def _rows_of(items: Iterable[Any]) -> Iterator[ListRow]:
    teller = time_teller()
    for item in items:
        source = source_words(item.source)
        yield ListRow(
            item.id,
            item.name,
            tone_of(item.id),
            initials(item.name),
            _mark("lead_status", item.status),
            _mark("score", item.score),
            source,
            item.owner_name or "–",
            teller.tag(item.created_at),
            teller.tag(item.last_activity_at),
            f"{item.interest or item.company or source} · {teller.ago(item.last_activity_at)}",
        )


@lru_cache(maxsize=256)
def _mark(macro: str, value: str | int) -> Markup:
    """A macro of the kit for a value of which there are few."""
    return getattr(current_app.jinja_env.get_template("macros/ui.html").module, macro)(value)
