"""Posting mail to people of the team, and remembering what became of it. Arriving twice does no harm."""

from datetime import timedelta

from sqlalchemy import update

from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.at_rest import Place, encrypt
from leadcrm.core.db import after_commit, db
from leadcrm.core.drains import MAX_TRIES, back_off
from leadcrm.core.values import new_id
from leadcrm.identity.letters import Letter
from leadcrm.identity.models import StaffMail

LEASE = timedelta(minutes=10)  # longer than the slowest mail server's verdict
BROKE_OFF = "sending it broke off again and again: it may have ended the worker"


def post_letter(recipient: str, letter: Letter) -> None:
    """Leave the letter for the worker, in the open transaction."""
    mail = StaffMail(
        id=new_id(),
        organization_id=tenancy.current_id(),
        recipient=recipient,
        subject=letter.subject,
        due_at=clock.real_now(),
    )
    mail.body = encrypt(letter.body, Place.of(StaffMail.body, mail))
    db.session.add(mail)
    db.session.flush()
    after_commit(jobs.ring_now)


def claim_letter(mail_id: str) -> bool:
    """Take a due letter for sending. False when another worker has it or it is not due any more.

    The try is counted before it is made, and a letter that killed its sender too often is given up here.
    """
    now = clock.real_now()
    due = (
        update(StaffMail)
        .where(StaffMail.id == mail_id, StaffMail.due_at <= now)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(due.where(StaffMail.tries >= MAX_TRIES).values(due_at=None, error=BROKE_OFF))
    return db.session.execute(due.values(due_at=now + LEASE, tries=StaffMail.tries + 1)).rowcount == 1


def note_letter_sent(mail: StaffMail) -> None:
    """The mail server has it."""
    mail.sent_at, mail.due_at, mail.error = clock.real_now(), None, None


def note_letter_failed(mail: StaffMail, reason: str, *, for_good: bool) -> None:
    """It was not accepted; it is tried again later unless that is pointless or was done often enough."""
    gives_up = for_good or mail.tries >= MAX_TRIES
    mail.due_at = None if gives_up else back_off(mail.tries, clock.real_now())
    mail.error = reason[:500]
