"""How often in a row an address did not take our mail, though it exists."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select

from leadcrm.conversations.events import MailAllowedAgain, MessageBounced
from leadcrm.conversations.models import Message
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.models import EventRow

REPORTED_WITHIN = timedelta(days=5)  # mail systems give up by then: what has not come back has arrived
LOOKED_AT = 50  # messages


def soft_bounces_in_a_row(message: Message) -> int:
    """The mails to the address of this one that came back softly since anything arrived there.

    A mail arrived when its system or its reader says so, when the lead wrote, or when nothing was reported for
    REPORTED_WITHIN. A person who allows mail to the address again lets the count begin anew.
    """
    soft = _softly_bounced(message.lead_id)
    exchanged = (
        select(Message.id, Message.direction, Message.status, Message.sent_at)
        .where(Message.lead_id == message.lead_id, Message.channel == "email")
        .where(or_(Message.direction == "inbound", Message.address == message.address))
        .where(Message.status.in_(["received", "sent", "delivered", "read", "bounced"]))
        .order_by(Message.position_at.desc(), Message.id.desc())
        .limit(LOOKED_AT)
    )
    if (allowed_at := _allowed_at(message.lead_id)) is not None:
        exchanged = exchanged.where(Message.position_at > allowed_at)
    count = 0
    for row in db.session.execute(exchanged):
        if _has_arrived(row):
            break
        count += row.id in soft
    return count


def _softly_bounced(lead_id: str) -> Collection[str]:
    bounced = select(EventRow.data).where(EventRow.lead_id == lead_id, EventRow.name == MessageBounced.name)
    return {data["message_id"] for data in db.session.scalars(bounced) if data.get("soft")}


def _allowed_at(lead_id: str) -> Any:
    allowed = (EventRow.lead_id == lead_id, EventRow.name == MailAllowedAgain.name)
    return db.session.scalar(select(func.max(EventRow.at)).where(*allowed))


def _has_arrived(row: Any) -> bool:
    if row.status == "sent":
        return row.sent_at < clock.now() - REPORTED_WITHIN
    return row.direction == "inbound" or row.status in ("delivered", "read")
