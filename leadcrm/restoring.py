"""What a restore means to the features: nothing leaves, nobody is signed in, and what was on its way is unclear."""

import getpass
import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Executable, Select, delete, insert, literal, select, update

from leadcrm.conversations import jobs
from leadcrm.conversations.models import PAUSABLE, Attachment, Message, SendingPause
from leadcrm.conversations.storage import FOLDER
from leadcrm.core import clock, tenancy
from leadcrm.core.backup import journal
from leadcrm.core.db import Moment, db, perform
from leadcrm.core.models import Heartbeat
from leadcrm.identity.models import Organization, PasswordReset, StaffMail, User, UserSession
from leadcrm.identity.permissions import MANAGERS
from leadcrm.notifications.operations import notify
from leadcrm.privacy.jobs import drain_erasures

OVER = timedelta(hours=1)  # so long ago that any lease is over
PAUSES, MESSAGES, STAFF_MAILS = SendingPause.__table__, Message.__table__, StaffMail.__table__
SESSIONS, RESETS, ORGANIZATIONS = UserSession.__table__, PasswordReset.__table__, Organization.__table__


def files_of_rows() -> Select:
    """Path below the uploads folder and size of every file of a message.

    Not of drafts: their writers may have removed one between the look at the rows and the look at the files.
    """
    attachments = Attachment.__table__
    files = select(literal(f"{FOLDER}/") + attachments.c.stored_as, attachments.c.size)
    return files.where(attachments.c.message_id.is_not(None))


def calming(backup_at: datetime, erasures: Iterable[journal.Entry] = ()) -> Sequence[Executable]:
    """What is done in a restored database before anyone sees it.

    Whoever was erased is marked to be erased again: by `erasures`, by the database it replaces, by the journal's file.
    """
    now = clock.real_now()
    known = journal.read_entries(current_app.settings.var / journal.NAME)
    again = journal.replaying([*journal.entries_of_database(), *known, *erasures])
    return [*_pause_sending(backup_at, now), *_break_off(now), *_sign_everyone_out(now), *again]


def settle(backup_at: datetime) -> int:
    """What people should know when they come back; harmless when it is done again, or missed.

    Who was erased since is erased again. Messages that were being sent when the backup was made become unknown, others
    that were in hand are due again, and those who run the teams find a notification. Returns how many messages were in
    hand.
    """
    in_hand = 0
    while swept := jobs.sweep_messages():
        in_hand += swept
    drain_erasures(lambda: False)
    with tenancy.everyone():
        organization_ids = db.session.scalars(select(Organization.id)).all()
    for organization_id in organization_ids:
        with tenancy.organization(organization_id):
            perform(_tell_managers, backup_at)
    return in_hand


def _tell_managers(backup_at: datetime) -> None:
    managers = db.session.scalars(select(User.id).where(User.role.in_(MANAGERS), User.disabled_at.is_(None)))
    title = "A backup was restored: sending is paused until you release it"
    notify(managers, f"restored:{backup_at.isoformat()}", title, "/settings/system", "triangle-alert")


def _pause_sending(backup_at: datetime, now: datetime) -> list[Executable]:
    """A pause for each organization and what can be paused; those the backup was made in are over."""
    older = update(PAUSES).where(PAUSES.c.released_at.is_(None))
    pauses: list[Executable] = [older.values(released_at=literal(now, Moment()), released_by="restore")]
    for channel in PAUSABLE:
        row = select(
            ORGANIZATIONS.c.id,
            literal(channel),
            literal(backup_at, Moment()),
            literal(now, Moment()),
            literal(_who()),
        )
        columns = ["organization_id", "channel", "backup_at", "paused_at", "paused_by"]
        pauses.append(insert(PAUSES).from_select(columns, row))
    return pauses


def _who() -> str:
    """The host's user, who need not have a name in a container."""
    try:
        return getpass.getuser()[:80]
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _break_off(now: datetime) -> list[Executable]:
    """Whoever held a message then is gone: the sweep ends the leases. Letters to the team would be stale links."""
    held = update(MESSAGES).where(MESSAGES.c.lease_until.is_not(None))
    letters = update(STAFF_MAILS).where(STAFF_MAILS.c.due_at.is_not(None))
    return [
        held.values(lease_until=literal(now - OVER, Moment())),
        letters.values(due_at=None, error="not sent: a backup was restored"),
        delete(Heartbeat.__table__),
    ]


def _sign_everyone_out(now: datetime) -> list[Executable]:
    """A session that was ended after the backup was made, or a link that was used, must not work again."""
    moment = literal(now, Moment())
    return [
        update(SESSIONS).where(SESSIONS.c.ended_at.is_(None)).values(ended_at=moment),
        update(RESETS).where(RESETS.c.used_at.is_(None)).values(used_at=moment),
    ]
