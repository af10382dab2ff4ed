"""What the JSON API lists of messages and threads; only what the caller may see."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from leadcrm.conversations.models import INSIDE, Conversation, Message
from leadcrm.conversations.queries import unread_counts
from leadcrm.core.db import db
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.identity.models import User
from leadcrm.identity.permissions import can_manage, visible_leads_filter
from leadcrm.leads.models import Lead

MESSAGE_FILTERS = {name: getattr(Message, name) for name in ("lead_id", "channel", "status", "origin")}
CONVERSATION_FILTERS = {name: getattr(Conversation, name) for name in ("lead_id", "channel", "status")}
FILES = selectinload(Message.attachments)

_newest_messages = Order("created", (Message.created_at, Message.id))
_newest_threads = Order("last_message", (Conversation.last_message_at, Conversation.id))


def message_page(user: User, filters: Mapping[str, Any], cursor: str | None, limit: int) -> Page[Message]:
    """Messages, newest first. `filters` maps names of MESSAGE_FILTERS to wanted values. Raises BadCursor."""
    said = select(Message).where(Message.channel.not_in(INSIDE)).options(FILES)
    statement = _visible(user, said, Message.lead_id)
    return keyset_page(_filtered(statement, MESSAGE_FILTERS, filters), _newest_messages, cursor, limit)


def conversation_page(user: User, filters: Mapping[str, Any], cursor: str | None, limit: int) -> Page[dict[str, Any]]:
    """Threads, last message first, each with the caller's unread count and its newest message. Raises BadCursor."""
    statement = _visible(user, select(Conversation, _newest_message_id()), Conversation.lead_id)
    statement = _filtered(statement, CONVERSATION_FILTERS, filters)
    page = keyset_page(statement, _newest_threads, cursor, limit, rows=True)
    unread = unread_counts(user, [row.Conversation.id for row in page.items])
    messages = _messages_by_id([row.message_id for row in page.items])
    items = [
        {
            "id": row.Conversation.id,
            "lead_id": row.Conversation.lead_id,
            "channel": row.Conversation.channel,
            "status": row.Conversation.status,
            "unread": unread.get(row.Conversation.id, 0),
            "last_message_at": row.Conversation.last_message_at,
            "last_message": messages.get(row.message_id),
        }
        for row in page.items
    ]
    return Page(items, page.next, page.previous)


def thread_of(lead_id: str, channel: str) -> Conversation | None:
    """The lead's thread on a channel, when anything was said there."""
    return db.session.scalar(
        select(Conversation).where(Conversation.lead_id == lead_id, Conversation.channel == channel)
    )


def _visible(user: User, statement: Select, lead_id: InstrumentedAttribute) -> Select:
    """Managers see everything, so their lists need no look at the leads."""
    if can_manage(user):
        return statement
    return statement.join(Lead, Lead.id == lead_id).where(visible_leads_filter(user, Lead.owner_id))


def _filtered(statement: Select, columns: Mapping[str, InstrumentedAttribute], filters: Mapping[str, Any]) -> Select:
    return statement.where(*(columns[name] == value for name, value in filters.items()))


def _newest_message_id():
    newest = (
        select(Message.id)
        .where(
            Message.lead_id == Conversation.lead_id,
            Message.channel == Conversation.channel,
            Message.conversation_id == Conversation.id,
        )
        .order_by(Message.position_at.desc(), Message.id.desc())
        .limit(1)
    )
    return newest.correlate(Conversation).scalar_subquery().label("message_id")


def _messages_by_id(ids: Sequence[str | None]) -> dict[str, Message]:
    wanted = [message_id for message_id in ids if message_id]
    statement = select(Message).where(Message.id.in_(wanted)).options(FILES)
    return {message.id: message for message in db.session.scalars(statement)}
