"""Whether a person should say if a lead meant to opt out."""

from sqlalchemy import select

from leadcrm.conversations.events import LeadOptedOut, OptOutDismissed, OptOutSuspected
from leadcrm.conversations.models import Conversation, Message
from leadcrm.core.db import db
from leadcrm.core.models import EventRow

ABOUT_IT = (OptOutSuspected.name, OptOutDismissed.name, LeadOptedOut.name)


def open_question(thread: Conversation) -> Message | None:
    """The message that may be an opt-out and that nobody has decided on; None when there is none."""
    said = (
        select(EventRow.name, EventRow.data)
        .where(EventRow.lead_id == thread.lead_id, EventRow.name.in_(ABOUT_IT))
        .order_by(EventRow.id.desc())
    )
    newest_first = db.session.execute(said)
    last = next((row for row in newest_first if row.data["channel"] in (thread.channel, "all")), None)
    if last is None or last.name != OptOutSuspected.name:
        return None
    return db.session.scalar(select(Message).where(Message.id == last.data["message_id"]))
