"""Meetings as the JSON API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from leadcrm.bookings.models import STATES
from leadcrm.core.api_fields import EARLIEST, LATEST, Instant, Text, Uuid, Zone, page_of

REALTOR = {"description": "The realtor's public id."}


class SlotsQuery(Schema):
    """Whose free times, on which day, by whose calendar."""

    realtor_id = Uuid(required=True, metadata=REALTOR)
    date = fields.Date(
        required=True,
        validate=validate.Range(EARLIEST.date(), LATEST.date()),
        metadata={"example": "2026-11-25", "description": "The visitor's day."},
    )
    timezone = Zone(load_default=None)


class SlotSchema(Schema):
    """A free time, by the clock of the zone that was asked for."""

    start = Instant(required=True)
    end = Instant(required=True)


SlotPage = page_of(SlotSchema)


class BookingInSchema(Schema):
    """A meeting that somebody wants: with whom, when, and who they are, by `lead_id` or by how to reach them.

    `timezone` is theirs; left out, it is what we know of the lead.
    """

    realtor_id = Uuid(metadata={"description": "The realtor's public id. With a token, left out: the lead's realtor."})
    lead_id = Uuid()
    first_name = Text(120, one_line=True)
    last_name = Text(120, one_line=True)
    email = Text(254, one_line=True)
    phone = Text(50, one_line=True, metadata={"description": "Normalised to E.164."})
    start = Instant(required=True, metadata={"description": "As a slot gave it."})
    timezone = Zone()

    @validates_schema
    def somebody(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not any(data.get(name) for name in ("lead_id", "email", "phone")):
            raise ValidationError("Give a lead's id, an email address or a phone number.", "lead_id")


class BookingSchema(Schema):
    id = fields.String(required=True)
    lead_id = fields.String(required=True)
    realtor_id = fields.Pluck("RealtorSchema", "realtor_id", attribute="realtor", required=True)
    start = Instant(required=True, metadata={"description": "By the visitor's clock."})
    end = Instant(required=True)
    timezone = fields.String(required=True)
    place = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    revision = fields.Integer(required=True)


class RealtorSchema(Schema):
    realtor_id = fields.String(required=True, metadata=REALTOR)


class SlotTakenDetail(Schema):
    code = fields.String(required=True, metadata={"description": "`slot_taken`: `alternatives` has the nearest ones."})
    message = fields.String(required=True)
    fields_ = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), data_key="fields")
    alternatives = fields.List(fields.Nested(SlotSchema))


class RefusedBookingSchema(Schema):
    """What could not be read, or a time that is not free."""

    error = fields.Nested(SlotTakenDetail, required=True)
