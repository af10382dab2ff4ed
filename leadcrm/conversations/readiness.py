"""What /readyz says about messages, over all organizations."""

from collections.abc import Callable

from flask import current_app
from sqlalchemy import func, select

from leadcrm.adapters.imap import ImapServer
from leadcrm.conversations.models import CHANNELS, Mailbox, Message, RawInbound, SendingPause
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.identity.models import Organization


def oldest_due_seconds() -> float:
    """How late the oldest due message is, in seconds; 0 only when none is. One index look-up per queue."""
    oldest = [moment for channel in CHANNELS if (moment := _oldest_due(channel)) is not None]
    late = (clock.now() - min(oldest)).total_seconds() if oldest else -1.0
    return max(0.1, round(late, 1)) if late >= 0 else 0.0


def unknown_messages() -> int:
    """Messages of which nobody can tell whether they arrived."""
    of_one = (
        select(func.count(Message.id))
        .where(Message.organization_id == Organization.id, Message.status == "unknown")
        .correlate(Organization)
        .scalar_subquery()
    )
    return int(db.session.scalar(select(func.coalesce(func.sum(of_one), 0)).select_from(Organization)))


def unread_webhooks() -> int:
    """Webhooks that could not be read and wait for a person."""
    given_up = select(func.count(RawInbound.id)).where(RawInbound.due_at.is_(None), RawInbound.done_at.is_(None))
    return db.session.scalar(given_up) or 0


def mailbox_silent_seconds() -> float | None:
    """Seconds since the mailbox was read to its end; None without a mailbox, and before the first time."""
    if current_app.settings.imap_url is None:
        return None
    name = ImapServer.from_url(current_app.settings.imap_url).name
    checked_at = db.session.scalar(select(Mailbox.checked_at).where(Mailbox.name == name))
    return None if checked_at is None else max(0.0, round((clock.real_now() - checked_at).total_seconds(), 1))


def paused_channels() -> int:
    """Channels and webhooks of organizations that are paused since a restore, until a person releases them."""
    return db.session.scalar(select(func.count(SendingPause.id)).where(SendingPause.released_at.is_(None))) or 0


PROBES: dict[str, Callable[[], float | None]] = {
    "oldest_due_seconds": oldest_due_seconds,
    "unknown_messages": unknown_messages,
    "paused_channels": paused_channels,
    "unread_webhooks": unread_webhooks,
    "mailbox_silent_seconds": mailbox_silent_seconds,
}


def _oldest_due(channel: str):
    of_one = (
        select(func.min(Message.due_at))
        .where(Message.organization_id == Organization.id, Message.channel == channel, Message.due_at.is_not(None))
        .correlate(Organization)
        .scalar_subquery()
    )
    return db.session.scalar(select(func.min(of_one)).select_from(Organization))
