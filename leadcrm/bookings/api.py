"""Free times and meetings as JSON."""

from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request

from leadcrm.bookings import operations, queries
from leadcrm.bookings.models import Booking
from leadcrm.bookings.schemas import (
    BookingInSchema,
    BookingSchema,
    RefusedBookingSchema,
    SlotPage,
    SlotSchema,
    SlotsQuery,
)
from leadcrm.bookings.slots import Slot, day_in
from leadcrm.core.api import ApiBlueprint, BadInput, act_for, answer_once, caller
from leadcrm.core.db import get_or_404, perform
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.core.limits import limiter
from leadcrm.core.zones import zone
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads import queries as lead_queries
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from leadcrm.leads.operations.capturing import Submission

blueprint = ApiBlueprint("bookings", __name__, "When realtors can be met, and the meetings booked with them.")

BOOKINGS_WITH_REALTOR = "120/minute"  # without a token, from all addresses together
SOURCE = "booking"
EXAMPLE = {
    "realtor_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10",
    "first_name": "Naledi",
    "email": "naledi@example.com",
    "phone": "+27821234567",
    "start": "2026-11-25T10:30:00+02:00",
    "timezone": "Africa/Johannesburg",
}


@blueprint.route("/slots", bearer="optional")
@blueprint.arguments(SlotsQuery, location="query", error_status_code=400)
@blueprint.response(200, SlotPage)
@blueprint.alt_response(404, response="NOT_FOUND")
def slots(query):
    """List when a realtor can be met on one day"""
    realtor = _realtor(query["realtor_id"])
    rules = queries.rules_of(realtor)
    local = zone(query["timezone"]) if query["timezone"] else rules.zone
    free = queries.free_slots(realtor, *day_in(local, query["date"]), rules=rules)
    return {"items": [_in_zone(slot, local) for slot in free], "next": None}


@blueprint.route("/bookings", methods=["POST"], bearer="optional")
@blueprint.arguments(BookingInSchema(), error_status_code=400, example=EXAMPLE)
@blueprint.response(201, BookingSchema, description="A new meeting.")
@blueprint.alt_response(200, schema=BookingSchema, description="The lead's meeting with this realtor, moved.")
@blueprint.alt_response(400, schema=RefusedBookingSchema, description="Not readable, or the time is not free.")
@blueprint.alt_response(404, response="NOT_FOUND")
def book(body):
    """Book a meeting with a realtor, or move the one the lead has"""
    realtor = _realtor(body["realtor_id"]) if "realtor_id" in body else _own_realtor(body)
    return _book_from_public(body, realtor) if caller() is None else _book(body, realtor)


@blueprint.route("/bookings/<uuid:booking_id>", methods=["DELETE"])
@blueprint.response(200, BookingSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
def cancel(booking_id: UUID):
    """Cancel a meeting that has not begun"""
    return jsonify(perform(_cancel, str(booking_id)))


def _realtor(realtor_id: str) -> User:
    """Opens the realtor's organization for a caller without a token."""
    realtor = queries.bookable(realtor_id)
    if realtor is None or (caller() and realtor.organization_id != caller().organization_id):
        raise NotFound("There is no realtor with this id.")
    if caller() is None:
        act_for(realtor.organization_id)
    return realtor


def _own_realtor(body: dict[str, Any]) -> User:
    """The lead's realtor; only members of the team may leave them unsaid."""
    realtor = None
    if caller() is not None and "lead_id" in body:
        realtor = queries.realtor_of(lead_queries.visible_lead(caller().user, body["lead_id"]))
    if realtor is None:
        raise BadInput("Say with whom.", {"realtor_id": ["Missing data for required field."]}, 400)
    return realtor


def _realtor_asked() -> str:
    return str(UUID(request.get_json()["realtor_id"]))  # which has many spellings


@limiter.limit(lambda: BOOKINGS_WITH_REALTOR, key_func=_realtor_asked)
def _book_from_public(body: dict[str, Any], realtor: User) -> Response:
    return _book(body, realtor)


def _book(body: dict[str, Any], realtor: User) -> Response:
    start, timezone = body["start"], body.get("timezone")
    submission = None if "lead_id" in body else _submission(body, realtor)

    def effect() -> tuple[dict[str, Any], int]:
        if submission is not None:
            booking, is_new = operations.book_visitor(submission, realtor, start, timezone)
        elif caller() is None:
            booking, is_new = operations.book_returning(get_or_404(Lead, body["lead_id"]), realtor, start, timezone)
        else:
            lead = lead_queries.visible_lead(caller().user, body["lead_id"])
            booking, is_new = operations.book(lead, realtor, start, timezone)
        return _told(booking), 201 if is_new else 200

    try:
        return answer_once(effect)
    except operations.SlotTaken as refusal:
        return _taken(refusal, realtor, start, zone(timezone) if timezone else start.tzinfo)


def _submission(body: dict[str, Any], realtor: User) -> Submission:
    said = {name: body[name] for name in ("first_name", "last_name", "email", "phone", "timezone") if name in body}
    payload = {**body, "start": body["start"].isoformat()}
    try:
        return leads.read_submission(LeadData(**said, source=SOURCE, payload=payload), realtor=realtor)
    except DomainError as error:
        raise BadInput(error.message, {error.field: [error.message]} if error.field else None, 400) from error


def _taken(refusal: operations.SlotTaken, realtor: User, start: datetime, local: tzinfo | None) -> Response:
    near = [SlotSchema().dump(_in_zone(slot, local)) for slot in queries.alternatives(realtor, start)]
    error = {"code": refusal.code, "message": refusal.message, "fields": {"start": [refusal.message]}}
    response = jsonify({"error": {**error, "alternatives": near}})
    response.status_code = refusal.status
    return response


def _cancel(booking_id: str) -> dict[str, Any]:
    booking = queries.visible_booking(caller().user, booking_id)
    operations.cancel(booking)
    return _told(booking)


def _told(booking: Booking) -> dict[str, Any]:
    local = zone(booking.timezone)
    when = {"start": booking.starts_at.astimezone(local), "end": booking.ends_at.astimezone(local)}
    shown = ("id", "lead_id", "realtor", "timezone", "place", "state", "revision")
    return BookingSchema().dump({**{name: getattr(booking, name) for name in shown}, **when})


def _in_zone(slot: Slot, local: tzinfo | None) -> Slot:
    return Slot(slot.start.astimezone(local), slot.end.astimezone(local))
