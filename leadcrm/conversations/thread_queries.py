"""One thread: what was said, planned and noted, by whom it was read, and how the lead is reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

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
from leadcrm.conversations.opt_out_queries import suspected_id
from leadcrm.conversations.optout import refusal
from leadcrm.conversations.wording import ADDRESS_WORDS
from leadcrm.core.db import asked_id, db, get_or_404
from leadcrm.core.errors import NotFound
from leadcrm.core.paging import Order, keyset_page
from leadcrm.identity.models import User
from leadcrm.identity.permissions import can_see_lead
from leadcrm.leads.models import ContactPoint, Lead, Note
from leadcrm.leads.queries import KINDS_OF_CHANNEL

PAGE = 30
LONGEST_LIVE = 300  # messages that a thread left open keeps fresh

_newest_first = Order("messages", (Message.position_at, Message.id))
Entry = Message | Note


class Planned(NamedTuple):
    """What the lead hears next, on any channel."""

    channel: str
    scheduled_for: datetime


@dataclass(frozen=True)
class OpenThread:
    """A thread as a person opens it. `readers` are the colleagues who have seen all that the lead wrote."""

    thread: Conversation
    draft: Draft | None  # the person's own
    is_unread: bool
    readers: Sequence[str]
    next_planned: Planned | None
    question: Message | None  # may be an opt-out: a person decides
    version: str


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


def open_thread(user: User, conversation_id: str) -> OpenThread:
    """The thread and all that surrounds its messages, in one query: a row for each person who has read in it.

    Raises NotFound for a thread the person may not see.
    """
    planned, asked = aliased(Message), aliased(Message)
    own_draft = and_(
        Draft.lead_id == Conversation.lead_id, Draft.channel == Conversation.channel, Draft.user_id == user.id
    )
    statement = (
        select(Conversation, Draft, ReadMark, User.name, planned.channel, planned.scheduled_for, asked)
        .add_columns(*_version_columns())
        .join(Conversation.lead)
        .outerjoin(Draft, own_draft)
        .outerjoin(ReadMark, ReadMark.conversation_id == Conversation.id)
        .outerjoin(User, User.id == ReadMark.user_id)
        .outerjoin(planned, planned.id == _next_planned_id())
        .outerjoin(asked, asked.id == suspected_id())
        .where(Conversation.id == asked_id(conversation_id))
        .order_by(User.name, User.id)
        .options(contains_eager(Conversation.lead).joinedload(Lead.owner), joinedload(Conversation.assignee))
    )
    rows = db.session.execute(statement).all()
    if not rows or not can_see_lead(user, rows[0].Conversation.lead):
        raise NotFound
    thread, draft, _, _, channel, scheduled_for, question, *parts = rows[0]
    written_at = thread.last_inbound_at
    up_to_date = [row for row in rows if row.ReadMark and written_at and row.ReadMark.read_until >= written_at]
    return OpenThread(
        thread=thread,
        draft=draft,
        is_unread=written_at is not None and all(row.ReadMark.user_id != user.id for row in up_to_date),
        readers=[row.name for row in up_to_date if row.ReadMark.user_id != user.id],
        next_planned=Planned(channel, scheduled_for) if channel else None,
        question=question,
        version=_word(parts),
    )


def _next_planned_id() -> ScalarSelect:
    waiting = (Message.lead_id == Conversation.lead_id, Message.status.in_(("scheduled", "held")))
    soonest = select(Message.id).where(*waiting).order_by(Message.scheduled_for, Message.id).limit(1)
    return soonest.correlate(Conversation).scalar_subquery()


def conversation(user: User, conversation_id: str) -> Conversation:
    """The thread with its lead. Raises NotFound for one the person may not see."""
    statement = (
        select(Conversation)
        .join(Conversation.lead)
        .where(Conversation.id == asked_id(conversation_id))
        .options(contains_eager(Conversation.lead))
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
        .where(Message.id == asked_id(message_id))
        .options(joinedload(Message.lead), joinedload(Message.author), selectinload(Message.attachments))
    )
    found = db.session.scalar(statement)
    if found is None or not can_see_lead(user, found.lead):
        raise NotFound
    return found


def log(thread: Conversation, cursor: str | None = None, down_to: str | None = None) -> Log:
    """The newest messages, planned ones last, or those before `cursor`, and the notes between. Raises BadCursor.

    With `down_to`, a message's id, it reaches back to that message, within LONGEST_LIVE.
    """
    limit = _distance(thread, down_to) if down_to else PAGE
    page = keyset_page(_messages(thread), _newest_first, cursor, limit)
    messages = page.items[::-1]
    if not messages:
        return Log(_notes(thread, None, None), None)
    notes = _notes(thread, messages[0].position_at if page.next else None, messages[-1].position_at if cursor else None)
    return Log(_merged(messages, notes), page.next)


def _distance(thread: Conversation, message_id: str) -> int:
    old = aliased(Message)
    place = select(old.position_at).where(old.id == message_id).scalar_subquery()
    newer = select(func.count(Message.id)).where(
        Message.lead_id == thread.lead_id, Message.channel == thread.channel, Message.position_at >= place
    )
    return min(max(db.session.scalar(newer) or 0, PAGE), LONGEST_LIVE)


def log_since(thread: Conversation, since: datetime) -> Sequence[Entry]:
    """Everything from a moment on: what a live view shows again when something changed."""
    newest = _messages(thread).where(Message.position_at >= since)
    newest = newest.order_by(Message.position_at.desc(), Message.id.desc()).limit(LONGEST_LIVE)
    return _merged(db.session.scalars(newest).unique().all()[::-1], _notes(thread, since, None))


def _version_columns() -> list[Any]:
    """What together changes whenever anything visible in the thread does.

    Beside the revision: what is planned may not have reached the thread yet, and notes live with the lead.
    """
    in_thread = (Message.lead_id == Conversation.lead_id, Message.channel == Conversation.channel)
    waiting = Message.status.in_(("scheduled", "held"))
    return [
        Conversation.revision,
        select(func.max(Message.id)).where(*in_thread).correlate(Conversation).scalar_subquery(),
        select(func.count(Message.id)).where(*in_thread, waiting).correlate(Conversation).scalar_subquery(),
        select(func.max(Note.id)).where(Note.lead_id == Conversation.lead_id).correlate(Conversation).scalar_subquery(),
    ]


def _word(parts: Sequence[Any]) -> str:
    return ".".join(str(part or "") for part in parts)


def attempts(found: Message) -> Sequence[Attempt]:
    """Every call to the outside for this message, in order (R12)."""
    return db.session.scalars(select(Attempt).where(Attempt.message_id == found.id).order_by(Attempt.n)).all()


def doors(found: Lead) -> dict[str, Door]:
    """Each channel to the lead, open or closed and why, in one query however many addresses there are."""
    statement = (
        select(ContactPoint.kind, ContactPoint.value, Suppression.channel, Suppression.reason)
        .outerjoin(Suppression, Suppression.address == ContactPoint.value)
        .where(ContactPoint.lead_id == found.id)
        .order_by(ContactPoint.is_primary.desc(), ContactPoint.created_at, ContactPoint.id)
    )
    points = db.session.execute(statement).all()
    return {channel: _door(found, channel, points) for channel in CHANNELS}


def last_subject(lead_id: str) -> str:
    """The subject of the newest mail said to or by the lead."""
    said = Message.status.not_in(("scheduled", "held", "canceled", "skipped"))
    statement = select(Message.subject).where(Message.lead_id == lead_id, Message.channel == "email", said)
    return db.session.scalar(statement.order_by(Message.position_at.desc(), Message.id.desc()).limit(1)) or ""


def draft(user: User, lead_id: str, channel: str) -> Draft | None:
    """What the person has typed to the lead on this channel and not sent."""
    mine = select(Draft).where(Draft.user_id == user.id, Draft.lead_id == lead_id, Draft.channel == channel)
    return db.session.scalar(mine)


def attachment(user: User, attachment_id: str) -> Attachment:
    """A file of a message the person may see, or of their own draft. Raises NotFound for any other."""
    found = get_or_404(Attachment, attachment_id)
    if found.message_id is not None:
        message(user, found.message_id)
    else:
        drafted_file(user, attachment_id)
    return found


def drafted_file(user: User, attachment_id: str, lead_id: str | None = None) -> Attachment:
    """A file the person has attached and not sent, to that lead where one is named. Raises NotFound for any other."""
    whose = select(Draft).join(Attachment, Attachment.draft_id == Draft.id)
    typed = db.session.scalar(whose.where(Attachment.id == asked_id(attachment_id), Draft.user_id == user.id))
    if typed is None or lead_id not in (None, typed.lead_id):
        raise NotFound
    lead(user, typed.lead_id)
    return get_or_404(Attachment, attachment_id)


def _messages(thread: Conversation):
    return (
        select(Message)
        .where(Message.lead_id == thread.lead_id, Message.channel == thread.channel)
        .options(joinedload(Message.author), joinedload(Message.attachments))
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


def _door(found: Lead, channel: str, points: Sequence[tuple[str, str, str | None, str | None]]) -> Door:
    address = next((value for wanted in KINDS_OF_CHANNEL[channel] for kind, value, *_ in points if kind == wanted), "")
    if found.archived_at is not None:
        return Door(channel, address, f"{found.name} is archived. Restore the lead to write to them.")
    if not address:
        return Door(channel, "", f"{found.name} has no {ADDRESS_WORDS[channel]}.")
    reasons = [why for _, value, refused, why in points if value == address and refused in (channel, "all")]
    if reasons:
        return Door(channel, address, refusal(reasons[0], found.name, address))
    return Door(channel, address, "")
