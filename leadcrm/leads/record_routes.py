"""One lead: typed in, shown, edited."""

from flask import Response, flash, request, url_for
from flask_login import current_user

from leadcrm.accounts import queries as accounts
from leadcrm.core import gazetteer
from leadcrm.core.addresses import is_email
from leadcrm.core.countries import country_words
from leadcrm.core.countries import options as country_options
from leadcrm.core.db import perform
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.values import new_id
from leadcrm.core.web import add_errors, fragment, go, is_partial, local_path, render
from leadcrm.identity.permissions import can_see_lead, me
from leadcrm.leads import operations, queries, wording, zone_words
from leadcrm.leads.blueprint import blueprint, changed, lead_or_404, owners
from leadcrm.leads.forms import TEXTS, LeadForm, NoteForm
from leadcrm.leads.models import Lead

TABS = ("timeline", "tasks", "meetings", "notes", "inquiries", "visits")
LIST_KEPT_SECONDS = 24 * 60 * 60


@blueprint.get("/leads/new")
def new():
    """Asks for a lead; `?account=` says whose customer it is."""
    asked = request.args.get("account")
    account = accounts.visible_account(me(), asked) if asked else None
    known = {"account_id": account.id, "company": account.name} if account else {}
    form = LeadForm(form_key=new_id(), owner_id=current_user.id, source="manual", **known)
    return _form_page(form)


@blueprint.post("/leads")
def create():
    """A lead as typed; one with a known address only after a look at who has it."""
    form = _posted_form()
    is_right = _is_right(form)
    duplicates = queries.duplicates(*_addresses(form))
    if duplicates and not form.anyway.data and not (is_right and queries.is_form_sent(form.form_key.data)):
        form.form_errors.append("There may be a lead for this person already. Look at it, or create another anyway.")
    if form.errors:
        return _form_page(form, status=422, duplicates=duplicates)
    try:
        lead = perform(
            operations.create_lead,
            form.lead_data(),
            by=me(),
            follow_up=form.follow_up.data,
            form_key=form.form_key.data or None,
        )
    except DomainError as error:
        add_errors(form, error)
        return _form_page(form, status=422)
    flash(f"{lead.name} was created.", "success")
    return go(url_for("leads.index", open=lead.id))


@blueprint.get("/leads/duplicates")
def duplicates():
    """While one types: who has these addresses already, and whether a follow-up could be sent."""
    form = LeadForm(request.args)
    form.offer_owners([])
    form.validate()
    email, phone = _addresses(form)
    known_id = request.args.get("except", "").replace("\x00", "")
    return fragment(
        "leads/typed.swap.html",
        form=form,
        duplicates=queries.duplicates(email, phone, known_id),
        can_see=_can_see,
        can_follow_up=is_email(email),
        is_known=bool(known_id),
        number=queries.normal_or_raw("phone", phone) if phone else "",
    )


@blueprint.get("/leads/zones")
def zones():
    """The time zones to choose from while one types."""
    return _kept(fragment("leads/_zones.html", zones=zone_words.options()))


@blueprint.get("/leads/countries")
def countries():
    """The countries to choose from while one types."""
    return _kept(fragment("leads/_countries.html", countries=country_options()))


def _kept(answer: Response) -> Response:
    """A browser need not ask again today: what the answer says is the same for everybody, and for months."""
    answer.headers["Cache-Control"] = f"private, max-age={LIST_KEPT_SECONDS}"
    return answer


@blueprint.get("/leads/<lead_id>")
def show(lead_id: str):
    """The lead's own page."""
    lead = lead_or_404(lead_id)
    tab = request.args.get("tab") if request.args.get("tab") in TABS else "timeline"
    context = {"lead": lead, "tab": tab, "channel": request.args.get("channel")}
    if tab == "notes":
        context |= {"notes": queries.notes_of(lead.id), "note_form": NoteForm(form_key=new_id())}
    if tab == "inquiries":
        context["inquiries"] = queries.inquiries_of(lead.id)
    return render("leads/show.html", "leads/_tab.html", **context)


@blueprint.get("/leads/<lead_id>/details")
def details(lead_id: str):
    """What we know of the lead, for a page that shows it already."""
    return render("leads/show.html", "leads/_details.html", lead=lead_or_404(lead_id), tab="timeline")


@blueprint.get("/leads/<lead_id>/title")
def title(lead_id: str):
    """The lead's name, for the head of its page."""
    return fragment("leads/_title.html", lead=lead_or_404(lead_id))


@blueprint.get("/leads/<lead_id>/edit")
def edit(lead_id: str):
    lead = lead_or_404(lead_id)
    return _form_page(LeadForm.of(lead, back=local_path(request.args.get("back"), f"/leads/{lead.id}")), lead)


@blueprint.post("/leads/<lead_id>")
def update(lead_id: str):
    """Save what was typed; what someone else saved since is shown beside it first."""
    lead = lead_or_404(lead_id)
    form = _posted_form(lead)
    if not _is_right(form, lead):
        return _form_page(form, lead, status=422)
    revision = int(form.revision.data) if form.revision.data else None
    try:
        perform(operations.edit_lead, lead, form.lead_data(), revision)
    except Conflict as conflict:
        return _conflict_page(form, lead_or_404(lead_id), conflict)
    except DomainError as error:
        add_errors(form, error)
        return _form_page(form, lead_or_404(lead_id), status=422)
    return changed("Saved.", back=f"/leads/{lead_id}")


def _posted_form(lead: Lead | None = None) -> LeadForm:
    form = LeadForm(request.form)
    form.offer_owners(owners(), lead)
    if form.city.data or form.country.data:
        gazetteer.be_ready()
    return form


def _is_right(form: LeadForm, lead: Lead | None = None) -> bool:
    """Whether it can be saved; all that is in the way is said at once, each beside its field."""
    form.validate()
    for refusal in operations.refusals(form.lead_data(), lead, follow_up=form.follow_up.data):
        if not form[refusal.field].errors:
            add_errors(form, refusal)
    return not form.errors


def _addresses(form: LeadForm) -> tuple[str, str]:
    """The email address and the phone number as typed, "" for one that is none."""
    email, phone = ("" if form[name].errors else form[name].data or "" for name in ("email", "phone"))
    return email, phone


def _conflict_page(form: LeadForm, lead: Lead, conflict: Conflict):
    """Both values, the typed ones still in the form; saving again means "mine"."""
    held = LeadForm.of(lead)
    theirs = [
        (wording.FIELD_WORDS[name], held[name].data, form[name].data)
        for name in TEXTS
        if (held[name].data or "") != (form[name].data or "")
    ]
    form.revision.data = str(lead.revision)
    form.form_errors.append(conflict.message)
    return _form_page(form, lead, status=409, theirs=theirs)


def _form_page(form: LeadForm, lead: Lead | None = None, *, status: int = 200, duplicates=(), theirs=()):
    if form.owner_id.choices is None:
        form.offer_owners(owners(), lead)
    return render(
        "leads/form.html",
        "leads/_form.html" if request.method == "POST" else "leads/_form_dialog.html",
        status=status,
        form=form,
        lead=lead,
        duplicates=duplicates,
        theirs=theirs,
        can_see=_can_see,
        can_follow_up=not is_partial() or is_email(form.email.data or ""),
        sources=queries.sources(),
        country=country_words(current_user.organization.country),
    )


def _can_see(lead: Lead) -> bool:
    return can_see_lead(current_user, lead)
