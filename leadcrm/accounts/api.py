"""Accounts as JSON."""

from typing import Any
from uuid import UUID

from flask import jsonify

from leadcrm.accounts import operations, queries
from leadcrm.accounts.data import AccountData, AccountFilters
from leadcrm.accounts.models import Account
from leadcrm.accounts.schemas import AccountInSchema, AccountPage, AccountPatchSchema, AccountQuery, AccountSchema, said
from leadcrm.core.api import ApiBlueprint, answer_once, caller, listed
from leadcrm.core.db import perform
from leadcrm.core.revisions import as_read

blueprint = ApiBlueprint("accounts", __name__, "Customer companies.")

EXAMPLE = {"name": "Mokoena Homes", "industry": "Property", "website": "https://mokoena.example"}
SAID = ("name", "industry", "website", "notes", "owner_id")


@blueprint.route("/accounts")
@blueprint.arguments(AccountQuery, location="query")
@blueprint.response(200, AccountPage)
def accounts(query):
    """List accounts, those in the archive or the others"""
    user = caller().user
    owner = user.id if query.get("owner") == "me" else query.get("owner")
    filters = AccountFilters(q=query.get("q", ""), owner=owner, archived=query["archived"])
    return listed(queries.account_page(user, filters, query["sort"], query.get("cursor"), query["limit"]))


@blueprint.route("/accounts/<uuid:account_id>")
@blueprint.response(200, AccountSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
def account(account_id: UUID):
    """Show one account"""
    return queries.visible_account(caller().user, str(account_id))


@blueprint.route("/accounts", methods=["POST"])
@blueprint.arguments(AccountInSchema, example=EXAMPLE)
@blueprint.response(201, AccountSchema)
def create(body):
    """Add an account"""
    return answer_once(lambda: (AccountSchema().dump(operations.create_account(AccountData(**said(body, SAID)))), 201))


@blueprint.route("/accounts/<uuid:account_id>", methods=["PATCH"])
@blueprint.arguments(AccountPatchSchema, example={"health": 80, "archived": False, "revision": 3})
@blueprint.response(200, AccountSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
@blueprint.alt_response(409, response="CONFLICT")
def change(body, account_id: UUID):
    """Change an account, give it to somebody, put it away or bring it back; all or nothing"""
    return jsonify(perform(_change, str(account_id), body))


def _change(account_id: str, body: dict[str, Any]) -> dict[str, Any]:
    found = queries.visible_account(caller().user, account_id)
    with as_read(found, body.get("revision")) as row:
        operations.edit_account(row, AccountData(**said(body, SAID)))
        if "health" in body:
            operations.set_health(row, body["health"])
        if "archived" in body:
            _put_away(row, body["archived"])
    return AccountSchema().dump(row)


def _put_away(row: Account, archived: bool) -> None:
    if archived:
        operations.archive_account(row)
    else:
        operations.restore_account(row)
