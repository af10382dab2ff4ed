"""Leads and accounts: an account's leads, whose customer a lead is, and becoming one and not any more."""

from collections.abc import Sequence

from flask import Response, request, url_for

from leadcrm.accounts import queries as accounts
from leadcrm.accounts.data import AccountFilters
from leadcrm.accounts.models import Account
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.core.web import add_errors, fragment, render, user_locale
from leadcrm.identity.permissions import can_see_lead, me
from leadcrm.leads import operations, queries
from leadcrm.leads.blueprint import blueprint, changed, lead_or_404, seen_account
from leadcrm.leads.conversion_forms import AccountChoiceForm, ConversionForm
from leadcrm.leads.models import Lead

LONGEST_NAME = 160


@blueprint.get("/leads/of-account/<account_id>")
def of_account(account_id: str) -> Response:
    """An account's leads."""
    account = accounts.visible_account(me(), account_id)
    context = {"account": account, "leads": queries.leads_of_account(me(), account.id)}
    return render("leads/of_account.html", "leads/_of_account.html", **context)


@blueprint.get("/leads/<lead_id>/account")
def choose_account(lead_id: str) -> Response:
    """Asks whose customer the lead is."""
    lead = lead_or_404(lead_id)
    account = seen_account(lead)
    known = {"account_id": account.id, "q": account.name} if account else {}
    return _choice_page(lead, AccountChoiceForm(**known))


@blueprint.post("/leads/<lead_id>/account")
def link_account(lead_id: str) -> Response:
    lead, form = lead_or_404(lead_id), AccountChoiceForm(request.form)
    account = _chosen(form) if form.validate() else None
    if account is None:
        return _choice_page(lead, form, status=422)
    try:
        fact = perform(operations.link_account, lead, account.id, by=me())
    except DomainError as error:
        add_errors(form, error)
        return _choice_page(lead_or_404(lead_id), form, status=error.status)
    return changed(f"{lead.name} belongs to {account.name} now.", [fact], back=_page_of(lead_id))


@blueprint.post("/leads/<lead_id>/account/removal")
def unlink_account(lead_id: str) -> Response:
    lead = lead_or_404(lead_id)
    fact = perform(operations.link_account, lead, None, by=me())
    return changed(f"{lead.name} belongs to no account now.", [fact], back=_page_of(lead_id))


@blueprint.get("/leads/<lead_id>/conversion")
def ask_conversion(lead_id: str) -> Response:
    """Asks what the lead becomes; what is known of it is filled in."""
    lead = lead_or_404(lead_id)
    account, name = seen_account(lead), lead.company or lead.name
    known = {"into": "known", "account_id": account.id, "q": account.name} if account else {}
    form = ConversionForm(account_name=name[:LONGEST_NAME], begins_deal=True, deal_name=lead.interest or name, **known)
    return _conversion_page(lead, form, twins=accounts.same_name(name))


@blueprint.get("/leads/conversion/same-name")
def accounts_of_that_name() -> Response:
    """While one types a new account's name: which accounts have it already."""
    name = request.args.get("account_name", "").replace("\x00", "")[:LONGEST_NAME]
    return fragment("leads/_account_twins.html", twins=accounts.same_name(name), can_see=_can_see)


@blueprint.post("/leads/<lead_id>/conversion")
def convert(lead_id: str) -> Response:
    """The lead becomes a contact of an account, maybe with a deal. A known name is a new account's on a second word."""
    lead, form = lead_or_404(lead_id), ConversionForm(request.form)
    form.amount.locale = user_locale()
    is_valid = form.validate()
    twins = accounts.same_name(form.account_name.data) if form.is_new and not form.account_name.errors else []
    if not is_valid or not _is_settled(form, twins):
        return _conversion_page(lead, form, status=422, twins=twins)
    try:
        perform(operations.convert_lead, lead, form.conversion_data(), by=me())
    except DomainError as error:
        add_errors(form, error)
        return _conversion_page(lead_or_404(lead_id), form, status=error.status, twins=twins)
    take_back = url_for("leads.take_conversion_back", lead_id=lead_id)
    return changed(f"{lead.name} is a customer now.", undo=take_back, back=_page_of(lead_id))


@blueprint.post("/leads/<lead_id>/conversion/withdrawal")
def take_conversion_back(lead_id: str) -> Response:
    """Make it a lead again, while nothing depends on the account and the deal that the conversion made."""
    lead = lead_or_404(lead_id)
    perform(operations.undo_conversion, lead)
    return changed(f"{lead.name} is a qualified lead again.", back=_page_of(lead_id))


def _page_of(lead_id: str) -> str:
    return url_for("leads.show", lead_id=lead_id)


def _can_see(account: Account) -> bool:
    return can_see_lead(me(), account)


def _is_settled(form: ConversionForm, twins: Sequence[Account]) -> bool:
    """Whether it is clear which account it will be: the form then has a known one's id, else says what is not."""
    if form.is_new:
        if twins and not form.anyway.data:
            form.form_errors.append("There is an account of this name. Link to it, or create another anyway.")
        return not form.form_errors
    form.account_id.data = form.link.data or form.account_id.data
    account = _chosen(form)
    form.account_id.data = account.id if account else ""
    return account is not None


def _chosen(form: AccountChoiceForm) -> Account | None:
    """The chosen account, else the only one that what was typed finds; else an error in the form."""
    try:
        if form.account_id.data:
            return accounts.visible_account(me(), form.account_id.data)
    except NotFound:
        form.account_id.data = ""
    found = accounts.account_page(me(), AccountFilters(q=form.q.data), limit=2).items if form.q.data else []
    if len(found) == 1:
        return found[0]
    form.q.errors = [*form.q.errors, "Choose an account from the list." if form.q.data else "Say which account."]
    return None


def _choice_page(lead: Lead, form: AccountChoiceForm, status: int = 200) -> Response:
    part = "leads/_account.html" if request.method == "POST" else "leads/_account_dialog.html"
    return render("leads/account.html", part, status=status, lead=lead, form=form)


def _conversion_page(lead: Lead, form: ConversionForm, *, status: int = 200, twins=()) -> Response:
    part = "leads/_conversion.html" if request.method == "POST" else "leads/_conversion_dialog.html"
    context = {"lead": lead, "form": form, "twins": twins, "can_see": _can_see}
    return render("leads/conversion.html", part, status=status, **context)
