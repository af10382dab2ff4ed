"""Flows as the JSON API shows them."""

from marshmallow import Schema, fields

from leadcrm.core.api_fields import page_of
from leadcrm.flows.models import STEP_TYPES, TIME_TYPES, TRIGGERS


def _words(words: tuple[str, ...]) -> dict:
    return {"metadata": {"enum": list(words)}}


class StepSchema(Schema):
    id = fields.String(required=True)
    type = fields.String(required=True, **_words(STEP_TYPES))
    name = fields.String(required=True)
    subject = fields.String(required=True, metadata={"description": "Emails only; may hold merge fields."})
    content = fields.String(required=True, metadata={"description": "May hold merge fields, like {first_name|there}."})
    day = fields.Integer(required=True, metadata={"description": "Days after the lead entered the flow."})
    time = fields.Time(
        format="%H:%M",
        required=True,
        allow_none=True,
        metadata={
            "description": "On the lead's own clock; null: immediately, on a later day when the lead came in.",
            "example": "09:00",
            "pattern": r"^\d\d:\d\d$",
        },
    )
    time_type = fields.String(required=True, **_words(TIME_TYPES))
    enabled = fields.Boolean(required=True)


class FlowSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    trigger = fields.String(required=True, **_words(TRIGGERS))
    enabled = fields.Boolean(required=True)
    version = fields.Integer(required=True, metadata={"description": "Grows with every change of a step."})
    steps = fields.List(fields.Nested(StepSchema), required=True)


FlowPage = page_of(FlowSchema)
