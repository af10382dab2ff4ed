"""The personal data of a lead, or of a contact: what there is, all of it as a file, and its removal."""

from flask import Response

from leadcrm.identity.permissions import MANAGERS, requires
from leadcrm.privacy.blueprint import (
    all_of_it,
    blueprint,
    contact_meant,
    erased,
    erasure_page,
    lead_meant,
    what_is_held,
)
from leadcrm.privacy.forms import ErasureForm


@blueprint.get("/leads/<lead_id>/personal-data")
@requires(*MANAGERS)
def show(lead_id: str) -> Response:
    return what_is_held(lead_meant(lead_id))


@blueprint.post("/leads/<lead_id>/personal-data/export")
@requires(*MANAGERS)
def export(lead_id: str) -> Response:
    return all_of_it(lead_meant(lead_id))


@blueprint.get("/leads/<lead_id>/erasure")
@requires("owner")
def confirm(lead_id: str) -> Response:
    return erasure_page(lead_meant(lead_id), ErasureForm())


@blueprint.post("/leads/<lead_id>/erasure")
@requires("owner")
def erase(lead_id: str) -> Response:
    return erased(lead_meant(lead_id))


@blueprint.get("/contacts/<contact_id>/personal-data")
@requires(*MANAGERS)
def show_of_contact(contact_id: str) -> Response:
    return what_is_held(contact_meant(contact_id))


@blueprint.post("/contacts/<contact_id>/personal-data/export")
@requires(*MANAGERS)
def export_of_contact(contact_id: str) -> Response:
    return all_of_it(contact_meant(contact_id))


@blueprint.get("/contacts/<contact_id>/erasure")
@requires("owner")
def confirm_of_contact(contact_id: str) -> Response:
    return erasure_page(contact_meant(contact_id), ErasureForm())


@blueprint.post("/contacts/<contact_id>/erasure")
@requires("owner")
def erase_contact(contact_id: str) -> Response:
    return erased(contact_meant(contact_id))
