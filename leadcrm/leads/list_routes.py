"""The list: search, filters, sort, pages, export."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Response, redirect, request, stream_with_context, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from leadcrm.core import clock
from leadcrm.core.web import fragment, is_partial, render, user_zone
from leadcrm.leads import queries, wording
from leadcrm.leads.blueprint import blueprint, lead_or_404, me, owners
from leadcrm.leads.csv_cells import safe_cell
from leadcrm.leads.data import Filters
from leadcrm.leads.forms import FilterForm

PAGE_SIZE = 50
FILTERS = ("q", "status", "owner", "source", "tag", "score", "created_from", "created_to", "has", "archived")
KEPT = (*FILTERS, "sort", "dir")  # of an address, from one list to the next
ASCENDING_FIRST = ("name",)
LONGEST_PAGE_NUMBER = 6
CSV_HEAD = ("Name", "Email", "Phone", "Company", "Interest", "Status", "Score", "Source", "Owner", "Tags", "Created")


@blueprint.get("/leads")
def index():
    """The list, and with `?open=<id>` that lead beside it."""
    if not is_partial() and "" in request.args.values():
        return redirect(address(open=request.args.get("open") or None))  # a form without scripts sends empty fields
    form, filters = _asked()
    context = _list_context(form, filters)
    status = 422 if form.errors else 200
    if is_partial():
        return fragment("leads/list.swap.html", status=status, **context)
    opened = request.args.get("open")
    lead = lead_or_404(opened) if opened else None
    return render("leads/index.html", "leads/list.swap.html", status=status, lead=lead, **context)


@blueprint.get("/leads/count")
def count():
    """How many leads match, exactly: asked for by a person, because it may take a moment."""
    _, filters = _asked()
    return fragment("leads/_count.html", count=queries.count_leads(me(), filters, None))


@blueprint.get("/leads/filters")
def edit_filters():
    """All filters at once, as a form."""
    form, _ = _asked()
    choices = {
        "owners": [("", "Anyone"), ("me", "Me"), ("none", "Nobody"), *owners()],
        "sources": [("", "Any"), *((name, wording.source_words(name)) for name in queries.sources())],
        "tags": [("", "Any"), *((tag.id, tag.name) for tag in queries.tags())],
    }
    return render("leads/filters.html", "leads/_filters_dialog.html", form=form, **choices)


@blueprint.get("/leads/export.csv")
def export():
    """The leads of the current filters as a file for spreadsheets."""
    _, filters = _asked()
    name = f"leads-{clock.now().astimezone(user_zone()):%Y-%m-%d}.csv"
    response = Response(stream_with_context(_csv(filters)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def address(**changes: Any) -> str:
    """The list as it is, changed: `address(sort="name")`; None leaves an argument out. Starts at the first page."""
    return url_for("leads.index", **list_arguments(request.args, **changes))


def list_arguments(arguments: MultiDict[str, str], **changes: Any) -> dict[str, Any]:
    """What of an address describes the list, without its page."""
    kept = {name: [value for value in arguments.getlist(name) if value] for name in KEPT}
    return {name: value for name, value in {**kept, **changes}.items() if value not in (None, [])}


def _asked() -> tuple[FilterForm, Filters]:
    form = FilterForm(request.args)
    form.validate()
    return form, form.filters(current_user.id, user_zone())


def _list_context(form: FilterForm, filters: Filters) -> dict[str, Any]:
    sort = request.args.get("sort") if request.args.get("sort") in queries.SORTS else None
    first = "asc" if sort in ASCENDING_FIRST else "desc"
    descending = request.args.get("dir", first) != "asc"
    cursor = request.args.get("cursor")
    here = address(cursor=cursor, page=request.args.get("page"))
    listing = queries.lead_list(me(), filters, sort, descending=descending, cursor=cursor, limit=PAGE_SIZE)
    return {
        "form": form,
        "problems": [f"{form[name].label.text}: {' '.join(errors)}" for name, errors in form.errors.items()],
        "filters": filters,
        "listing": listing,
        "count": queries.count_leads(me(), filters),
        "counted_up_to": queries.COUNTED_UP_TO,
        "chips": _chips(form, filters),
        "views": _views(filters),
        "sorted_by": sort or ("newest" if filters.q else "activity"),
        "is_descending": descending,
        "address": address,
        "here": here,
        "open_url": f"{here}{'&' if '?' in here else '?'}open=",
        "query": request.query_string.decode(),
        "first_number": (_page_number() - 1) * PAGE_SIZE + 1,
        "next_url": address(cursor=listing.next, page=_page_number() + 1) if listing.next else None,
        "previous_url": address(cursor=listing.previous, page=max(1, _page_number() - 1)) if listing.previous else None,
        "kept": {name: values for name, values in list_arguments(request.args).items() if name != "q"},
        "is_filtered": bool(filters.q or any(name in KEPT for name in list_arguments(request.args))),
    }


def _page_number() -> int:
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_PAGE_NUMBER else 1


def _chips(form: FilterForm, filters: Filters) -> list[tuple[str, str, str]]:
    names = queries.names_of(filters)
    owner = "me" if form.owner.data == "me" else names.owner
    dates = {name: str(form[name].data) for name in ("created_from", "created_to")}
    return [
        (label, value, address(**dict.fromkeys(arguments)))
        for label, value, arguments in wording.chips(filters, owner=owner, tag=names.tag, dates=dates)
    ]


def _views(filters: Filters) -> list[dict[str, Any]]:
    current = "archived" if filters.archived else {current_user.id: "me", "none": "none"}.get(filters.owner, "all")
    views = (("all", "All", {}), ("me", "Mine", {"owner": "me"}), ("none", "Unassigned", {"owner": "none"}))
    views = (*views, ("archived", "Archived", {"archived": "1"}))
    return [
        {"label": label, "href": url_for("leads.index", **arguments), "current": name == current}
        for name, label, arguments in views
    ]


def _csv(filters: Filters) -> Iterator[str]:
    """UTF-8 with a byte order mark, which spreadsheets need to believe it."""
    yield "\ufeff" + _csv_lines([CSV_HEAD])
    for batch in queries.exported(me(), filters):
        yield _csv_lines(
            (
                row.name,
                email,
                phone,
                row.company,
                row.interest,
                row.status,
                str(row.score),
                row.source,
                row.owner_name or "",
                ", ".join(tags),
                row.created_at.isoformat(timespec="seconds"),
            )
            for row, email, phone, tags in batch
        )


def _csv_lines(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()
