"""What came in and could not be read, and how the mailbox does, for those who run the team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import func, select

from leadcrm.adapters.imap import ImapServer
from leadcrm.conversations.incoming_mail import LONGEST_HEAD, NoSender, read_head
from leadcrm.conversations.models import Mailbox, RawInbound
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.identity.models import Organization
from leadcrm.identity.queries import organization

SHOWN = 50


@dataclass(frozen=True)
class Unread:
    """Something that came in and could not be read; `due_at` is its next try, None when it waits for a person."""

    id: str
    channel: str
    title: str
    received_at: datetime
    size: int
    tries: int
    due_at: datetime | None
    error: str


def unread() -> Sequence[Unread]:
    """The organization's webhooks and mails that could not be read so far, newest first."""
    columns = (RawInbound.id, RawInbound.channel, RawInbound.received_at, RawInbound.tries, RawInbound.due_at)
    beginning = func.substr(RawInbound.body, 1, LONGEST_HEAD).label("beginning")
    statement = (
        select(*columns, RawInbound.error, beginning, func.length(RawInbound.body).label("size"))
        .where(RawInbound.done_at.is_(None), RawInbound.error.is_not(None))
        .order_by(RawInbound.received_at.desc(), RawInbound.id.desc())
        .limit(SHOWN)
    )
    return [
        Unread(
            id=row.id,
            channel=row.channel,
            title=_title(bytes(row.beginning)),
            received_at=row.received_at,
            size=row.size,
            tries=row.tries,
            due_at=row.due_at,
            error=row.error,
        )
        for row in db.session.execute(statement)
    ]


def mailbox() -> Mailbox | None:
    """The installation's mailbox as it was last seen; a blank row before the first look.

    None when none is read, and for an organization with an address of its own beside others: it is not theirs.
    """
    if current_app.settings.imap_url is None or not _is_ours():
        return None
    name = ImapServer.from_url(current_app.settings.imap_url).name
    return db.session.scalar(select(Mailbox).where(Mailbox.name == name)) or Mailbox(
        name=name, failures=0, error="", strays=0
    )


def _is_ours() -> bool:
    others = select(Organization.id).where(Organization.id != tenancy.current_id())
    return organization().mail_from is None or db.session.scalar(others.limit(1)) is None


def _title(beginning: bytes) -> str:
    try:
        head = read_head(beginning)
    except NoSender:
        return "Without a sender"
    return f"{head.subject or 'No subject'}, from {head.sender or 'a mail system'}"
