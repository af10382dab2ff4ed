"""Opportunities as JSON."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import jsonify

from leadcrm.accounts import operations, queries
from leadcrm.accounts.models import Opportunity
from leadcrm.accounts.opportunity_schemas import (
    OpportunityInSchema,
    OpportunityPage,
    OpportunityPatchSchema,
    OpportunityQuery,
    OpportunitySchema,
    opportunity_data,
)
from leadcrm.core.api import ApiBlueprint, answer_once, caller
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.revisions import as_read
from leadcrm.identity.queries import organization

blueprint = ApiBlueprint("opportunities", __name__, "Possible deals with accounts.")

EXAMPLE = {
    "account_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10",
    "name": "Twelve garden flats",
    "amount": "1250000.00",
    "close_date": "2027-03-31",
}


@blueprint.route("/opportunities")
@blueprint.arguments(OpportunityQuery, location="query")
@blueprint.response(200, OpportunityPage)
def opportunities(query):
    """List opportunities, newest first"""
    user = caller().user
    filters = {name: query[name] for name in ("account_id", "stage") if name in query}
    if "owner" in query:
        filters["owner_id"] = {"me": user.id, "none": None}.get(query["owner"], query["owner"])
    page = queries.opportunity_page(user, filters, query.get("cursor"), query["limit"])
    return jsonify(items=_shown(page.items), next=page.next)


@blueprint.route("/opportunities/<uuid:opportunity_id>")
@blueprint.response(200, OpportunitySchema)
@blueprint.alt_response(404, response="NOT_FOUND")
def opportunity(opportunity_id: UUID):
    """Show one opportunity"""
    return jsonify(_shown_alone(queries.visible_opportunity(caller().user, str(opportunity_id))))


@blueprint.route("/opportunities", methods=["POST"])
@blueprint.arguments(OpportunityInSchema, example=EXAMPLE)
@blueprint.response(201, OpportunitySchema)
@blueprint.alt_response(404, response="NOT_FOUND")
def create(body):
    """Begin an opportunity with an account"""
    return answer_once(lambda: (_create(body), 201))


@blueprint.route("/opportunities/<uuid:opportunity_id>", methods=["PATCH"])
@blueprint.arguments(OpportunityPatchSchema, example={"stage": "closed_lost", "lost_reason": "Too dear", "revision": 3})
@blueprint.response(200, OpportunitySchema)
@blueprint.alt_response(404, response="NOT_FOUND")
@blueprint.alt_response(409, response="CONFLICT")
def change(body, opportunity_id: UUID):
    """Change an opportunity, give it to somebody, or move it to another stage; all or nothing"""
    return jsonify(perform(_change, str(opportunity_id), body))


def _create(body: dict[str, Any]) -> dict[str, Any]:
    account = queries.visible_account(caller().user, body["account_id"])
    return _shown_alone(operations.create_opportunity(account, opportunity_data(body)))


def _change(opportunity_id: str, body: dict[str, Any]) -> dict[str, Any]:
    found = queries.visible_opportunity(caller().user, opportunity_id)
    with as_read(found, body.get("revision")) as deal:
        operations.edit_opportunity(deal, opportunity_data(body))
        if "stage" in body:
            operations.move_to_stage(deal, body["stage"], body.get("lost_reason", ""))
        _refuse_another_reason(deal, body)
    return _shown_alone(deal)


def _refuse_another_reason(deal: Opportunity, body: dict[str, Any]) -> None:
    """Raises DomainError for one that goes with no move: it would be dropped without a word."""
    if " ".join(body.get("lost_reason", deal.lost_reason).split()) != deal.lost_reason:
        raise DomainError("A reason goes with the move to closed_lost.", "lost_reason")


def _shown_alone(deal: Opportunity) -> dict[str, Any]:
    return _shown([deal])[0]


def _shown(deals: Sequence[Opportunity]) -> list[dict[str, Any]]:
    money = {"currency": organization().currency}
    return [shown | money for shown in OpportunitySchema(many=True).dump(deals)]
