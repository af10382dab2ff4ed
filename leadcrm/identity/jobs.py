"""Mail to people of the team, sent by the worker."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, and_, delete, or_, select

from leadcrm.adapters.ports import MailSession, OutcomeUnknown, OutgoingEmail, Refused, TryLater
from leadcrm.adapters.registry import mail_transport
from leadcrm.core import clock, tenancy
from leadcrm.core.at_rest import Misplaced, Place, Unreadable, decrypt
from leadcrm.core.db import db, perform
from leadcrm.identity.models import PasswordReset, StaffMail, UserSession
from leadcrm.identity.operations.letters import claim_letter, note_letter_failed, note_letter_sent

log = logging.getLogger(__name__)

BATCH = 50
FORGET_BATCH = 200
KEPT_SESSIONS = timedelta(days=90)
KEPT_LETTERS = timedelta(days=30)


def drain_staff_mails(should_stop: Callable[[], bool]) -> int:
    """Send what is due, over one connection. Returns how many were tried."""
    with tenancy.everyone():
        mail_ids = _due()
        if not mail_ids:
            return 0
        tried = 0
        with mail_transport(current_app.settings).open() as session:
            for mail_id in mail_ids:
                if should_stop():
                    break
                tried += _send(session, mail_id)
    return tried


def forget_sign_ins() -> int:
    """Forget sessions and their addresses 90 days after their end, links and settled letters after 30 days.

    In batches: a first run may find years of them. Returns how many rows went.
    """
    now, gone = clock.real_now(), 0
    with tenancy.everyone():
        for model, is_over in _forgettable(now):
            while batch := perform(_forget_a_batch, model, is_over):
                gone += batch
    return gone


def _forgettable(now: datetime) -> list[tuple[type, ColumnElement[bool]]]:
    sessions, links = now - KEPT_SESSIONS, now - KEPT_LETTERS
    return [
        (UserSession, or_(UserSession.ended_at < sessions, UserSession.expires_at < sessions)),
        (PasswordReset, PasswordReset.expires_at < links),
        (StaffMail, and_(StaffMail.created_at < links, StaffMail.due_at.is_(None))),
    ]


def _forget_a_batch(model: type, is_over: ColumnElement[bool]) -> int:
    batch = select(model.id).where(is_over).limit(FORGET_BATCH)
    statement = delete(model).where(model.id.in_(batch)).execution_options(synchronize_session=False)
    return db.session.execute(statement).rowcount


def _due() -> list[str]:
    due = select(StaffMail.id).where(StaffMail.due_at <= clock.real_now())
    mail_ids = list(db.session.scalars(due.order_by(StaffMail.due_at, StaffMail.id).limit(BATCH)))
    db.session.rollback()
    return mail_ids


def _send(session: MailSession, mail_id: str) -> int:
    if not perform(claim_letter, mail_id):
        return 0
    mail = db.session.scalars(select(StaffMail).where(StaffMail.id == mail_id)).one()
    try:
        email = _as_email(mail)
    except Unreadable as trouble:  # the right key may come back; what belongs elsewhere stays wrong
        perform(note_letter_failed, mail, str(trouble), for_good=isinstance(trouble, Misplaced))
        return 1
    db.session.rollback()  # nothing is held while the mail server thinks
    try:
        session.send(email)
    except Refused as refusal:
        perform(note_letter_failed, mail, refusal.reason, for_good=True)
    except (TryLater, OutcomeUnknown) as trouble:
        perform(note_letter_failed, mail, trouble.reason, for_good=False)
    except Exception as error:  # a bug in an adapter costs one letter a try, not the lane
        log.exception("a mail to the team could not be sent")
        perform(note_letter_failed, mail, repr(error), for_good=False)
    else:
        perform(note_letter_sent, mail)
    return 1


def _as_email(mail: StaffMail) -> OutgoingEmail:
    sender = current_app.settings.mail_from
    return OutgoingEmail(
        message_id=f"<{mail.id}@{sender.rpartition('@')[2]}>",
        sender=sender,
        sender_name="LeadCRM",
        recipient=mail.recipient,
        recipient_name="",
        subject=mail.subject,
        text=decrypt(mail.body, Place.of(StaffMail.body, mail)),
    )
