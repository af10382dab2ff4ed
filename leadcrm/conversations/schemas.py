"""Messages and threads as the JSON API takes and gives them."""

from typing import Any

from marshmallow import Schema, fields

from leadcrm.conversations.models import CHANNELS, ORIGINS, STATUSES, THREAD_STATUSES, Message
from leadcrm.core.api_fields import Choice, Instant, PageQuery, Text, Uuid, page_of

LONGEST_SUBJECT = 500
LONGEST_CONTENT = 50_000
TOLD_REASONS = ("held", "failed", "expired", "bounced", "unknown", "skipped", "canceled")


class AttachmentSchema(Schema):
    id = fields.String(required=True)
    filename = fields.String(required=True)
    content_type = fields.String(required=True, metadata={"description": "As its sender calls it."})
    size = fields.Integer(required=True, metadata={"description": "In bytes."})


class MessageSchema(Schema):
    id = fields.String(required=True)
    lead_id = fields.String(required=True)
    conversation_id = fields.String(
        required=True, allow_none=True, metadata={"description": "Null until the message is due: no thread before it."}
    )
    channel = fields.String(required=True, metadata={"enum": list(CHANNELS)})
    direction = fields.String(required=True, metadata={"enum": ["inbound", "outbound"]})
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    origin = fields.String(required=True, metadata={"enum": list(ORIGINS), "description": "Who or what began it."})
    subject = fields.String(required=True)
    content = fields.String(required=True, metadata={"description": "With merge fields until it is sent."})
    scheduled_for = Instant(required=True)
    created_at = Instant(required=True)
    sent_at = Instant(required=True, allow_none=True)
    opened_at = Instant(required=True, allow_none=True, metadata={"description": "As far as can be told."})
    clicked_at = Instant(required=True, allow_none=True)
    error = fields.Method(
        "error_of",
        required=True,
        metadata={"type": ["string", "null"], "description": "Why it waits, was not sent, or is in doubt; else null."},
    )
    provider_message_id = fields.String(required=True, allow_none=True)
    sandbox = fields.Boolean(required=True, metadata={"description": "Nothing left the house."})
    attachments = fields.List(fields.Nested(AttachmentSchema), required=True)

    def error_of(self, message: Message) -> str | None:
        return (message.reason or None) if message.status in TOLD_REASONS else None


MessagePage = page_of(MessageSchema)


class MessageQuery(PageQuery):
    lead_id = Uuid()
    channel = Choice(CHANNELS)
    status = Choice(STATUSES)
    origin = Choice(ORIGINS)


class MessageInSchema(Schema):
    """What to say, to whom, on which channel. Merge fields like `{first_name|there}` are filled when it is sent."""

    lead_id = Uuid(required=True)
    channel = Choice(CHANNELS, required=True)
    subject = Text(LONGEST_SUBJECT, one_line=True, load_default="", metadata={"description": "Emails only."})
    content = Text(LONGEST_CONTENT, needed=True)


class ScheduledMessageInSchema(MessageInSchema):
    scheduled_time = Instant(required=True, metadata={"description": "A time that is past means: now."})


class InboundTestSchema(Schema):
    """What the lead answers, as far as the sandbox is concerned."""

    channel = Choice(CHANNELS, required=True)
    subject = Text(LONGEST_SUBJECT, one_line=True, load_default="")
    content = Text(LONGEST_CONTENT, needed=True)


class ConversationSchema(Schema):
    id = fields.String(required=True)
    lead_id = fields.String(required=True)
    channel = fields.String(required=True, metadata={"enum": list(CHANNELS)})
    unread = fields.Integer(required=True, metadata={"description": "Messages the token's person has not seen."})
    status = fields.String(required=True, metadata={"enum": list(THREAD_STATUSES)})
    last_message_at = Instant(required=True)
    last_message = fields.Nested(MessageSchema, required=True, allow_none=True)


ConversationPage = page_of(ConversationSchema)


class ConversationQuery(PageQuery):
    lead_id = Uuid()
    channel = Choice(CHANNELS)
    status = Choice(THREAD_STATUSES)


def filters_of(query: dict[str, Any]) -> dict[str, Any]:
    """A parsed query without what every list has."""
    return {name: value for name, value in query.items() if name not in ("cursor", "limit")}
