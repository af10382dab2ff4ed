"""Up to where a person has read a thread."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from leadcrm.conversations.models import Conversation, Message, ReadMark
from leadcrm.core.db import db
from leadcrm.core.errors import DomainError
from leadcrm.core.upserts import upsert
from leadcrm.identity.models import User


def mark_read(conversation: Conversation, user: User) -> None:
    """The person has seen the thread up to its newest message."""
    newest = _newest_from_the_lead(conversation)
    if newest is not None:
        _has_read(conversation, user, newest)


def mark_unread(conversation: Conversation, user: User) -> None:
    """Show the newest message of the lead as unread to this person again. Raises DomainError when there is none."""
    newest = _newest_from_the_lead(conversation)
    if newest is None:
        raise DomainError("The lead has not written here yet.")
    _has_read(conversation, user, newest - timedelta(microseconds=1))


def _newest_from_the_lead(conversation: Conversation) -> datetime | None:
    theirs = Message.conversation_id == conversation.id, Message.direction == "inbound"
    return db.session.scalar(select(func.max(Message.position_at)).where(*theirs))


def _has_read(conversation: Conversation, user: User, until: datetime) -> None:
    mark = upsert(ReadMark).values(conversation_id=conversation.id, user_id=user.id, read_until=until)
    whose = [ReadMark.conversation_id, ReadMark.user_id]
    db.session.execute(mark.on_conflict_do_update(index_elements=whose, set_={"read_until": until}))
