"""One thread: what was said, planned and noted, by whom it was read, and how the lead is reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from leadcrm.conversations.models import (
    CHANNELS,
    Attachment,
    Attempt,
    Conversation,
    Draft,
    Message,
    ReadMark,
    Suppression,
)
from leadcrm.core.db import db
from leadcrm.core.errors import NotFound
from leadcrm.core.paging import Order, keyset_page
from leadcrm.identity.models import User
from leadcrm.identity.permissions import can_see_lead
from leadcrm.leads.models import ContactPoint, Lead, Note

PAGE = 30
LONGEST_LIVE = 300  # messages that a thread left open keeps fresh
KINDS = {"email": ("email",), "sms": ("phone",), "whatsapp": ("whatsapp", "phone")}  # first found is written to
ADDRESS_NAMES = {"email": "email address", "sms": "phone number", "whatsapp": "WhatsApp number"}

_newest_first = Order("messages", (Message.position_at, Message.id))
Entry = Message | Note


@dataclass(frozen=True)
class Log:
    """A stretch of a thread in reading order; `earlier` is the cursor of what stands above it."""

    entries: Sequence[Entry]
    earlier: str | None


@dataclass(frozen=True)
class Door:
    """A channel to the lead: the address it goes to, or why it is closed."""

    channel: str
    address: str
    closed: str


def conversation(user: User, conversation_id: str) -> Conversation:
    """The thread with its lead, owner and assignee. Raises NotFound for one the person may not see."""
    statement = (
        select(Conversation)
        .join(Conversation.lead)
        .where(Conversation.id == conversation_id)
        .options(contains_eager(Conversation.lead).joinedload(Lead.owner), joinedload(Conversation.assignee))
    )
    found = db.session.scalar(statement)
    if found is None or not can_see_lead(user, found.lead):
        raise NotFound
    return found


def lead(user: User, lead_id: str) -> Lead:
    """The lead with its owner. Raises NotFound for one the person may not see."""
    found = db.session.scalar(select(Lead).where(Lead.id == lead_id).options(joinedload(Lead.owner)))
    if found is None or not can_see_lead(user, found):
        raise NotFound
    return found


def message(user: User, message_id: str) -> Message:
    """The message with its lead and author. Raises NotFound for one the person may not see."""
    statement = (
        select(Message)
        .where(Message.id == message_id)
        .options(joinedload(Message.lead), joinedload(Message.author), selectinload(Message.attachments))
    )
    found = db.session.scalar(statement)
    if found is None or not can_see_lead(user, found.lead):
        raise NotFound
    return found


def attachment(user: User, attachment_id: str) -> Attachment:
    """The file. Raises NotFound when the person may not see the lead it came from."""
    statement = (
        select(Attachment, Lead)
        .join(Message, Message.id == Attachment.message_id)
        .join(Lead, Lead.id == Message.lead_id)
        .where(Attachment.id == attachment_id)
    )
    row = db.session.execute(statement).one_or_none()
    if row is None or not can_see_lead(user, row.Lead):
        raise NotFound
    return row.Attachment


def thread_of(lead_id: str, channel: str) -> Conversation | None:
    """The lead's thread on a channel, when anything was said there."""
    statement = select(Conversation).where(Conversation.lead_id == lead_id, Conversation.channel == channel)
    return db.session.scalar(statement)


def log(thread: Conversation, cursor: str | None = None) -> Log:
    """The newest messages, planned ones last, or those before `cursor`, and the notes between. Raises BadCursor."""
    page = keyset_page(_messages(thread), _newest_first, cursor, PAGE)
    messages = page.items[::-1]
    if not messages:
        return Log(_notes(thread, None, None), None)
    notes = _notes(thread, messages[0].position_at if page.next else None, messages[-1].position_at if cursor else None)
    return Log(_merged(messages, notes), page.next)


def log_since(thread: Conversation, since: datetime) -> Sequence[Entry]:
    """Everything from a moment on: what a live view shows again when something changed."""
    newest = _messages(thread).where(Message.position_at >= since)
    newest = newest.order_by(Message.position_at.desc(), Message.id.desc()).limit(LONGEST_LIVE)
    return _merged(db.session.scalars(newest).all()[::-1], _notes(thread, since, None))


