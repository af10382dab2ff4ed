"""Whether a person should say if a lead meant to opt out."""

from sqlalchemy import ScalarSelect, case, select

from leadcrm.conversations.events import LeadOptedOut, OptOutDismissed, OptOutSuspected
from leadcrm.conversations.models import Conversation, Message
from leadcrm.core.db import db
from leadcrm.core.models import EventRow

ABOUT_IT = (OptOutSuspected.name, OptOutDismissed.name, LeadOptedOut.name)


def open_question(thread: Conversation) -> Message | None:
    """The message that may be an opt-out and that nobody has decided on; None when there is none."""
    asked = select(Message).join(Conversation, Conversation.id == thread.id).where(Message.id == suspected_id())
    return db.session.scalar(asked)


def suspected_id() -> ScalarSelect[str | None]:
    """The id of that message, beside the row of its thread."""
    channel, message_id = EventRow.data["channel"].as_string(), EventRow.data["message_id"].as_string()
    last_said = (
        select(case((EventRow.name == OptOutSuspected.name, message_id)))
        .where(EventRow.organization_id == Conversation.organization_id, EventRow.lead_id == Conversation.lead_id)
        .where(EventRow.name.in_(ABOUT_IT), channel.in_([Conversation.channel, "all"]))
        .order_by(EventRow.id.desc())
        .limit(1)
    )
    return last_said.correlate(Conversation).scalar_subquery()
