"""Mails of which nobody could tell whether they left, looked for in the mailbox's folder of sent mail.

Only finding one says something: many servers keep no copy there. What is not found stays unknown, for a person.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import Row, exists, select

from leadcrm.adapters.imap import ImapServer, MailboxTrouble, opened_sent
from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import note_accepted
from leadcrm.core import clock, tenancy
from leadcrm.core.apart import on_its_own
from leadcrm.core.db import db, end_reading, get_or_404, perform
from leadcrm.identity.models import Organization

LOOKED_FOR = timedelta(days=7)  # after they were planned
AT_ONCE = 200  # mails of an organization in one look, the newest: a copy is put there within seconds, if at all

log = logging.getLogger(__name__)


def look_for_unknown() -> int:
    """Settle as sent what lies in the folder of sent mail. Returns how many mails that were."""
    if current_app.settings.imap_url is None:
        return 0
    mails = unknown_mails()
    end_reading()
    found = _found(ImapServer.from_url(current_app.settings.imap_url), mails) if mails else []
    for mail in found:
        with on_its_own(mail.organization_id, f"settling message {mail.id}"):
            perform(_settle, mail.id)
    return len(found)


def unknown_mails() -> list[Row]:
    """(organization_id, id, external_id) of mails to look for, of each organization the newest first."""
    some = exists().where(Message.organization_id == Organization.id, Message.status == "unknown")
    with tenancy.everyone():
        organizations = db.session.scalars(select(Organization.id).where(some)).all()
    return [mail for organization_id in organizations for mail in _unknown_mails_of(organization_id)]


def _unknown_mails_of(organization_id: str) -> Sequence[Row]:
    statement = (
        select(Message.organization_id, Message.id, Message.external_id)
        .where(Message.status == "unknown", Message.created_at >= clock.now() - LOOKED_FOR, Message.channel == "email")
        .order_by(Message.created_at.desc(), Message.id.desc())
    )
    with tenancy.organization(organization_id):
        return db.session.execute(statement.limit(AT_ONCE)).all()


def _found(server: ImapServer, mails: Sequence[Row]) -> list[Row]:
    """Those found before the mailbox made trouble, if it does."""
    found: list[Row] = []
    try:
        with opened_sent(server) as folder:
            found.extend(mail for mail in mails if folder is not None and folder.holds(mail.external_id))
    except MailboxTrouble as trouble:
        log.warning("sent mail of %s: %s", server.name, trouble.reason)
    return found


def _settle(message_id: str) -> bool:
    return note_accepted(get_or_404(Message, message_id), "found")
