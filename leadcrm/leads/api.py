"""Leads and their events as JSON."""

from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, request

from leadcrm.core import gazetteer
from leadcrm.core.api import ApiBlueprint, BadInput, act_for, answer_once, caller, listed
from leadcrm.core.api_fields import clean_text
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.core.limits import limiter
from leadcrm.core.revisions import as_read
from leadcrm.identity import queries as identity
from leadcrm.identity.models import User
from leadcrm.identity.permissions import is_staff
from leadcrm.leads import api_queries, operations, queries
from leadcrm.leads.data import Consent, LeadData
from leadcrm.leads.event_schemas import EventPage, EventQuery
from leadcrm.leads.filling import PLACE
from leadcrm.leads.models import Lead
from leadcrm.leads.schemas import (
    CapturedLeadSchema,
    HistorySchema,
    LeadDetailSchema,
    LeadInSchema,
    LeadPage,
    LeadPatchSchema,
    LeadQuery,
    LeadSchema,
)

blueprint = ApiBlueprint("leads", __name__, "People who may become business, and what happened to them.")

SUBMISSIONS_TO_REALTOR = "600/minute"  # without a token, from all addresses together
EXAMPLE = {
    "realtor_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10",
    "first_name": "Naledi",
    "last_name": "Mokoena",
    "email": "naledi@example.com",
    "phone": "+27821234567",
    "timezone": "Africa/Johannesburg",
    "source": "garden-flat survey",
    "answers": {"budget": "2500000", "rooms": 3},
}
TEXTS = ("email", "phone", "timezone", "company", "interest", "city", "country", "source")
DETAILS = ("first_name", "last_name", *TEXTS, "tags")


@blueprint.route("/leads", methods=["POST"], bearer="optional")
@blueprint.arguments(LeadInSchema(), error_status_code=400, example=EXAMPLE)
@blueprint.response(201, CapturedLeadSchema, description="A new lead.")
@blueprint.alt_response(
    200, schema=CapturedLeadSchema, description="The phone is known: the same lead, one inquiry more."
)
@blueprint.alt_response(404, response="NOT_FOUND")
def capture(body):
    """Submit a lead, with a realtor's public id or a token"""
    realtor = _realtor(body.pop("realtor_id", None))
    return _capture_from_public(body, realtor) if caller() is None else _capture(body, realtor)


@blueprint.route("/leads")
@blueprint.arguments(LeadQuery, location="query")
@blueprint.response(200, LeadPage)
def leads(query):
    """List leads outside the archive"""
    return listed(api_queries.lead_page(caller().user, query))


@blueprint.route("/leads/<uuid:lead_id>")
@blueprint.response(200, LeadDetailSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
def lead(lead_id: UUID):
    """Show one lead with its score and inquiries"""
    return jsonify(_shown(queries.visible_lead(caller().user, str(lead_id))))


@blueprint.route("/leads/<uuid:lead_id>", methods=["PATCH"])
@blueprint.arguments(LeadPatchSchema, example={"status": "qualified", "tags": ["cash buyer"], "revision": 3})
@blueprint.response(200, LeadDetailSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
@blueprint.alt_response(409, response="CONFLICT")
def change(body, lead_id: UUID):
    """Change a lead's fields, owner, account, tags or status, all or nothing"""
    if not body.keys().isdisjoint(PLACE):
        gazetteer.be_ready()
    return jsonify(perform(_change, str(lead_id), body))


@blueprint.route("/events")
@blueprint.arguments(EventQuery, location="query")
@blueprint.response(200, EventPage)
def events(query):
    """List what happened, newest first

    Members who see only some leads and accounts get the events of those.
    """
    filters = {name: query[name] for name in ("lead_id", "account_id", "name") if name in query}
    return listed(api_queries.event_page(caller().user, filters, query.get("cursor"), query["limit"]))


def _realtor(realtor_id: str | None) -> User | None:
    """Whose lead it is. Opens the realtor's organization for a caller without a token."""
    if realtor_id is None:
        if caller() is None:
            raise BadInput("Say whose lead this is.", {"realtor_id": ["Missing data for required field."]}, 400)
        return None
    realtor = identity.realtor_by_public_id(realtor_id)
    if realtor is None or not is_staff(realtor) or (caller() and realtor.organization_id != caller().organization_id):
        raise NotFound("There is no realtor with this id.")
    if caller() is None:
        act_for(realtor.organization_id)
    return realtor


def _realtor_asked() -> str:
    return str(UUID(request.get_json()["realtor_id"]))  # which has many spellings


@limiter.limit(lambda: SUBMISSIONS_TO_REALTOR, key_func=_realtor_asked)
def _capture_from_public(body: dict[str, Any], realtor: User) -> Response:
    return _capture(body, realtor)


def _capture(body: dict[str, Any], realtor: User | None) -> Response:
    try:
        submission = operations.read_submission(_said(body), realtor=realtor)
    except DomainError as error:
        raise BadInput(error.message, {error.field: [error.message]} if error.field else None, 400) from error
    next_page = _next(realtor)

    def take_in() -> tuple[dict[str, Any], int]:
        captured = operations.take_in(submission)
        answer = {"id": captured.lead_id, "status": captured.status, "score": captured.score, "next": next_page}
        return answer, 201 if captured.is_new else 200

    return answer_once(take_in)


def _said(body: dict[str, Any]) -> LeadData:
    first_name, last_name = _names(body)
    return LeadData(
        first_name=first_name,
        last_name=last_name,
        **{name: body[name] for name in (*TEXTS, "visitor") if name in body},
        consent=_consent(body),
        answers=body.get("answers", {}),
        payload=_payload(body),
    )


def _consent(body: dict[str, Any]) -> Consent | None:
    return Consent(body["consent"]["source"], body["consent"]["date"]) if "consent" in body else None


def _payload(body: dict[str, Any]) -> dict[str, Any]:
    """The submission as JSON again: what was read as a date is its text."""
    if "consent" not in body:
        return body
    return {**body, "consent": {**body["consent"], "date": body["consent"]["date"].isoformat()}}


def _names(body: dict[str, Any]) -> tuple[str, str]:
    """First and last name, told apart when only the whole was given; its last word is the last name."""
    first_name, last_name = body.get("first_name", ""), body.get("last_name", "")
    if first_name or last_name:
        return first_name, last_name
    words = clean_text(body.get("name", "")).split()
    return " ".join(words[:-1] if len(words) > 1 else words)[:120], " ".join(words[1:][-1:])[:120]


def _next(realtor: User | None) -> dict[str, str]:
    base = current_app.settings.base_url
    return {"kind": "thanks", "url": f"{base}/thanks/{realtor.realtor_id}" if realtor else f"{base}/thanks"}


def _change(lead_id: str, body: dict[str, Any]) -> dict[str, Any]:
    lead = queries.visible_lead(caller().user, lead_id)
    details = {name: body[name] for name in DETAILS if name in body}
    if "owner_id" in body:
        details["owner_id"] = body["owner_id"] or ""
    details["consent"] = _consent(body)
    with as_read(lead, body.get("revision")) as lead:
        operations.edit_lead(lead, LeadData(**details), body.get("revision"))
        if "account_id" in body:
            operations.link_account(lead, body["account_id"], by=caller().user)
        if "status" in body:
            operations.change_status(lead, body["status"], body.get("reason", ""))
    return _shown(lead)


def _shown(lead: Lead) -> dict[str, Any]:
    return {**LeadSchema().dump(lead), **HistorySchema().dump(api_queries.history(lead))}
