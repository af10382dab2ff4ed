"""A lead's personal data: what there is, all of it as a file, and its removal."""

from flask import Blueprint, current_app, flash, request, send_file, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.core.errors import Conflict, NotFound
from leadcrm.core.web import add_errors, go, render
from leadcrm.identity.models import User
from leadcrm.identity.permissions import MANAGERS, requires
from leadcrm.leads.models import Lead
from leadcrm.leads.queries import visible_lead
from leadcrm.privacy import operations, queries
from leadcrm.privacy.dossier import write_dossier
from leadcrm.privacy.forms import ErasureForm

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/leads/<lead_id>/personal-data")
@requires(*MANAGERS)
def show(lead_id: str):
    """What is held about the lead, and what can be done with it."""
    lead = _lead_or_404(lead_id)
    return render("privacy/show.html", "privacy/_show_dialog.html", lead=lead, held=queries.held(lead))


@blueprint.post("/leads/<lead_id>/personal-data/export")
@requires(*MANAGERS)
def export(lead_id: str) -> Response:
    """All of it as a ZIP; that it was taken is a fact on the lead's timeline."""
    lead = _lead_or_404(lead_id)
    perform(operations.note_export, lead)
    lead, now = _lead_or_404(lead_id), clock.now()
    file = write_dossier(lead, current_user.organization.name, now, current_app.settings.uploads)
    name = f"personal-data-{lead.id[-12:]}-{now:%Y-%m-%d}.zip"
    response = send_file(file, mimetype="application/zip", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/leads/<lead_id>/erasure")
@requires("owner")
def confirm(lead_id: str):
    """What goes, what stays and why, before it is done."""
    return _erasure_page(_lead_or_404(lead_id), ErasureForm())


@blueprint.post("/leads/<lead_id>/erasure")
@requires("owner")
def erase(lead_id: str):
    """Remove the person, once the word was typed."""
    lead, form = _lead_or_404(lead_id), ErasureForm(request.form)
    if not form.validate():
        return _erasure_page(lead, form, 422)
    raw_mail_ids = queries.raw_mails_about(lead)
    try:
        perform(operations.erase_lead, lead, raw_mail_ids)
    except Conflict as conflict:
        add_errors(form, conflict)
        return _erasure_page(_lead_or_404(lead_id), form, 409)
    flash("The person was erased. Their files are removed in a moment.", "success")
    return go(url_for("leads.index"))


def _erasure_page(lead: Lead, form: ErasureForm, status: int = 200):
    template = "privacy/_erasure.html" if request.method == "POST" else "privacy/_erasure_dialog.html"
    return render("privacy/erasure.html", template, status=status, lead=lead, form=form, held=queries.held(lead))


def _lead_or_404(lead_id: str) -> Lead:
    if "\x00" in lead_id:
        raise NotFound
    me: User = current_user._get_current_object()
    return visible_lead(me, lead_id)
