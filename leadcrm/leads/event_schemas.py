"""Events as the JSON API shows them."""

from marshmallow import Schema, fields

from leadcrm.core.api_fields import Instant, PageQuery, Text, Uuid, page_of


class EventSchema(Schema):
    id = fields.String(required=True, metadata={"example": "1042"})
    name = fields.String(required=True, metadata={"example": "lead.created"})
    title = fields.String(required=True, metadata={"description": "The words of the timeline."})
    lead_id = fields.String(required=True, allow_none=True)
    account_id = fields.String(required=True, allow_none=True)
    actor = fields.String(
        required=True, metadata={"description": "user:<id>, token:<id>, lead:<id>, automation:<id> or system."}
    )
    at = Instant(required=True)
    data = fields.Dict(required=True, keys=fields.String(), metadata={"description": "Ids and scalars of this event."})


EventPage = page_of(EventSchema)


class EventQuery(PageQuery):
    lead_id = Uuid()
    account_id = Uuid()
    name = Text(60, metadata={"example": "lead.created"})
