"""Threads: opened by their first message, then assigned, read, snoozed and closed by people."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import or_, select, update

from leadcrm.conversations.events import ConversationAssigned, ConversationStatusChanged
from leadcrm.conversations.models import Conversation, Message, new_reply_token
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.core.upserts import upsert
from leadcrm.core.values import new_id
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead

SNIPPET_LENGTH = 200


def open_conversations(message_ids: Collection[str]) -> None:
    """Put these messages into the threads of their leads and channels, making those that do not exist.

    A new thread is its lead's owner's: so "mine" and "unassigned" are one index range each, however many there are.
    """
    orphans = (
        select(Message.lead_id, Message.channel, Lead.owner_id)
        .join(Lead, Lead.id == Message.lead_id)
        .where(Message.id.in_(message_ids), Message.conversation_id.is_(None))
        .distinct()
        .order_by(Message.lead_id, Message.channel)
    )
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "organization_id": tenancy.current_id(),
            "created_at": now,
            "lead_id": lead_id,
            "channel": channel,
            "assignee_id": owner_id,
            "last_message_at": now,
            "reply_token": new_reply_token(),
        }
        for lead_id, channel, owner_id in db.session.execute(orphans).all()
    ]
    if not rows:
        return
    db.session.execute(upsert(Conversation).on_conflict_do_nothing(), rows)
    thread_id = (
        select(Conversation.id)
        .where(Conversation.lead_id == Message.lead_id, Conversation.channel == Message.channel)
        .scalar_subquery()
    )
    db.session.execute(
        update(Message)
        .where(Message.id.in_(message_ids), Message.conversation_id.is_(None))
        .values(conversation_id=thread_id)
        .execution_options(synchronize_session=False)
    )


def open_conversation(lead_id: str, channel: str) -> Conversation:
    """The thread of a lead on a channel, made when it does not exist."""
    row = {"id": new_id(), "lead_id": lead_id, "channel": channel, "organization_id": tenancy.current_id()}
    row["assignee_id"] = db.session.scalar(select(Lead.owner_id).where(Lead.id == lead_id))
    db.session.execute(upsert(Conversation).values(row).on_conflict_do_nothing())
    thread = select(Conversation).where(Conversation.lead_id == lead_id, Conversation.channel == channel)
    return db.session.scalars(thread).one()


def refresh_conversation(lead_id: str, channel: str, direction: str, text: str, at: datetime) -> None:
    """Show a message that was just said or planned as the thread's newest."""
    db.session.execute(
        update(Conversation)
        .where(Conversation.lead_id == lead_id, Conversation.channel == channel)
        .values(
            last_message_at=at,
            last_direction=direction,
            snippet=snippet_of(text),
            revision=Conversation.revision + 1,
        )
        .execution_options(synchronize_session="fetch")
    )


def touch_conversations(message_ids: Collection[str]) -> None:
    """Make live views look again at the threads of these messages.

    Their ids are read first: SQLite walks all of the organization's threads for an update by a subquery.
    """
    touch_threads(db.session.scalars(select(Message.conversation_id).where(Message.id.in_(message_ids))))


def touch_threads(conversation_ids: Iterable[str | None]) -> None:
    """The same for these threads; None among them is a message without one."""
    threads = sorted({thread for thread in conversation_ids if thread is not None})
    if threads:
        db.session.execute(
            update(Conversation)
            .where(Conversation.id.in_(threads))
            .values(revision=Conversation.revision + 1)
            .execution_options(synchronize_session=False)
        )


def snippet_of(text: str) -> str:
    """The first words, on one line."""
    return " ".join(text[: 4 * SNIPPET_LENGTH].split())[:SNIPPET_LENGTH]


def assign_conversation(conversation: Conversation, assignee_id: str | None) -> Conversation:
    """Give the thread to a colleague, or to nobody. Raises NotFound for someone of another organization."""
    conversation = lock(conversation)
    if assignee_id is not None:
        assignee = get_or_404(User, assignee_id)
        if assignee.disabled_at is not None:
            raise DomainError(f"{assignee.name} can no longer sign in.", "assignee_id")
    if conversation.assignee_id != assignee_id:
        conversation.assignee_id = assignee_id
        conversation.revision += 1
        record(
            ConversationAssigned(lead_id=conversation.lead_id, conversation_id=conversation.id, assignee_id=assignee_id)
        )
    return conversation


def hand_over_conversations(lead_id: str, old_owner_id: str | None, owner_id: str | None) -> None:
    """The lead has another owner: the threads the old one had, or nobody, are theirs now."""
    had = Conversation.assignee_id.is_(None)
    if old_owner_id is not None:
        had = or_(had, Conversation.assignee_id == old_owner_id)
    db.session.execute(
        update(Conversation)
        .where(Conversation.lead_id == lead_id, had)
        .values(assignee_id=owner_id, revision=Conversation.revision + 1)
        .execution_options(synchronize_session=False)
    )


def snooze_conversation(conversation: Conversation, until: datetime) -> Conversation:
    """Put the thread aside until a moment, or until the lead writes. Raises DomainError for a past moment."""
    if until <= clock.now():
        raise DomainError("Choose a time that is still to come.", "until")
    return _set_status(conversation, "snoozed", until)


def close_conversation(conversation: Conversation) -> Conversation:
    """Done for now; a new message by the lead opens it again."""
    return _set_status(conversation, "closed", None)


def reopen_conversation(conversation: Conversation) -> Conversation:
    """Back among the open threads."""
    return _set_status(conversation, "open", None)


def _set_status(conversation: Conversation, status: str, until: datetime | None) -> Conversation:
    conversation = lock(conversation)
    old = conversation.status
    conversation.status, conversation.snoozed_until = status, until
    if old != status:
        conversation.revision += 1
        record(
            ConversationStatusChanged(
                lead_id=conversation.lead_id, conversation_id=conversation.id, old=old, new=status
            )
        )
    return conversation
