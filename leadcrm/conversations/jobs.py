"""What the worker does for messages: send, fetch, take in, end leases, wake threads, forget old bytes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, select

from leadcrm.adapters import registry
from leadcrm.adapters.ports import MailTransport, TextTransport
from leadcrm.conversations import delivery, intake, mailbox, storage
from leadcrm.conversations.models import Attachment, Conversation, RawInbound
from leadcrm.conversations.operations import reopen_conversation
from leadcrm.core import clock, tenancy
from leadcrm.core.apart import on_its_own
from leadcrm.core.db import db, perform

KEPT_RAW = timedelta(days=30)
ORPHANED_AFTER = timedelta(days=1)  # longer than between a file and the row that names it
WAKE_BATCH = 200
PURGE_BATCH = 100


@dataclass(frozen=True)
class Channel:
    """A channel as this installation has it."""

    transport: MailTransport | TextTransport
    is_sandbox: bool

    def open(self) -> AbstractContextManager:
        return self.transport.open()


def drain_messages(should_stop: Callable[[], bool]) -> int:
    """Send what is due. Returns how many messages moved."""
    return delivery.drain(should_stop, _channel)


def drain_inbound(should_stop: Callable[[], bool]) -> int:
    """Turn stored webhooks into messages. Returns how many were settled."""
    return intake.drain(should_stop)


def drain_mailbox(should_stop: Callable[[], bool]) -> int:
    """Fetch what is new in the mailbox, when it is time to look. Returns how many mails were taken in."""
    return mailbox.drain(should_stop)


def sweep_messages() -> int:
    """End the leases of workers that died. Returns how many messages moved."""
    return delivery.sweep()


def wake_snoozed() -> int:
    """Open the threads whose time has come. Returns how many."""
    with tenancy.everyone():
        due = select(Conversation.organization_id, Conversation.id).where(Conversation.snoozed_until <= clock.now())
        rows = db.session.execute(due.limit(WAKE_BATCH)).all()
        db.session.rollback()
    for organization_id, conversation_id in rows:
        with on_its_own(organization_id, f"waking thread {conversation_id}"):
            perform(_wake, conversation_id)
    return len(rows)


def _wake(conversation_id: str) -> None:
    still_due = select(Conversation).where(
        Conversation.id == conversation_id, Conversation.snoozed_until <= clock.now()
    )
    conversation = db.session.scalar(still_due)
    if conversation is not None:
        reopen_conversation(conversation)


def purge_raw_inbound() -> int:
    """Forget webhooks' bytes after 30 days; not of those nobody could read: they may be all there is of a lead.

    Returns how many.
    """
    gone = 0
    with tenancy.everyone():
        while batch := perform(_purge_a_batch):
            gone += batch
    return gone


def _purge_a_batch() -> int:
    old = (
        select(RawInbound.id).where(RawInbound.received_at < clock.now() - KEPT_RAW, RawInbound.done_at.is_not(None))
    ).limit(PURGE_BATCH)
    statement = delete(RawInbound).where(RawInbound.id.in_(old)).execution_options(synchronize_session=False)
    return db.session.execute(statement).rowcount


def remove_orphaned_files() -> int:
    """Remove what people attached and no row names: an upload that broke off, a draft that went with its lead.

    Returns how many files.
    """
    old = list(storage.written_before(clock.real_now() - ORPHANED_AFTER))
    with tenancy.everyone():
        named = set()
        for start in range(0, len(old), PURGE_BATCH):
            some = Attachment.stored_as.in_(old[start : start + PURGE_BATCH])
            named.update(db.session.scalars(select(Attachment.stored_as).where(some)))
        db.session.rollback()
    orphans = [name for name in old if name not in named]
    storage.remove(orphans)
    return len(orphans)


def _channel(name: str) -> Channel:
    settings = current_app.settings
    transport = registry.mail_transport(settings) if name == "email" else registry.text_transport(settings, name)
    return Channel(transport, registry.is_sandbox(settings, name))
