"""The people at accounts as JSON."""

from typing import Any
from uuid import UUID

from flask import jsonify

from leadcrm.accounts import operations, queries
from leadcrm.accounts.data import ContactData
from leadcrm.accounts.schemas import ContactInSchema, ContactPage, ContactPatchSchema, ContactQuery, ContactSchema, said
from leadcrm.core.api import ApiBlueprint, answer_once, caller, listed
from leadcrm.core.db import lock, perform
from leadcrm.core.revisions import as_read

blueprint = ApiBlueprint("contacts", __name__, "The people at accounts.")

EXAMPLE = {
    "account_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10",
    "first_name": "Thandi",
    "last_name": "Nkosi",
    "position": "Buyer",
    "email": "thandi@mokoena.example",
}
SAID = ("first_name", "last_name", "position", "email", "phone")


@blueprint.route("/contacts")
@blueprint.arguments(ContactQuery, location="query")
@blueprint.response(200, ContactPage)
def contacts(query):
    """List contacts, newest first, also those who left"""
    user = caller().user
    return listed(queries.contact_page(user, query.get("account_id"), query.get("cursor"), query["limit"]))


@blueprint.route("/contacts/<uuid:contact_id>")
@blueprint.response(200, ContactSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
def contact(contact_id: UUID):
    """Show one contact"""
    return queries.visible_contact(caller().user, str(contact_id))


@blueprint.route("/contacts", methods=["POST"])
@blueprint.arguments(ContactInSchema, example=EXAMPLE)
@blueprint.response(201, ContactSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
def create(body):
    """Add a contact to an account"""
    return answer_once(lambda: (_create(body), 201))


@blueprint.route("/contacts/<uuid:contact_id>", methods=["PATCH"])
@blueprint.arguments(ContactPatchSchema, example={"position": "Head of buying", "is_primary": True})
@blueprint.response(200, ContactSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
@blueprint.alt_response(409, response="CONFLICT")
def change(body, contact_id: UUID):
    """Change a contact, make them the main one, or say that they left; all or nothing"""
    return jsonify(perform(_change, str(contact_id), body))


def _create(body: dict[str, Any]) -> dict[str, Any]:
    account = queries.visible_account(caller().user, body["account_id"])
    made = operations.add_contact(account, ContactData(**said(body, SAID)), is_primary=body["is_primary"])
    return ContactSchema().dump(made)


def _change(contact_id: str, body: dict[str, Any]) -> dict[str, Any]:
    found = queries.visible_contact(caller().user, contact_id)
    lock(found.account)  # before its people, as everywhere
    with as_read(found, body.get("revision")) as row:
        operations.edit_contact(row, ContactData(**said(body, SAID)))
        if "left" in body:
            (operations.note_leaving if body["left"] else operations.note_return)(row)
        if "is_primary" in body:
            operations.make_primary(row)
    return ContactSchema().dump(row)
