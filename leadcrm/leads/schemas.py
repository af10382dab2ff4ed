"""Leads as the JSON API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from leadcrm.core.api_fields import Answers, Choice, Country, Instant, PageQuery, Revision, Text, Uuid, Zone, page_of
from leadcrm.identity.schemas import OwnerSchema
from leadcrm.leads.models import CONTACT_KINDS, PRIORITIES, STATUSES, Lead

SORTS = ("activity", "created", "name", "score")
FILTERS = ("booked", "hot")
MOST_TAGS = 20


class ConsentSchema(Schema):
    """Where and on which day the person agreed to be written to at the addresses given with it."""

    source = Text(120, needed=True, one_line=True, metadata={"example": "trade fair form"})
    date = fields.Date(required=True, metadata={"example": "2026-03-01"})


class HeldConsentSchema(ConsentSchema):
    """The same of one address."""

    kind = fields.String(required=True, metadata={"enum": list(CONTACT_KINDS)})
    address = fields.String(required=True)


class LeadInSchema(Schema):
    """A submission: who they are, how to reach them, what they answered. Give `name`, or its two parts."""

    realtor_id = Uuid(metadata={"description": "The realtor's public id. Needed without a token."})
    first_name = Text(120, one_line=True)
    last_name = Text(120, one_line=True)
    name = Text(240, one_line=True, metadata={"description": "Instead of first_name and last_name."})
    email = Text(254, one_line=True, metadata={"example": "naledi@example.com"})
    phone = Text(50, one_line=True, metadata={"example": "+27821234567", "description": "Normalised to E.164."})
    timezone = Zone()
    company = Text(160, one_line=True)
    interest = Text(200, one_line=True, metadata={"description": "What they are after, in a few words."})
    city = Text(120, one_line=True, metadata={"example": "Cape Town"})
    country = Country()
    source = Text(60, one_line=True, metadata={"example": "garden-flat survey"})
    answers = Answers()
    consent = fields.Nested(ConsentSchema)
    visitor = fields.String(
        validate=[validate.Regexp(r"^[0-9a-f]{32}$"), validate.Length(equal=32)],
        metadata={"description": "What `leadcrm.visitor()` says on your site: joins earlier visits to the lead."},
    )

    @validates_schema
    def reachable(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not data.get("email") and not data.get("phone"):
            raise ValidationError("Give an email address or a phone number.", "email")


class NextSchema(Schema):
    kind = fields.String(required=True, metadata={"enum": ["booking", "thanks"]})
    url = fields.URL(required=True, require_tld=False, metadata={"description": "Where to send the person now."})


class CapturedLeadSchema(Schema):
    id = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    score = fields.Integer(required=True)
    next = fields.Nested(NextSchema, required=True)


class LeadSchema(Schema):
    id = fields.String(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    name = fields.String(required=True, metadata={"description": "As shown: the name, else the company or an address."})
    company = fields.String(required=True)
    email = fields.Method("email_of", required=True, metadata={"type": ["string", "null"]})
    phone = fields.Method("phone_of", required=True, metadata={"type": ["string", "null"], "description": "E.164."})
    timezone = fields.String(required=True)
    interest = fields.String(required=True)
    city = fields.String(required=True)
    country = fields.String(required=True, metadata={"description": "ISO 3166-1, two letters; empty when not known."})
    source = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    status_reason = fields.String(required=True)
    score = fields.Integer(required=True, metadata={"minimum": 0, "maximum": 100})
    priority = fields.String(required=True, metadata={"enum": list(PRIORITIES)})
    owner = fields.Nested(OwnerSchema, required=True, allow_none=True)
    account_id = fields.String(
        required=True, allow_none=True, metadata={"description": "Whose customer they are: the account it became."}
    )
    tags = fields.Pluck("TagSchema", "name", many=True, required=True)
    created_at = Instant(required=True)
    last_activity_at = Instant(required=True)
    archived_at = Instant(required=True, allow_none=True)
    revision = fields.Integer(required=True, metadata={"description": "Send it with a PATCH to refuse a stale edit."})

    def email_of(self, lead: Lead) -> str | None:
        return lead.address("email") or None

    def phone_of(self, lead: Lead) -> str | None:
        return lead.address("phone") or None


class TagSchema(Schema):
    name = fields.String(required=True)


class ScoreLineSchema(Schema):
    points = fields.Integer(required=True)
    reason = fields.String(required=True)
    at = Instant(required=True)


class InquirySchema(Schema):
    id = fields.String(required=True)
    source = fields.String(required=True)
    answers = fields.Dict(required=True)
    differences = fields.Dict(
        required=True, metadata={"description": "What it said against what we held; the held value stayed."}
    )
    created_at = Instant(required=True)


class HistorySchema(Schema):
    """What only a lead's own page shows."""

    score_lines = fields.List(
        fields.Nested(ScoreLineSchema), required=True, metadata={"description": "Their sum is the score."}
    )
    inquiries = fields.List(fields.Nested(InquirySchema), required=True, metadata={"description": "Newest first."})
    consents = fields.List(fields.Nested(HeldConsentSchema), required=True)


class LeadDetailSchema(LeadSchema, HistorySchema):
    """A lead with its history."""


LeadPage = page_of(LeadSchema)


class LeadQuery(PageQuery):
    filter = Choice(
        FILTERS,
        metadata={"description": "`hot`: a score of 70 or more; `booked`: with a meeting that was not canceled."},
    )
    status = Choice(STATUSES)
    q = Text(100, metadata={"description": "Any part of the name, company, e-mail address or phone number."})
    owner = Text(36, metadata={"description": "A user's id, `me` or `none`."})
    sort = Choice(SORTS, metadata={"description": "Descending, `name` ascending. Without it: newest first."})


class LeadPatchSchema(Schema):
    """What changes; what is left out stays."""

    first_name = Text(120, one_line=True)
    last_name = Text(120, one_line=True)
    email = Text(254, one_line=True, metadata={"description": "Empty: take the main address away."})
    phone = Text(50, one_line=True)
    timezone = Zone()
    company = Text(160, one_line=True)
    interest = Text(200, one_line=True)
    city = Text(120, one_line=True)
    country = Country()
    source = Text(60, one_line=True)
    owner_id = Uuid(allow_none=True, metadata={"description": "A member of the team; null for nobody."})
    account_id = Uuid(allow_none=True, metadata={"description": "Whose customer they are; null for nobody's."})
    tags = fields.List(Text(40, one_line=True), validate=validate.Length(max=MOST_TAGS))
    consent = fields.Nested(ConsentSchema, metadata={"description": "For the main addresses."})
    status = Choice(STATUSES)
    reason = Text(200, one_line=True, metadata={"description": "Why the status changes; needed for unqualified."})
    revision = Revision()
