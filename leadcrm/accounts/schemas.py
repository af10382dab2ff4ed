"""Accounts and their people as the JSON API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from leadcrm.accounts.models import HIGHEST_HEALTH
from leadcrm.accounts.operations.values import LONGEST, website
from leadcrm.accounts.queries import ACCOUNT_ORDERS
from leadcrm.core.api_fields import Choice, Flag, Instant, PageQuery, Revision, Text, Uuid, page_of
from leadcrm.core.errors import DomainError
from leadcrm.identity.schemas import OwnerSchema

FILTER_OF_OWNER = {"description": "A user's id, `me` or `none`."}
OWNER = {"description": "A member of the team; null for nobody."}
NAMED = {"minLength": 1}


class Website(Text):
    """A web address; `acme.example` is `https://acme.example`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return website(super()._deserialize(value, attr, data, **kwargs))
        except DomainError as refusal:
            raise ValidationError(refusal.message) from None


class AccountSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    industry = fields.String(required=True)
    website = fields.String(required=True)
    notes = fields.String(required=True)
    health = fields.Integer(required=True, metadata={"minimum": 0, "maximum": HIGHEST_HEALTH})
    owner = fields.Nested(OwnerSchema, required=True, allow_none=True)
    created_at = Instant(required=True)
    archived_at = Instant(required=True, allow_none=True)
    revision = fields.Integer(required=True, metadata={"description": "Send it with a PATCH to refuse a stale edit."})


AccountPage = page_of(AccountSchema)


class AccountQuery(PageQuery):
    q = Text(100, metadata={"description": "Any part of the name."})
    owner = Text(36, metadata=FILTER_OF_OWNER)
    archived = fields.Boolean(truthy={"true"}, falsy={"false"}, load_default=False)
    sort = Choice(
        tuple(ACCOUNT_ORDERS),
        load_default="name",
        metadata={"description": "By name, newest first, or those in danger first."},
    )


class NewAccountSchema(Schema):
    """A customer company, as it comes of a conversion."""

    name = Text(LONGEST["name"], needed=True, one_line=True)
    industry = Text(LONGEST["industry"], one_line=True)
    website = Website(LONGEST["website"], one_line=True, metadata={"example": "https://example.com"})
    notes = Text(LONGEST["notes"])


class AccountInSchema(NewAccountSchema):
    """A customer company. One of the same name may be there already: nothing is merged."""

    owner_id = Uuid(allow_none=True, metadata=OWNER)


class AccountPatchSchema(AccountInSchema):
    """What changes; what is left out stays."""

    name = Text(LONGEST["name"], one_line=True, metadata=NAMED)
    health = fields.Integer(strict=True, validate=validate.Range(0, HIGHEST_HEALTH))
    archived = Flag(metadata={"description": "Put the account away, or bring it back."})
    revision = Revision()


class ContactSchema(Schema):
    id = fields.String(required=True)
    account_id = fields.String(required=True)
    lead_id = fields.String(required=True, allow_none=True, metadata={"description": "The lead they were, or became."})
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    name = fields.String(required=True, metadata={"description": "As shown: the name, else an address."})
    position = fields.String(required=True)
    email = fields.String(required=True, metadata={"description": "Empty when nobody knows it."})
    phone = fields.String(required=True, metadata={"description": "E.164, or empty."})
    is_primary = fields.Boolean(required=True, metadata={"description": "The account's main contact; one at most."})
    left_at = Instant(required=True, allow_none=True, metadata={"description": "Since then they are not there."})
    created_at = Instant(required=True)
    revision = fields.Integer(required=True, metadata={"description": "Send it with a PATCH to refuse a stale edit."})


ContactPage = page_of(ContactSchema)


class ContactQuery(PageQuery):
    account_id = Uuid()


class _Person(Schema):
    first_name = Text(LONGEST["first_name"], one_line=True)
    last_name = Text(LONGEST["last_name"], one_line=True)
    position = Text(LONGEST["position"], one_line=True)
    email = Text(254, one_line=True, metadata={"example": "naledi@example.com"})
    phone = Text(50, one_line=True, metadata={"example": "+27821234567", "description": "Normalised to E.164."})


class ContactInSchema(_Person):
    """A person at an account: a name, an email address or a phone number is needed. The first one is its main one."""

    account_id = Uuid(required=True)
    is_primary = Flag(load_default=False)


class ContactPatchSchema(_Person):
    """What changes; what is left out stays."""

    is_primary = Flag(
        validate=validate.Equal(True, error="Make somebody else the main contact instead."),
        metadata={"enum": [True], "description": "Whoever was the main contact is it no more."},
    )
    left = Flag(metadata={"description": "They left the company, or are there after all."})
    revision = Revision()


def said(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """What a body says of these, as verbs are told it: null is "", which is "empty"."""
    return {name: "" if body[name] is None else body[name] for name in names if name in body}