def version(thread: Conversation) -> str:
    """A word that changes whenever anything visible in the thread does."""
    newest_message = (
        select(func.max(Message.id)).where(Message.lead_id == thread.lead_id, Message.channel == thread.channel)
    ).scalar_subquery()
    newest_note = select(func.max(Note.id)).where(Note.lead_id == thread.lead_id).scalar_subquery()
    statement = select(Conversation.revision, newest_message, newest_note).where(Conversation.id == thread.id)
    return ".".join(str(part or "") for part in db.session.execute(statement).one())


def readers(thread: Conversation, except_user: User) -> Sequence[tuple[str, datetime]]:
    """Colleagues who opened the thread, and up to which moment each of them has read."""
    statement = (
        select(User.name, ReadMark.read_until)
        .join(ReadMark, ReadMark.user_id == User.id)
        .where(ReadMark.conversation_id == thread.id, User.id != except_user.id)
        .order_by(User.name, User.id)
    )
    return db.session.execute(statement).tuples().all()


def attempts(found: Message) -> Sequence[Attempt]:
    """Every call to the outside for this message, in order (R12)."""
    return db.session.scalars(select(Attempt).where(Attempt.message_id == found.id).order_by(Attempt.n)).all()


def next_planned(lead_id: str) -> Message | None:
    """The next message that waits to be sent to the lead, on any channel."""
    waiting = select(Message).where(Message.lead_id == lead_id, Message.status.in_(("scheduled", "held")))
    return db.session.scalar(waiting.order_by(Message.scheduled_for, Message.id).limit(1))


def doors(found: Lead) -> dict[str, Door]:
    """Each channel to the lead, open or closed and why, in two queries however many addresses there are."""
    points = db.session.scalars(
        select(ContactPoint)
        .where(ContactPoint.lead_id == found.id)
        .order_by(ContactPoint.is_primary.desc(), ContactPoint.created_at, ContactPoint.id)
    ).all()
    suppressed = select(Suppression.address, Suppression.channel)
    refused = set(db.session.execute(suppressed.where(Suppression.address.in_([p.value for p in points]))).tuples())
    return {channel: _door(found, channel, points, refused) for channel in CHANNELS}


def draft(user: User, lead_id: str, channel: str) -> Draft | None:
    """What the person has typed to the lead on this channel and not sent."""
    mine = select(Draft).where(Draft.user_id == user.id, Draft.lead_id == lead_id, Draft.channel == channel)
    return db.session.scalar(mine)


def _messages(thread: Conversation):
    return (
        select(Message)
        .where(Message.lead_id == thread.lead_id, Message.channel == thread.channel)
        .options(joinedload(Message.author), selectinload(Message.attachments))
    )


def _notes(thread: Conversation, since: datetime | None, before: datetime | None) -> Sequence[Note]:
    statement = (
        select(Note)
        .where(Note.lead_id == thread.lead_id, or_(Note.channel == thread.channel, Note.channel.is_(None)))
        .options(joinedload(Note.author))
    )
    if since is not None:
        statement = statement.where(Note.created_at >= since)
    if before is not None:
        statement = statement.where(Note.created_at < before)
    newest = statement.order_by(Note.created_at.desc(), Note.id.desc()).limit(LONGEST_LIVE)
    return db.session.scalars(newest).all()[::-1]


def _merged(messages: Sequence[Message], notes: Sequence[Note]) -> Sequence[Entry]:
    return sorted([*messages, *notes], key=lambda entry: (moment_of(entry), entry.id))


def moment_of(entry: Entry) -> datetime:
    """An entry's place in the thread."""
    return entry.position_at if isinstance(entry, Message) else entry.created_at


def _door(found: Lead, channel: str, points: Sequence[ContactPoint], refused: set[tuple[str, str]]) -> Door:
    address = next((point.value for kind in KINDS[channel] for point in points if point.kind == kind), "")
    if found.archived_at is not None:
        return Door(channel, address, f"{found.name} is archived. Restore the lead to write to them.")
    if not address:
        return Door(channel, "", f"{found.name} has no {ADDRESS_NAMES[channel]}.")
    if (address, channel) in refused or (address, "all") in refused:
        return Door(channel, address, f"{found.name} does not want messages at {address}.")
    return Door(channel, address, "")
