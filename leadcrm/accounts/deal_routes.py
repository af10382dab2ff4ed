"""The possible deals with an account: listed, begun, edited, moved from stage to stage."""

from flask import Response, redirect, request, url_for
from flask_login import current_user

from leadcrm.accounts import operations, queries, wording
from leadcrm.accounts.blueprint import blueprint, changed, owners, page_of, refused
from leadcrm.accounts.forms import OpportunityForm, StageForm
from leadcrm.accounts.models import Account, Opportunity
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.values import new_id
from leadcrm.core.web import add_errors, fragment, is_partial, local_path, render, user_locale
from leadcrm.identity.permissions import me

SHOWN_IN_CONFLICT = ("name", "amount", "close_date", "kind", "notes")


@blueprint.get("/accounts/<account_id>/opportunities")
def deals_of_account(account_id: str) -> Response:
    """An account's deals, for a page that shows them already."""
    account = queries.visible_account(me(), account_id)
    context = {"account": account, "deals": queries.opportunities_of(account.id)}
    return render("accounts/part.html", "accounts/_deals.html", part="accounts/_deals.html", **context)


@blueprint.get("/accounts/<account_id>/opportunities/new")
def new_deal(account_id: str) -> Response:
    account = queries.visible_account(me(), account_id)
    kind = "upsell" if queries.standings([account.id])[account.id].won_amount else "new_business"
    return _form_page(OpportunityForm(form_key=new_id(), owner_id=current_user.id, kind=kind), account)


@blueprint.post("/accounts/<account_id>/opportunities")
def create_deal(account_id: str) -> Response:
    account = queries.visible_account(me(), account_id)
    form = _posted(account)
    if not form.validate():
        return _form_page(form, account, status=422)
    key = f"form:{form.form_key.data}" if form.form_key.data else None
    try:
        deal = perform(operations.create_opportunity, account, form.opportunity_data(), intent_key=key)
    except DomainError as error:
        add_errors(form, error)
        return _form_page(form, queries.visible_account(me(), account_id), status=error.status)
    return changed(f"“{deal.name}” was added.", back=page_of(account_id))


@blueprint.get("/opportunities/<opportunity_id>")
def show_deal(opportunity_id: str) -> Response:
    """Where the deal stands: on its account's page."""
    deal = queries.visible_opportunity(me(), opportunity_id)
    return redirect(url_for("accounts.show", account_id=deal.account_id, _anchor=f"opportunity-{deal.id}"))


@blueprint.get("/opportunities/<opportunity_id>/edit")
def edit_deal(opportunity_id: str) -> Response:
    deal = queries.visible_opportunity(me(), opportunity_id)
    return _form_page(OpportunityForm.of(deal, user_locale()), deal.account, deal)


@blueprint.post("/opportunities/<opportunity_id>")
def update_deal(opportunity_id: str) -> Response:
    """Save what was typed; what a colleague saved since is shown beside it first."""
    deal = queries.visible_opportunity(me(), opportunity_id)
    form = _posted(deal.account, deal)
    if not form.validate():
        return _form_page(form, deal.account, deal, status=422)
    try:
        perform(operations.edit_opportunity, deal, form.opportunity_data(), form.seen_revision)
    except DomainError as error:
        return _refused(form, opportunity_id, error)
    return changed("Saved.", back=page_of(deal.account_id))


@blueprint.get("/opportunities/<opportunity_id>/stage")
def ask_stage(opportunity_id: str) -> Response:
    """Asks for the stage, and for the reason of a lost deal."""
    deal = queries.visible_opportunity(me(), opportunity_id)
    return _stage_page(deal, StageForm(stage=deal.stage))


@blueprint.post("/opportunities/<opportunity_id>/stage")
def move_deal(opportunity_id: str) -> Response:
    """Move the deal. Where a reason is needed and none was given, it is asked for in a dialog."""
    deal, form = queries.visible_opportunity(me(), opportunity_id), StageForm(request.form)
    was_lost_for = {"lost_reason": deal.lost_reason} if deal.lost_reason else None
    if not form.validate():
        return _stage_page(deal, form, status=422)
    try:
        fact = perform(operations.move_to_stage, deal, form.stage.data, form.reason.data or "")
    except DomainError as error:
        if "reason" in request.form:
            add_errors(form, error)
        return _stage_page(queries.visible_opportunity(me(), opportunity_id), form, status=error.status)
    words = f"“{deal.name}” is at {wording.STAGE_WORDS[form.stage.data]} now."
    return changed(words, [fact], back=_asked_back(deal), undo_values=was_lost_for)


def _asked_back(deal: Opportunity) -> str:
    """The page on which the stage was chosen."""
    return local_path(request.form.get("back"), page_of(deal.account_id))


def _posted(account: Account, deal: Opportunity | None = None) -> OpportunityForm:
    form = OpportunityForm(request.form)
    form.amount.locale = user_locale()
    form.offer_people(owners(), queries.contacts_of(account.id), deal)
    return form


def _refused(form: OpportunityForm, opportunity_id: str, error: DomainError) -> Response:
    """The form with what was typed; after a colleague's change, saving again means "mine"."""
    deal = queries.visible_opportunity(me(), opportunity_id)
    theirs = refused(form, error, OpportunityForm.of(deal, user_locale()), SHOWN_IN_CONFLICT)
    return _form_page(form, deal.account, deal, status=error.status, theirs=theirs)


def _form_page(
    form: OpportunityForm, account: Account, deal: Opportunity | None = None, *, status: int = 200, theirs=()
) -> Response:
    if form.owner_id.choices is None:
        form.offer_people(owners(), queries.contacts_of(account.id), deal)
    part = "opportunities/_form.html" if request.method == "POST" else "opportunities/_form_dialog.html"
    context = {"form": form, "account": account, "deal": deal, "theirs": theirs}
    return render("opportunities/form.html", part, status=status, **context)


def _stage_page(deal: Opportunity, form: StageForm, status: int = 200) -> Response:
    """As a page; for the dialog's own form the form; for a choice in a list the dialog, while the choice goes back."""
    context = {"deal": deal, "account": deal.account, "form": form}
    if is_partial() and request.method == "POST" and "reason" not in request.form:
        status = 422 if form.errors else 200  # a question is no refusal
        return fragment("opportunities/stage.swap.html", status=status, back=_asked_back(deal), **context)
    part = "opportunities/_stage.html" if request.method == "POST" else "opportunities/_stage_dialog.html"
    return render("opportunities/stage.html", part, status=status, **context)
