"""What a restore means to the features: nothing leaves, nobody is signed in, and what was on its way is unclear."""

import getpass
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Executable, Select, delete, insert, literal, select, update

from leadcrm.conversations import jobs
from leadcrm.conversations.models import CHANNELS, Attachment, Message, SendingPause
from leadcrm.core import clock
from leadcrm.core.db import Moment
from leadcrm.core.models import Heartbeat
from leadcrm.identity.models import Organization, PasswordReset, StaffMail, UserSession

OVER = timedelta(hours=1)  # so long ago that any lease is over
PAUSES, MESSAGES, STAFF_MAILS = SendingPause.__table__, Message.__table__, StaffMail.__table__
SESSIONS, RESETS, ORGANIZATIONS = UserSession.__table__, PasswordReset.__table__, Organization.__table__


def files_of_rows() -> Select:
    """Path below the uploads folder and size of every file that a row speaks of."""
    attachments = Attachment.__table__
    return select(literal("inbound/") + attachments.c.stored_as, attachments.c.size)


def calming(backup_at: datetime) -> Sequence[Executable]:
    """What is done in a restored database before anyone sees it."""
    now = clock.real_now()
    return [*_pause_sending(backup_at, now), *_break_off(now), *_sign_everyone_out(now)]


def settle() -> int:
    """Messages that were being sent when the backup was made become unknown, and people are told. Returns how many."""
    moved = 0
    while swept := jobs.sweep_messages():
        moved += swept
    return moved


def _pause_sending(backup_at: datetime, now: datetime) -> list[Executable]:
    """A pause for each organization and channel; those the backup was made in are over."""
    older = update(PAUSES).where(PAUSES.c.released_at.is_(None))
    pauses: list[Executable] = [older.values(released_at=literal(now, Moment()), released_by="restore")]
    for channel in CHANNELS:
        row = select(
            ORGANIZATIONS.c.id,
            literal(channel),
            literal(backup_at, Moment()),
            literal(now, Moment()),
            literal(getpass.getuser()[:80]),
        )
        columns = ["organization_id", "channel", "backup_at", "paused_at", "paused_by"]
        pauses.append(insert(PAUSES).from_select(columns, row))
    return pauses


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
