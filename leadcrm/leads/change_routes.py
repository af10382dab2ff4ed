"""Changes of one thing, for one lead or for the ticked ones, and taking them back."""

from flask import request

from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.forms import Form
from leadcrm.core.recent import facts_named
from leadcrm.core.values import new_id, plural
from leadcrm.core.web import add_errors, local_path, render
from leadcrm.identity.permissions import me
from leadcrm.leads import operations, queries
from leadcrm.leads.blueprint import blueprint, changed, lead_or_404, owners
from leadcrm.leads.forms import NoteForm, OwnerForm, StatusForm, TagsForm, split_tags
from leadcrm.leads.models import Lead

MOST_AT_ONCE = 100


@blueprint.get("/leads/<lead_id>/status")
def edit_status(lead_id: str):
    lead = lead_or_404(lead_id)
    return _dialog("Change status", StatusForm(status=lead.status), lead)


@blueprint.post("/leads/<lead_id>/status")
def change_status(lead_id: str):
    lead, form = lead_or_404(lead_id), StatusForm(request.form)
    if not form.validate():
        return _dialog("Change status", form, lead, status=422)
    try:
        fact = perform(operations.change_status, lead, form.status.data, form.reason.data or "")
    except DomainError as error:
        add_errors(form, error)
        return _dialog("Change status", form, lead_or_404(lead_id), status=422)
    return changed(f"Status is now {form.status.data}.", [fact], back=f"/leads/{lead_id}")


@blueprint.get("/leads/<lead_id>/owner")
def edit_owner(lead_id: str):
    lead = lead_or_404(lead_id)
    return _dialog("Change owner", _owner_form(owner_id=lead.owner_id or ""), lead)


@blueprint.post("/leads/<lead_id>/owner")
def change_owner(lead_id: str):
    return _assign([lead_or_404(lead_id)], f"/leads/{lead_id}")


@blueprint.get("/leads/<lead_id>/tags")
def edit_tags(lead_id: str):
    lead = lead_or_404(lead_id)
    return _dialog("Change tags", TagsForm(tags=", ".join(tag.name for tag in lead.tags)), lead)


@blueprint.post("/leads/<lead_id>/tags")
def change_tags(lead_id: str):
    lead, form = lead_or_404(lead_id), TagsForm(request.form)
    if not form.validate():
        return _dialog("Change tags", form, lead, status=422)
    try:
        fact = perform(operations.set_tags, lead, split_tags(form.tags.data))
    except DomainError as error:
        add_errors(form, error)
        return _dialog("Change tags", form, lead_or_404(lead_id), status=422)
    return changed("Tags changed.", [fact], back=f"/leads/{lead_id}")


@blueprint.post("/leads/<lead_id>/archival")
def archive(lead_id: str):
    lead = lead_or_404(lead_id)
    return changed(f"{lead.name} was archived.", [perform(operations.archive_lead, lead)])


@blueprint.post("/leads/<lead_id>/restoration")
def restore(lead_id: str):
    lead = lead_or_404(lead_id)
    perform(operations.restore_lead, lead)
    return changed(f"{lead.name} is back.", back=f"/leads/{lead_id}")


@blueprint.post("/leads/<lead_id>/notes")
def add_note(lead_id: str):
    lead, form = lead_or_404(lead_id), NoteForm(request.form)
    if not form.validate():
        return _notes(lead, form, 422)
    perform(operations.add_note, lead, form.body.data, me(), form_key=form.form_key.data or None)
    return _notes(lead, NoteForm(form_key=new_id()), 200)


@blueprint.get("/leads/bulk/owner")
def edit_owners():
    return _bulk_dialog("Assign", _owner_form())


@blueprint.post("/leads/bulk/owner")
def change_owners():
    return _assign(_ticked())


@blueprint.get("/leads/bulk/tags")
def edit_many_tags():
    return _bulk_dialog("Add tags", TagsForm())


@blueprint.post("/leads/bulk/tags")
def add_tags():
    """Add tags to the ticked leads."""
    leads, form = _ticked(), TagsForm(request.form)
    if not form.validate():
        return _bulk_dialog("Add tags", form, 422)
    try:
        facts = perform(operations.tag_leads, leads, split_tags(form.tags.data))
    except DomainError as error:
        add_errors(form, error)
        return _bulk_dialog("Add tags", form, 422)
    return changed(f"{plural(len(facts), 'lead')} tagged.", facts)


@blueprint.post("/leads/bulk/archival")
def archive_many():
    facts = perform(operations.archive_leads, _ticked())
    return changed(f"{plural(len(facts), 'lead')} archived.", facts)


@blueprint.post("/leads/undo")
def undo():
    """Take back what the last toast said."""
    leads = perform(operations.undo, facts_named(request.args.get("facts", "")), me())
    return changed("Undone." if leads else "Nothing to undo: it has changed since.")


def _owner_form(data=None, **values: str) -> OwnerForm:
    form = OwnerForm(data, **values)
    form.offer_owners(owners())
    return form


def _assign(leads: list[Lead], back: str = "/leads"):
    form = _owner_form(request.form)
    if not form.validate():
        return _dialog("Change owner", form, leads[0], 422) if back != "/leads" else _bulk_dialog("Assign", form, 422)
    facts = perform(operations.assign_leads, leads, form.owner_id.data or None)
    owner = dict(owners()).get(form.owner_id.data, "nobody")
    words = f"{leads[0].name} belongs" if len(leads) == 1 else f"{plural(len(leads), 'lead')} belong"
    return changed(f"{words} to {owner} now.", facts, back=back)


def _ticked() -> list[Lead]:
    """The ticked leads this person may see."""
    return list(queries.visible_leads(me(), _ticked_ids()))


def _ticked_ids() -> list[str]:
    return [lead_id for lead_id in request.values.getlist("ids") if "\x00" not in lead_id][:MOST_AT_ONCE]


def _dialog(title: str, form: Form, lead: Lead, status: int = 200):
    form.back.data = local_path(form.back.data or request.args.get("back"), f"/leads/{lead.id}")
    return _change_page(title, form, f"{title}: {lead.name}", [], form.back.data, status)


def _bulk_dialog(title: str, form: Form, status: int = 200):
    lead_ids = _ticked_ids()
    form.back.data = local_path(form.back.data or request.args.get("back"))
    return _change_page(title, form, f"{title}: {plural(len(lead_ids), 'lead')}", lead_ids, "/leads", status)


def _change_page(label: str, form: Form, title: str, lead_ids: list[str], back: str, status: int):
    return render(
        "leads/change.html",
        "leads/_change_dialog.html",
        status=status,
        form=form,
        title=title,
        label=label,
        lead_ids=lead_ids,
        action=request.path,
        back=back,
    )


def _notes(lead: Lead, form: NoteForm, status: int):
    context = {"lead": lead, "tab": "notes", "notes": queries.notes_of(lead.id), "note_form": form}
    return render("leads/show.html", "leads/_notes.html", status=status, **context)
