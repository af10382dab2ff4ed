"""One account: typed in, shown, edited, given a health, put away, and taken back what was just done."""

from typing import Any

from flask import Response, flash, make_response, render_template, request, url_for
from flask_login import current_user

from leadcrm.accounts import operations, queries, timeline
from leadcrm.accounts.blueprint import blueprint, changed, owners, page_of, refused
from leadcrm.accounts.contact_routes import people_of
from leadcrm.accounts.forms import AccountForm, HealthForm
from leadcrm.accounts.models import Account
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.recent import facts_named
from leadcrm.core.values import new_id
from leadcrm.core.web import add_errors, fragment, go, render
from leadcrm.identity.permissions import can_see_lead, me

SHOWN_IN_CONFLICT = ("name", "industry", "website", "notes")
LONGEST_NAME = 160
LONGEST_NUMBER = 19  # of a fact's id


@blueprint.get("/accounts/new")
def new() -> Response:
    return _form_page(AccountForm(form_key=new_id(), owner_id=current_user.id))


@blueprint.post("/accounts")
def create() -> Response:
    """An account as typed; one of a known name only after a look at the other."""
    form = _posted()
    if not form.validate():
        return _form_page(form, status=422)
    twins = [] if form.anyway.data else queries.same_name(form.name.data)
    if twins and not queries.is_account_form_sent(form.form_key.data):
        form.form_errors.append("Look at the account of this name first, or create another anyway.")
        return _form_page(form, status=422, twins=twins)
    try:
        account = perform(operations.create_account, form.account_data(), form_key=form.form_key.data or None)
    except DomainError as error:
        add_errors(form, error)
        return _form_page(form, status=422)
    flash(f"{account.name} was created.", "success")
    return go(url_for("accounts.show", account_id=account.id))


@blueprint.get("/accounts/same-name")
def same_name() -> Response:
    """While one types: which accounts have this name already."""
    name = request.args.get("name", "").replace("\x00", "")[:LONGEST_NAME]
    return fragment("accounts/_twins.html", twins=queries.same_name(name), can_see=_can_see)


@blueprint.get("/accounts/<account_id>")
def show(account_id: str) -> Response:
    """The account's own page."""
    account = queries.visible_account(me(), account_id)
    context = _details_of(account) | people_of(account)
    context["deals"] = queries.opportunities_of(account.id)
    context["listing"] = timeline.of_account(account)
    return make_response(render_template("accounts/show.html", **context))


@blueprint.get("/accounts/<account_id>/details")
def details(account_id: str) -> Response:
    """What we know of the account, for a page that shows it already."""
    account = queries.visible_account(me(), account_id)
    return render(
        "accounts/part.html", "accounts/details.swap.html", part="accounts/_details.html", **_details_of(account)
    )


@blueprint.get("/accounts/<account_id>/timeline")
def account_timeline(account_id: str) -> Response:
    """What happened to the account, its people and its deals, newest first; `?before=` goes on."""
    account = queries.visible_account(me(), account_id)
    before = _number(request.args.get("before", ""))
    part = "accounts/_further.html" if before else "accounts/_timeline.html"
    context = {"account": account, "listing": timeline.of_account(account, before)}
    return render("accounts/part.html", part, part="accounts/_timeline.html", **context)


@blueprint.get("/accounts/<account_id>/edit")
def edit(account_id: str) -> Response:
    account = queries.visible_account(me(), account_id)
    return _form_page(AccountForm.of(account), account)


@blueprint.post("/accounts/<account_id>")
def update(account_id: str) -> Response:
    """Save what was typed; what a colleague saved since is shown beside it first."""
    account = queries.visible_account(me(), account_id)
    form = _posted(account)
    if not form.validate():
        return _form_page(form, account, status=422)
    try:
        perform(operations.edit_account, account, form.account_data(), form.seen_revision)
    except DomainError as error:
        return _refused(form, account_id, error)
    return changed("Saved.", back=page_of(account_id))


@blueprint.get("/accounts/<account_id>/health")
def ask_health(account_id: str) -> Response:
    account = queries.visible_account(me(), account_id)
    return _health_page(account, HealthForm(health=account.health))


@blueprint.post("/accounts/<account_id>/health")
def set_health(account_id: str) -> Response:
    account, form = queries.visible_account(me(), account_id), HealthForm(request.form)
    if not form.validate():
        return _health_page(account, form, status=422)
    fact = perform(operations.set_health, account, form.health.data)
    return changed(f"Health is {form.health.data} now.", [fact], back=page_of(account_id))


@blueprint.post("/accounts/<account_id>/archival")
def archive(account_id: str) -> Response:
    account = queries.visible_account(me(), account_id)
    fact = perform(operations.archive_account, account)
    return changed(f"{account.name} was archived.", [fact], back=page_of(account_id))


@blueprint.post("/accounts/<account_id>/restoration")
def restore(account_id: str) -> Response:
    account = queries.visible_account(me(), account_id)
    perform(operations.restore_account, account)
    return changed(f"{account.name} is back.", back=page_of(account_id))


@blueprint.post("/accounts/undo")
def undo() -> Response:
    """Take back what the last toast said."""
    facts = facts_named(request.args.get("facts", ""))
    count = perform(operations.undo, facts, me(), request.form.get("lost_reason", ""))
    words = "Undone." if count else "Nothing to undo: it has changed since."
    return changed(words, back=url_for("accounts.index"))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else None


def _can_see(account: Account) -> bool:
    return can_see_lead(current_user, account)


def _details_of(account: Account) -> dict[str, Any]:
    return {"account": account, "standing": queries.standings([account.id])[account.id]}


def _posted(account: Account | None = None) -> AccountForm:
    form = AccountForm(request.form)
    form.offer_owners(owners(), account)
    return form


def _refused(form: AccountForm, account_id: str, error: DomainError) -> Response:
    """The form with what was typed; after a colleague's change, saving again means "mine"."""
    account = queries.visible_account(me(), account_id)
    theirs = refused(form, error, AccountForm.of(account), SHOWN_IN_CONFLICT)
    return _form_page(form, account, status=error.status, theirs=theirs)


def _form_page(
    form: AccountForm, account: Account | None = None, *, status: int = 200, twins=(), theirs=()
) -> Response:
    if form.owner_id.choices is None:
        form.offer_owners(owners(), account)
    part = "accounts/_form.html" if request.method == "POST" else "accounts/_form_dialog.html"
    context = {"form": form, "account": account, "twins": twins, "theirs": theirs, "can_see": _can_see}
    return render("accounts/form.html", part, status=status, **context)


def _health_page(account: Account, form: HealthForm, status: int = 200) -> Response:
    part = "accounts/_health.html" if request.method == "POST" else "accounts/_health_dialog.html"
    return render("accounts/health.html", part, status=status, account=account, form=form)
