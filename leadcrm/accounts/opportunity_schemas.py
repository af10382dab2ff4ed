"""Opportunities as the JSON API takes and gives them."""

import re
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from leadcrm.accounts.data import OpportunityData
from leadcrm.accounts.models import LARGEST_AMOUNT, OPPORTUNITY_KINDS
from leadcrm.accounts.operations.values import LONGEST
from leadcrm.accounts.pipeline import STAGES, weighted
from leadcrm.accounts.schemas import FILTER_OF_OWNER, NAMED, OWNER, said
from leadcrm.core.api_fields import Choice, Day, Instant, PageQuery, Revision, Text, Uuid, page_of
from leadcrm.identity.schemas import OwnerSchema

AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,2})?$"
PERSON = {"description": "Somebody at the account."}


class Amount(fields.Field):
    """Money, as text or as a number; at most two decimals."""

    default_error_messages = {"invalid": "An amount is 0 or more, less than a trillion, with at most two decimals."}

    def __init__(self, **kwargs: Any):
        told = {"type": ["string", "number"], "pattern": AMOUNT, "minimum": 0, "maximum": float(LARGEST_AMOUNT)}
        super().__init__(metadata={**told, "example": "1250000.00"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if not re.fullmatch(AMOUNT, text := str(value)):
            raise self.make_error("invalid")
        return Decimal(text)


class OpportunitySchema(Schema):
    id = fields.String(required=True)
    account_id = fields.String(required=True)
    contact_id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(OPPORTUNITY_KINDS)})
    stage = fields.String(required=True, metadata={"enum": list(STAGES)})
    probability = fields.Function(
        lambda deal: STAGES[deal.stage],
        required=True,
        metadata={"type": "integer", "minimum": 0, "maximum": 100, "description": "Percent; the stage's."},
    )
    amount = fields.Decimal(
        places=2, as_string=True, required=True, allow_none=True, metadata={"type": "string", "example": "1250000.00"}
    )
    weighted_amount = fields.Function(
        lambda deal: str(weighted(deal.amount, deal.stage)),
        required=True,
        metadata={"type": "string", "example": "312500.00", "description": "The amount times the probability."},
    )
    currency = fields.String(required=True, metadata={"example": "ZAR", "description": "The organization's."})
    close_date = fields.Date(required=True, allow_none=True, metadata={"description": "By when it is expected."})
    lost_reason = fields.String(required=True, metadata={"description": "Why it is at closed_lost; else empty."})
    notes = fields.String(required=True)
    source = fields.String(required=True, metadata={"description": "Of the lead it came from."})
    owner = fields.Nested(OwnerSchema, required=True, allow_none=True)
    stage_since = Instant(required=True)
    closed_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    revision = fields.Integer(required=True, metadata={"description": "Send it with a PATCH to refuse a stale edit."})


OpportunityPage = page_of(OpportunitySchema)


class OpportunityQuery(PageQuery):
    account_id = Uuid()
    stage = Choice(tuple(STAGES))
    owner = Text(36, metadata=FILTER_OF_OWNER)


class NewOpportunitySchema(Schema):
    """A possible deal, at the first stage; its amount is in the organization's currency."""

    name = Text(LONGEST["opportunity_name"], needed=True, one_line=True)
    kind = Choice(OPPORTUNITY_KINDS)
    amount = Amount(allow_none=True)
    close_date = Day(allow_none=True, metadata={"example": "2027-03-31"})
    notes = Text(LONGEST["notes"])


class OpportunityInSchema(NewOpportunitySchema):
    """A possible deal with an account, at the first stage; its amount is in the organization's currency."""

    account_id = Uuid(required=True)
    contact_id = Uuid(allow_none=True, metadata=PERSON)
    owner_id = Uuid(allow_none=True, metadata=OWNER)


class OpportunityPatchSchema(NewOpportunitySchema):
    """What changes; what is left out stays."""

    name = Text(LONGEST["opportunity_name"], one_line=True, metadata=NAMED)
    contact_id = Uuid(allow_none=True, metadata=PERSON)
    owner_id = Uuid(allow_none=True, metadata=OWNER)
    stage = Choice(tuple(STAGES))
    lost_reason = Text(LONGEST["lost_reason"], one_line=True, metadata={"description": "Needed by closed_lost."})
    revision = Revision()

    @validates_schema
    def reasoned(self, body: dict[str, Any], **kwargs: Any) -> None:
        if body.get("stage") == "closed_lost" and not body.get("lost_reason"):
            raise ValidationError("Say why it was lost.", "lost_reason")


def opportunity_data(body: dict[str, Any]) -> OpportunityData:
    """What a body says of a deal; null empties what may be empty."""
    return OpportunityData(
        **said(body, ("name", "kind", "notes", "contact_id", "owner_id")),
        amount=body.get("amount"),
        no_amount="amount" in body and body["amount"] is None,
        close_date=body.get("close_date"),
        no_date="close_date" in body and body["close_date"] is None,
    )
