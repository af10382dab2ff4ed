"""What stayed in the house, as the lead would have seen it."""

from collections.abc import Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from leadcrm.conversations.models import ACCEPTED, Conversation, Message
from leadcrm.core.db import asked_id, db
from leadcrm.core.errors import NotFound
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.identity.models import User
from leadcrm.identity.permissions import visible_leads_filter
from leadcrm.leads.models import Lead
from leadcrm.leads.queries import address_of as addresses_of

PAGE = 30
NEWEST_MESSAGES = 50

_newest_first = Order("sandbox", (Conversation.last_message_at, Conversation.id))


def conversations(user: User, cursor: str | None = None) -> Page[Conversation]:
    """Threads in which something stayed in the house, newest first, with their leads. Raises BadCursor."""
    stayed = Conversation.id.in_(
        select(Message.conversation_id).where(Message.sandbox)
    )  # few, in an index of their own
    return keyset_page(_visible(user).where(stayed), _newest_first, cursor, PAGE)


def conversation(user: User, conversation_id: str) -> Conversation:
    """One of them. Raises NotFound."""
    stayed = exists().where(Message.conversation_id == Conversation.id, Message.sandbox)
    found = db.session.scalar(_visible(user).where(Conversation.id == asked_id(conversation_id), stayed))
    if found is None:
        raise NotFound
    return found


def messages(thread: Conversation) -> Sequence[Message]:
    """The newest messages the lead has got or written, oldest of them first."""
    newest = (
        select(Message)
        .where(
            Message.conversation_id == thread.id,
            or_(Message.status.in_(ACCEPTED), Message.direction == "inbound"),
        )
        .order_by(Message.position_at.desc(), Message.id.desc())
        .limit(NEWEST_MESSAGES)
        .options(selectinload(Message.attachments))
    )
    return db.session.scalars(newest).all()[::-1]


def address_of(thread: Conversation) -> str:
    """Where the lead was written to in this thread, else where they are reached now. Raises NotFound for neither."""
    written_to = (
        select(Message.address)
        .where(Message.conversation_id == thread.id, Message.address != "")
        .order_by(Message.position_at.desc())
        .limit(1)
    )
    address = db.session.scalar(written_to) or addresses_of([thread.lead_id], thread.channel).get(thread.lead_id)
    if address is None:
        raise NotFound
    return address


def newest_subject(thread: Conversation) -> str:
    """What the newest mail with a subject is headed; "" when there is none."""
    newest = (
        select(Message.subject)
        .where(Message.conversation_id == thread.id, Message.subject != "")
        .order_by(Message.position_at.desc())
        .limit(1)
    )
    return db.session.scalar(newest) or ""


def _visible(user: User):
    return (
        select(Conversation)
        .join(Lead, Lead.id == Conversation.lead_id)
        .where(visible_leads_filter(user, Lead.owner_id))
        .options(contains_eager(Conversation.lead))
    )
