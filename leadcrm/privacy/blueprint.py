"""The blueprint of personal data, and what its pages do for whoever is meant: a lead, or a contact without one."""

from dataclasses import dataclass

from flask import Blueprint, Response, current_app, flash, request, send_file, url_for
from flask_login import current_user

from leadcrm.accounts.models import Contact
from leadcrm.accounts.queries import visible_contact
from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.core.errors import Conflict
from leadcrm.core.web import add_errors, go, render
from leadcrm.identity.permissions import me
from leadcrm.leads.models import Lead
from leadcrm.leads.queries import visible_lead
from leadcrm.privacy import operations, queries
from leadcrm.privacy.data import Person
from leadcrm.privacy.dossier import write_dossier
from leadcrm.privacy.forms import ErasureForm

blueprint = Blueprint("privacy", __name__)


@dataclass(frozen=True)
class Whom:
    """Somebody with the row that stands for them, and their pages: `url` begins these, `back` is where they stand."""

    row: Lead | Contact
    person: Person
    url: str
    back: str
    list: str  # where one is when they are gone


def lead_meant(lead_id: str) -> Whom:
    """Raises NotFound for a lead that one may not see."""
    lead = visible_lead(me(), lead_id)
    url = url_for("leads.show", lead_id=lead.id)
    return Whom(lead, queries.person_of_lead(lead), url, url, url_for("leads.index"))


def contact_meant(contact_id: str) -> Whom:
    """The lead they are known as, else the contact alone. Raises NotFound for whom one may not see."""
    contact = visible_contact(me(), contact_id)
    if contact.lead_id is not None:
        return lead_meant(contact.lead_id)
    back = url_for("accounts.show", account_id=contact.account_id)
    return Whom(contact, queries.person_of_contact(contact), f"/contacts/{contact.id}", back, back)


def what_is_held(whom: Whom) -> Response:
    """What there is, and what can be done with it."""
    held = queries.held(whom.person)
    return render("privacy/show.html", "privacy/_show_dialog.html", whom=whom, held=held)


def all_of_it(whom: Whom) -> Response:
    """A ZIP; that it was taken is a fact on the timeline."""
    if isinstance(whom.row, Lead):
        perform(operations.note_export, whom.row)
    else:
        perform(operations.note_export_of_contact, whom.row)
    now, person = clock.now(), whom.person
    file = write_dossier(person, current_user.organization.name, now, current_app.settings.uploads)
    name = f"personal-data-{person.id[-12:]}-{now:%Y-%m-%d}.zip"
    response = send_file(file, mimetype="application/zip", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def erasure_page(whom: Whom, form: ErasureForm, status: int = 200) -> Response:
    """What goes, what stays and why, before it is done."""
    template = "privacy/_erasure.html" if request.method == "POST" else "privacy/_erasure_dialog.html"
    held = queries.held(whom.person)
    return render("privacy/erasure.html", template, status=status, whom=whom, form=form, held=held)


def erased(whom: Whom) -> Response:
    """Remove the person, once the word was typed."""
    form = ErasureForm(request.form)
    if not form.validate():
        return erasure_page(whom, form, 422)
    loose = queries.loose_about(whom.person)
    try:
        if isinstance(whom.row, Lead):
            perform(operations.erase_lead, whom.row, loose)
        else:
            perform(operations.erase_contact, whom.row, loose)
    except Conflict as conflict:
        add_errors(form, conflict)
        return erasure_page(whom, form, 409)
    flash("The person was erased. Their files are removed in a moment.", "success")
    return go(whom.list)
