"""The list: search, filters, sort, pages, the lead beside it, export."""

from collections.abc import Iterator
from typing import Any

from flask import Response, redirect, request, stream_with_context
from flask_login import current_user

from leadcrm.core import clock, tenancy
from leadcrm.core.countries import country_words
from leadcrm.core.csv_cells import BYTE_ORDER_MARK, csv_lines
from leadcrm.core.paging import Page
from leadcrm.core.web import fragment, is_partial, render, user_zone
from leadcrm.identity.models import User
from leadcrm.identity.permissions import me
from leadcrm.leads import queries, wording
from leadcrm.leads.asked_list import AskedList, how_many
from leadcrm.leads.blueprint import blueprint, lead_or_404, owners
from leadcrm.leads.data import Filters
from leadcrm.leads.list_heads import sorts, views
from leadcrm.leads.list_rows import rows_html
from leadcrm.leads.models import Lead

CSV_HEAD = (
    "Name", "Email", "Phone", "Company", "Interest", "City", "Country", "Status", "Score", "Source", "Owner", "Tags",
    "Created",
)  # fmt: skip


@blueprint.get("/leads")
def index():
    """The list, and with `?open=<id>` that lead beside it; `open` may also be the page's `first` or `last`."""
    if not is_partial() and "" in request.args.values():
        opened = request.args.get("open") or None
        return redirect(AskedList(request.args).address(open=opened))  # a form without scripts sends empty fields
    asked = AskedList(request.args)
    listing = asked.page()
    opened = _opened(asked, listing)
    context = _list_context(asked, listing, opened["lead"]) | opened
    status = 422 if asked.problems else 200
    if not is_partial():
        return render("leads/index.html", "leads/list.swap.html", status=status, **context)
    response = fragment("leads/list.swap.html", status=status, **context)
    if context["lead"] is not None:
        response.headers["HX-Push-Url"] = asked.here(open=context["lead"].id)
    return response


@blueprint.get("/leads/<lead_id>/panel")
def panel(lead_id: str):
    """The lead beside its list, whose address this one carries; without htmx, that list."""
    lead, asked = lead_or_404(lead_id), AskedList(request.args)
    if not is_partial():
        return redirect(asked.here(open=lead.id))
    listing = asked.page(columns=(Lead.id,))
    response = fragment("leads/_panel.html", lead=lead, **_panel_context(asked, listing, lead_id))
    response.headers["HX-Push-Url"] = asked.here(open=lead.id)
    return response


@blueprint.get("/leads/count")
def count():
    """How many leads match, exactly: asked for by a person, because it may take a moment."""
    return fragment("leads/_count.html", count=queries.count_leads(me(), AskedList(request.args).filters))


@blueprint.get("/leads/filters")
def edit_filters():
    """All filters at once, as a form."""
    choices = {
        "owners": [("", "Anyone"), ("me", "Me"), ("none", "Nobody"), *owners()],
        "sources": [("", "Any"), *((name, wording.source_words(name)) for name in queries.sources())],
        "tags": [("", "Any"), *((tag.id, tag.name) for tag in queries.tags())],
    }
    return render("leads/filters.html", "leads/_filters_dialog.html", form=AskedList(request.args).form, **choices)


@blueprint.get("/leads/export.csv")
def export():
    """The leads of the current filters as a file for spreadsheets."""
    name = f"leads-{clock.now().astimezone(user_zone()):%Y-%m-%d}.csv"
    lines = tenancy.carried(_csv(me(), AskedList(request.args).filters))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _opened(asked: AskedList, listing: Page) -> dict[str, Any]:
    """The lead that stands beside the list, if any, and its place in it."""
    opened = request.args.get("open")
    if opened in ("first", "last"):
        opened = listing.items[0 if opened == "first" else -1].id if listing.items else None
    if not opened:
        return {"lead": None}
    return {"lead": lead_or_404(opened), **_panel_context(asked, listing, opened)}


def _panel_context(asked: AskedList, listing: Page, lead_id: str) -> dict[str, Any]:
    place = asked.place_of(lead_id, listing)
    position = None
    if place.number:
        position = f"{place.number:,} of {how_many(listing.items[0].matching, asked.counted_up_to)}"
    return {"place": place, "position": position, "close_url": asked.here()}


def _list_context(asked: AskedList, listing: Page, opened: Lead | None) -> dict[str, Any]:
    filters = asked.filters
    matching = listing.items[0].matching if listing.items else 0
    counted = {}
    if matching and filters == Filters():
        counted["lead_count"] = how_many(matching, asked.counted_up_to)  # for the sidebar, too
    return counted | {
        "problems": asked.problems,
        "filters": filters,
        "rows": rows_html(
            listing.items, f"/panel?{asked.query}" if asked.query else "/panel", opened.id if opened else None
        ),
        "matching": matching,
        "counted_up_to": asked.counted_up_to,
        "chips": _chips(asked),
        "views": views(filters, current_user.id),
        "sorts": sorts(asked.address(sort=None, dir=None), asked.sorted_by, asked.descending),
        "sorted_by": asked.sorted_by,
        "is_descending": asked.descending,
        "here": asked.here(),
        "query": asked.query,
        "first_number": asked.first_number,
        "next_url": asked.next_url(listing),
        "previous_url": asked.previous_url(listing),
        "kept": {name: values for name, values in asked.arguments().items() if name != "q"},
        "is_filtered": asked.is_filtered,
    }


def _chips(asked: AskedList) -> list[tuple[str, str, str]]:
    if not asked.is_filtered:
        return []
    form, filters = asked.form, asked.filters
    names = queries.names_of(filters)
    owner = "me" if form.owner.data == "me" else names.owner
    dates = {name: str(form[name].data) for name in ("created_from", "created_to")}
    return [
        (label, value, asked.address(**dict.fromkeys(arguments)))
        for label, value, arguments in wording.chips(filters, owner=owner, tag=names.tag, dates=dates)
    ]


def _csv(user: User, filters: Filters) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_lines([CSV_HEAD])
    for batch in queries.exported(user, filters):
        yield csv_lines(
            (
                row.name,
                email,
                phone,
                row.company,
                row.interest,
                row.city,
                country_words(row.country),
                row.status,
                str(row.score),
                row.source,
                row.owner_name or "",
                ", ".join(tags),
                row.created_at.isoformat(timespec="seconds"),
            )
            for row, email, phone, tags in batch
        )
