"""The list of accounts: search, filters, orders, pages, export; and accounts to choose from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Response, request, stream_with_context, url_for
from flask_login import current_user

from leadcrm.accounts import queries
from leadcrm.accounts.blueprint import blueprint, owners
from leadcrm.accounts.data import AccountFilters
from leadcrm.accounts.forms import ListForm
from leadcrm.accounts.models import Account
from leadcrm.accounts.queries import Standing
from leadcrm.accounts.wording import AT_RISK
from leadcrm.core import clock, tenancy
from leadcrm.core.csv_cells import BYTE_ORDER_MARK, csv_lines
from leadcrm.core.web import fragment, is_partial, render, user_zone
from leadcrm.identity.models import User
from leadcrm.identity.permissions import me

KEPT = ("q", "owner", "at_risk", "archived", "sort")  # of an address, from one list to the next
CSV_HEAD = (
    "Name", "Industry", "Website", "Owner", "Health", "Open deals", "Open amount", "Weighted amount", "Won amount",
    "Created",
)  # fmt: skip
EXPORT_BATCH = 500
MOST_OPTIONS = 8


@dataclass(frozen=True)
class View:
    """A list most people want, as a tab."""

    label: str
    href: str
    current: bool


@blueprint.get("/accounts")
def index() -> Response:
    """`?q=`, `?owner=` (me, none or an id), `?at_risk=1`, `?archived=1`, `?sort=`; `?cursor=` goes on."""
    form = _asked()
    filters = form.filters(current_user.id)
    listing = queries.account_page(me(), filters, form.order, request.args.get("cursor"))
    context = {
        "listing": listing,
        "standings": queries.standings([account.id for account in listing.items]),
        "filters": filters,
        "form": form,
        "people": owners(),
        "views": _views(filters),
        "is_filtered": filters != AccountFilters(),
        "address": _address,
    }
    response = render("accounts/index.html", "accounts/list.swap.html", **context)
    if is_partial():
        response.headers["HX-Replace-Url"] = _address()
    return response


@blueprint.get("/accounts/export.csv")
def export() -> Response:
    """The accounts of the current filters as a file for spreadsheets."""
    name = f"accounts-{clock.now().astimezone(user_zone()):%Y-%m-%d}.csv"
    lines = tenancy.carried(_csv(me(), _asked().filters(current_user.id)))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/accounts/options")
def accounts_to_choose() -> Response:
    """Accounts that `q` finds, as options of a field."""
    form = ListForm(request.args)
    form.validate()
    filters = AccountFilters(q=form.filters(current_user.id).q)
    return fragment("accounts/_options.html", accounts=queries.account_page(me(), filters, limit=MOST_OPTIONS).items)


def _asked() -> ListForm:
    form = ListForm(request.args)
    form.validate()
    return form


def _address(endpoint: str = "accounts.index", **changes: str | None) -> str:
    """The list as it is asked for, changed; without its page, unless a change says one."""
    kept = {name: value for name in KEPT if (value := request.args.get(name))}
    said = {name: value for name, value in (kept | changes).items() if value and (name, value) != ("sort", "name")}
    return url_for(endpoint) + (f"?{urlencode(said)}" if said else "")


def _views(filters: AccountFilters) -> list[View]:
    meant: tuple[tuple[str, dict[str, str], AccountFilters], ...] = (
        ("All", {}, AccountFilters()),
        ("Mine", {"owner": "me"}, AccountFilters(owner=current_user.id)),
        ("At risk", {"at_risk": "1"}, AccountFilters(health_below=AT_RISK)),
        ("Archived", {"archived": "1"}, AccountFilters(archived=True)),
    )
    shown = replace(filters, q="")
    return [
        View(label, f"/accounts{'?' if asked else ''}{urlencode(asked)}", shown == view) for label, asked, view in meant
    ]


def _csv(user: User, filters: AccountFilters) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_lines([CSV_HEAD])
    cursor: str | None = None
    while True:
        page = queries.account_page(user, filters, cursor=cursor, limit=EXPORT_BATCH)
        standings = queries.standings([account.id for account in page.items])
        yield csv_lines(_csv_row(account, standings[account.id]) for account in page.items)
        cursor = page.next
        if cursor is None:
            return


def _csv_row(account: Account, standing: Standing) -> tuple[str, ...]:
    return (
        account.name,
        account.industry,
        account.website,
        account.owner.name if account.owner else "",
        str(account.health),
        str(standing.open_deals),
        str(standing.open_amount),
        str(standing.weighted_amount),
        str(standing.won_amount),
        account.created_at.isoformat(timespec="seconds"),
    )
