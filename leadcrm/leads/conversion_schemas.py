"""Conversions as the JSON API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from leadcrm.accounts.opportunity_schemas import NewOpportunitySchema
from leadcrm.accounts.schemas import NewAccountSchema
from leadcrm.core.api_fields import Uuid
from leadcrm.core.openapi import ErrorDetail


class ConversionInSchema(Schema):
    """What the lead becomes. With no account named: the one it is linked to, else a new one called as its company."""

    account = fields.Nested(NewAccountSchema, metadata={"description": "A new account; it gets the lead's owner."})
    account_id = Uuid(metadata={"description": "An account that is there."})
    opportunity = fields.Nested(
        NewOpportunitySchema,
        metadata={"description": "Begun with the lead's owner; its kind is new_business, or upsell of a customer."},
    )

    @validates_schema
    def of_one_account(self, body: dict[str, Any], **kwargs: Any) -> None:
        if "account" in body and "account_id" in body:
            raise ValidationError("Name a new account or one that is there, not both.", "account_id")


class ConversionSchema(Schema):
    account_id = fields.String(required=True)
    contact_id = fields.String(required=True, allow_none=True)
    opportunity_id = fields.String(required=True, allow_none=True)


class ConvertedBeforeSchema(ConversionSchema):
    """The error, and beside it what the lead became."""

    error = fields.Nested(ErrorDetail, required=True)
