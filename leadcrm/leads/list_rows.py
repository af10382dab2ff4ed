"""The rows of the list. Most of a list is as it was at the last look, so a row is written once for what it shows."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from flask import current_app
from markupsafe import Markup

from leadcrm.core.values import initials, tone_of
from leadcrm.core.web import TimeWriter, remembered, time_teller
from leadcrm.leads.queries import LISTED
from leadcrm.leads.wording import source_words

REMEMBERED = 1024  # rows: twenty pages, 3 MB of each process; what they say of “ago” makes older ones useless soon
UI = "macros/ui.html"


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
    """Table rows for rows that begin with LISTED; `panel_query` is what a row's address adds to the lead's."""
    teller = time_teller()
    writer, ago, width = teller.writer, teller.ago, len(LISTED)
    return [
        _row_html(row[:width], ago(row.created_at), ago(row.last_activity_at), writer, panel_query, row.id == opened_id)
        for row in items
    ]


@lru_cache(maxsize=REMEMBERED)
def _row_html(
    listed: tuple[Any, ...], created: str, active: str, writer: TimeWriter, panel_query: str, is_open: bool
) -> Markup:
    """A row depends on these alone. Worked out before the template: there, every look-up and call costs five times."""
    (lead_id, name, company, interest, status, score, source, owner, created_at, last_activity_at) = listed
    source = source_words(source)
    row = ListRow(
        lead_id,
        name,
        tone_of(lead_id),
        initials(name),
        remembered(UI, "lead_status", status),
        remembered(UI, "score", score),
        source,
        owner or "–",
        writer.tag(created_at, "ago", created),
        writer.tag(last_activity_at, "ago", active),
        f"{interest or company or source} · {active}",
    )
    return current_app.jinja_env.get_template("leads/_row.html").module.row(row, panel_query, is_open)
