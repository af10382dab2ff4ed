"""A lead becomes a customer, as JSON."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from leadcrm.accounts.data import AccountData
from leadcrm.accounts.opportunity_schemas import opportunity_data
from leadcrm.core.api import ApiBlueprint, answer_once, caller
from leadcrm.leads import operations, queries
from leadcrm.leads.conversion_schemas import ConversionInSchema, ConversionSchema, ConvertedBeforeSchema
from leadcrm.leads.data import ConversionData
from leadcrm.leads.operations import AlreadyConverted

blueprint = ApiBlueprint("conversions", __name__, "Leads become customers.")

EXAMPLE = {
    "account": {"name": "Mokoena Homes", "industry": "Property"},
    "opportunity": {"name": "Twelve garden flats", "amount": "1250000.00", "close_date": "2027-03-31"},
}
MADE = {
    "account_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10",
    "contact_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a11",
    "opportunity_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a12",
}
KNOWN = {"error": {"code": "already_converted", "message": "This lead has been converted already."}, **MADE}


@blueprint.route("/leads/<uuid:lead_id>/convert", methods=["POST"])
@blueprint.arguments(ConversionInSchema, example=EXAMPLE)
@blueprint.response(201, ConversionSchema, example=MADE)
@blueprint.alt_response(404, response="NOT_FOUND")
@blueprint.alt_response(409, schema=ConvertedBeforeSchema, description="It was converted before.", example=KNOWN)
def convert(body, lead_id: UUID):
    """Make a qualified lead a contact of an account, maybe with an opportunity; once"""
    try:
        return answer_once(lambda: (_convert(str(lead_id), body), 201))
    except AlreadyConverted as known:
        return _told_again(known)


def _told_again(known: AlreadyConverted) -> Response:
    response = jsonify(error={"code": known.code, "message": known.message}, **known.ids)
    response.status_code = known.status
    return response


def _convert(lead_id: str, body: dict[str, Any]) -> dict[str, Any]:
    user = caller().user
    lead = queries.visible_lead(user, lead_id)
    return operations.convert_lead(lead, _asked(body), by=user).ids


def _asked(body: dict[str, Any]) -> ConversionData:
    account = AccountData(**body.get("account", {}))
    deal = opportunity_data(body["opportunity"]) if "opportunity" in body else None
    return ConversionData(
        account_id=body.get("account_id"),
        account_name=account.name or "",
        about_account=account,
        opportunity=deal,
    )
