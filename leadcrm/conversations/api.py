"""Messages and threads as JSON."""

from typing import Any
from uuid import UUID

from flask import current_app

from leadcrm.conversations import api_queries, operations, thread_queries
from leadcrm.conversations.schemas import (
    ConversationPage,
    ConversationQuery,
    InboundTestSchema,
    MessageInSchema,
    MessagePage,
    MessageQuery,
    MessageSchema,
    ScheduledMessageInSchema,
    filters_of,
)
from leadcrm.core import clock
from leadcrm.core.api import ApiBlueprint, answer_once, caller, listed
from leadcrm.core.errors import DomainError, Forbidden
from leadcrm.core.values import new_id

blueprint = ApiBlueprint("messages", __name__, "What is said to and by leads, planned, sent and received.")

EXAMPLE = {
    "lead_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10",
    "channel": "email",
    "subject": "Your question about the garden flat",
    "content": "Hi {first_name|there},\n\nthe garden flat is still free. Shall we look at it on Thursday?",
}


@blueprint.route("/messages")
@blueprint.arguments(MessageQuery, location="query")
@blueprint.response(200, MessagePage)
def messages(query):
    """List messages, newest first"""
    user = caller().user
    return listed(api_queries.message_page(user, filters_of(query), query.get("cursor"), query["limit"]))


@blueprint.route("/messages", methods=["POST"])
@blueprint.arguments(MessageInSchema, example=EXAMPLE)
@blueprint.response(202, MessageSchema, description="Written down; the worker sends it now.")
@blueprint.alt_response(404, response="NOT_FOUND")
def send(body):
    """Send a message to a lead"""
    return answer_once(lambda: (_plan(**body), 202))


@blueprint.route("/schedule", methods=["POST"])
@blueprint.arguments(ScheduledMessageInSchema, example={**EXAMPLE, "scheduled_time": "2026-11-26T09:00:00+02:00"})
@blueprint.response(201, MessageSchema, description="Written down for that time.")
@blueprint.alt_response(404, response="NOT_FOUND")
def schedule(body):
    """Schedule a message to a lead"""
    return answer_once(lambda: (_plan(**body), 201))


@blueprint.route("/conversations")
@blueprint.arguments(ConversationQuery, location="query")
@blueprint.response(200, ConversationPage)
def conversations(query):
    """List threads, last message first"""
    user = caller().user
    return listed(api_queries.conversation_page(user, filters_of(query), query.get("cursor"), query["limit"]))


@blueprint.route("/leads/<uuid:lead_id>/inbound-test", methods=["POST"])
@blueprint.arguments(InboundTestSchema, example={"channel": "sms", "content": "Yes, Thursday is fine."})
@blueprint.response(201, MessageSchema, description="Received, by the same path as a webhook.")
@blueprint.alt_response(404, response="NOT_FOUND")
def answer_as_lead(body, lead_id: UUID):
    """Answer as the lead would, to rehearse

    Refused in production.
    """
    if current_app.settings.is_production:
        raise Forbidden("Answers as a lead are for rehearsals, not for production.")
    return answer_once(lambda: (_receive(str(lead_id), **body), 201))


def _plan(*, lead_id: str, channel: str, subject: str, content: str, scheduled_time=None) -> dict[str, Any]:
    user = caller().user
    lead = thread_queries.lead(user, lead_id)
    holes = operations.missing_fields(lead, subject, content)
    if holes:
        names = ", ".join(f"{{{name}}}" for name in holes)
        raise DomainError(f"Nothing is known of this lead for {names}.", "content")
    message = operations.plan_message(
        lead_id=lead.id,
        channel=channel,
        subject=subject if channel == "email" else "",
        content=content,
        origin="api",
        intent_key=f"api:{new_id()}",
        scheduled_for=scheduled_time,
        author_id=user.id,
    )
    return MessageSchema().dump(message)


def _receive(lead_id: str, channel: str, subject: str, content: str) -> dict[str, Any]:
    lead = thread_queries.lead(caller().user, lead_id)
    door = thread_queries.doors(lead)[channel]
    if not door.address:
        raise DomainError(door.closed, "channel")
    thread = api_queries.thread_of(lead.id, channel)
    message = operations.receive(
        channel=channel,
        sender=door.address,
        sender_name=lead.name,
        subject=subject,
        content=content,
        external_id=f"test:{new_id()}",
        received_at=clock.now(),
        reply_token=thread.reply_token if thread else None,
    )
    return MessageSchema().dump(message)
