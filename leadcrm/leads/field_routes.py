"""One field of a lead, edited where it is shown: the value becomes a field, and the field the value again."""

from flask import Response, redirect, request

from leadcrm.core import gazetteer
from leadcrm.core.db import perform
from leadcrm.core.errors import Conflict, DomainError, NotFound
from leadcrm.core.web import add_errors, fragment, is_partial
from leadcrm.leads import operations, queries, wording
from leadcrm.leads.blueprint import blueprint, changed, lead_or_404, owners
from leadcrm.leads.details import PAGES
from leadcrm.leads.filling import PLACE
from leadcrm.leads.forms import FieldForm
from leadcrm.leads.models import Lead

EDITED = "lead-edited, messages-changed"  # list and timeline look again; the details stay as they are being edited


@blueprint.get("/leads/<lead_id>/fields/<name>")
def edit_field(lead_id: str, name: str):
    """The field as a form; without htmx, the page that has it."""
    lead = _lead_with(lead_id, name)
    if not is_partial():
        return redirect(f"/leads/{lead.id}/{PAGES.get(name, 'edit')}")
    form = FieldForm.of(lead, status=lead.status, was=operations.field_text(lead, name))
    return _editor(lead, name, form)


@blueprint.get("/leads/<lead_id>/fields/<name>/value")
def show_field(lead_id: str, name: str):
    """The field as text."""
    return fragment("leads/_field.html", lead=_lead_with(lead_id, name), name=name)


@blueprint.post("/leads/<lead_id>/fields/<name>")
def save_field(lead_id: str, name: str):
    """Save what was typed. What someone else typed there since is shown beside it first."""
    lead = _lead_with(lead_id, name)
    form, old_reason = _posted(lead, name), lead.status_reason
    if not form.validate():
        return _editor(lead, name, form, 422)
    try:
        perform(operations.edit_field, lead, name, form[name].data or "", was=_was(form), reason=form.reason.data or "")
    except Conflict as conflict:
        return _conflict(lead_or_404(lead_id), name, form, conflict)
    except DomainError as error:
        add_errors(form, error)
        return _editor(lead_or_404(lead_id), name, form, 422)
    now = operations.field_text(lead, name)
    before = {name: _was(form), "was": now, "reason": old_reason}
    is_changed = now != _was(form)
    response = fragment("leads/field.swap.html", lead=lead, name=name, before=before if is_changed else None)
    response.headers["HX-Trigger"] = EDITED
    return response


@blueprint.post("/leads/<lead_id>/fields/<name>/undo")
def undo_field(lead_id: str, name: str):
    """Put back what the field said, unless it says something new by now."""
    lead = _lead_with(lead_id, name)
    form = _posted(lead, name)
    form.validate()
    try:
        perform(operations.edit_field, lead, name, form[name].data or "", was=_was(form), reason=form.reason.data or "")
    except DomainError:
        return changed("Nothing to undo: it has changed since.")
    return changed("Undone.")


def _lead_with(lead_id: str, name: str) -> Lead:
    if name not in operations.FIELDS:
        raise NotFound
    return lead_or_404(lead_id)


def _posted(lead: Lead, name: str) -> FieldForm:
    form = FieldForm(request.form)
    form.keep_only(name)
    _offer(form, lead, name)
    if name in PLACE:
        gazetteer.be_ready()
    return form


def _offer(form: FieldForm, lead: Lead, name: str) -> None:
    if name == "owner_id":
        form.offer_owners(owners(), lead)


def _was(form: FieldForm) -> str:
    return form.was.data or ""


def _conflict(lead: Lead, name: str, form: FieldForm, conflict: Conflict) -> Response:
    """Both values, the typed one still in the form; saving again means "mine"."""
    form[name].errors = [*form[name].errors, conflict.message]
    form.was.data = operations.field_text(lead, name)
    return _editor(lead, name, form, 409)


def _editor(lead: Lead, name: str, form: FieldForm, status: int = 200) -> Response:
    _offer(form, lead, name)
    context = {"lead": lead, "name": name, "form": form, "control": form[name], "is_conflict": status == 409}
    if name == "source":
        context["sources"] = queries.sources()
    return fragment("leads/_field_form.html", status=status, label=wording.FIELD_WORDS[name], **context)
