"""Webhooks' bytes, kept until they are messages.

A mail is verified, kept under its Message-ID and answered with 200; only then is it read. What cannot be read stays
with its error and comes back, at most MAX_TRIES times, then when a person says so.
"""

import hashlib
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flask import current_app
from sqlalchemy import Select, select, update

from leadcrm.conversations import incoming_mail, storage
from leadcrm.conversations.attachments import keep_files
from leadcrm.conversations.delivery.addresses import ReplyTag, read_reply_address, without_tag
from leadcrm.conversations.delivery.backoff import next_try
from leadcrm.conversations.incoming_mail import Head, Mail
from leadcrm.conversations.models import Conversation, Message, RawInbound
from leadcrm.conversations.operations import IncomingFile, opt_out, receive, take_report
from leadcrm.conversations.overhearing import is_answer, lead_whom_a_colleague_answered, overhear
from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.db import after_commit, db, perform
from leadcrm.core.errors import NotFound
from leadcrm.core.events import acting_as
from leadcrm.core.upserts import upsert
from leadcrm.core.values import new_id
from leadcrm.identity.models import Organization
from leadcrm.leads.models import ContactPoint
from leadcrm.leads.queries import find_by_address

log = logging.getLogger(__name__)

MAX_TRIES = 8
BATCH = 20
CLAIM = timedelta(minutes=5)  # longer than reading the largest mail takes
BROKE_OFF = "reading it broke off again and again: it may have ended the worker"
LONGEST_ID = 255
NEWEST_REFERENCES = 20


@dataclass(frozen=True)
class Raw:
    """A kept webhook that is ours to read."""

    id: str
    organization_id: str
    external_id: str
    tries: int


def organization_of(head: Head, *, in_our_mailbox: bool = False) -> str | None:
    """The organization a mail is for: by the tag of a thread, by the mail it answers, by the mailbox it was sent to.

    The installation's own MAIL_FROM, and its mailbox whatever a mail in it says, stand for the organizations that have
    no address of their own: for the only one, else for the only one that knows the sender; the mailbox also for the
    only organization there is. There is no guess: it would show one team the other's mail.
    """
    with tenancy.everyone():
        return _by_tag(head.recipients) or _by_reference(head.references) or _by_mailbox(head, in_our_mailbox)


def store(channel: str, external_id: str | None, body: bytes) -> bool:
    """Keep a webhook's bytes for the organization in scope; the bell rings. False when the same came before."""
    row = {
        "id": new_id(),
        "organization_id": tenancy.current_id(),
        "channel": channel,
        "external_id": _bounded(external_id) or f"sha256:{hashlib.sha256(body).hexdigest()}",
        "body": body,
        "received_at": clock.now(),
        "due_at": clock.real_now(),
        "tries": 0,
    }
    statement = upsert(RawInbound).values(row).on_conflict_do_nothing().returning(RawInbound.id)
    is_new = db.session.scalar(statement) is not None
    if is_new:
        after_commit(jobs.ring_now)
    return is_new


def drain(should_stop: Callable[[], bool]) -> int:
    """Read what was kept, oldest first. Returns how many webhooks were looked at."""
    looked_at = 0
    with tenancy.everyone():
        while not should_stop() and (due := _due()):
            for raw_id in due:
                if should_stop():
                    break
                if (raw := perform(_claim, raw_id)) is not None:
                    with tenancy.organization(raw.organization_id):
                        _read(raw)
                    looked_at += 1
    return looked_at


def read_again(raw_id: str) -> None:
    """A person wants another try of what could not be read. Raises NotFound when it was read or is not theirs."""
    unread = update(RawInbound).where(RawInbound.id == raw_id, RawInbound.done_at.is_(None))
    now = {"due_at": clock.real_now(), "tries": 0}
    if db.session.execute(unread.values(now).execution_options(synchronize_session=False)).rowcount != 1:
        raise NotFound("This was read in the meantime.")
    after_commit(jobs.ring_now)


def _due() -> list[str]:
    due = select(RawInbound.id).where(RawInbound.due_at <= clock.real_now())
    ids = list(db.session.scalars(due.order_by(RawInbound.due_at, RawInbound.id).limit(BATCH)))
    db.session.rollback()
    return ids


def _claim(raw_id: str) -> Raw | None:
    """Count the try before it is made: bytes that kill their reader are not read for ever."""
    now = clock.real_now()
    mine = (
        update(RawInbound)
        .where(RawInbound.id == raw_id, RawInbound.due_at <= now)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(mine.where(RawInbound.tries >= MAX_TRIES).values(due_at=None, error=BROKE_OFF))
    statement = mine.values(due_at=now + CLAIM, tries=RawInbound.tries + 1)
    names = (RawInbound.id, RawInbound.organization_id, RawInbound.external_id, RawInbound.tries)
    row = db.session.execute(statement.returning(*names)).one_or_none()
    return Raw(*row) if row else None


def _read(raw: Raw) -> None:
    try:
        body = db.session.scalar(select(RawInbound.body).where(RawInbound.id == raw.id))
        db.session.rollback()
        mail = incoming_mail.read(body)
        files = keep_files(raw.id, mail.files)
        perform(_receive, raw, mail, files)
    except Exception as error:  # one mail's trouble is its own: the others must still come in
        log.warning("inbound %s could not be read: %r", raw.id, error)
        db.session.rollback()
        perform(_put_off, raw, error)


def _receive(raw: Raw, mail: Mail, files: list[IncomingFile]) -> None:
    note, about = None, None
    tag = next((tag for address in mail.head.recipients if (tag := read_reply_address(address))), None)
    if mail.report is not None:
        about = take_report(mail.report, tag.token if tag else None, mail.head.references)
        if about is None:
            note = "A delivery report on none of our messages."
    elif mail.head.is_auto_reply and not _is_expected(mail.head):
        note = "An automatic reply to none of our messages."
    elif _is_ours(mail.head):
        note = "A copy of a mail of ours."
    elif (beside := lead_whom_a_colleague_answered(mail.head, tag.token if tag else None)) is not None:
        about = overhear(beside, mail)
        after_commit(partial(storage.remove, [file.stored_as for file in files]))
    else:
        about = _take_in(raw, mail, files, tag)
    lead_id = about.lead_id if about else None
    _settle(raw, done_at=clock.now(), due_at=None, error=note, lead_id=lead_id)


def _take_in(raw: Raw, mail: Mail, files: list[IncomingFile], tag: ReplyTag | None) -> Message:
    token = tag.token if tag else None
    message = receive(
        "email",
        mail.head.sender,
        mail.text,
        raw.external_id,
        clock.now(),
        subject=mail.head.subject,
        html=mail.html,
        in_reply_to=_bounded(mail.head.in_reply_to),
        references=mail.head.references,
        attachments=files,
        automatic=mail.head.is_automatic or (mail.head.is_of_a_list and not is_answer(mail.head, token)),
        sender_name=mail.head.sender_name,
        quoted=mail.quoted,
        reply_token=token,
    )
    if tag is not None and tag.stops:
        with acting_as(f"lead:{message.lead_id}"):
            opt_out(message.lead_id, "email", mail.head.sender, "unsubscribed")
    return message


def _is_expected(head: Head) -> bool:
    """Whether a thread or a lead is there for it: a machine's answer makes no lead of its own."""
    return (
        _by_tag(head.recipients) is not None
        or _by_reference(head.references) is not None
        or find_by_address("email", head.sender) is not None
    )


def _is_ours(head: Head) -> bool:
    """A mail we sent that came back to us is no lead's message."""
    sent = select(Message.id).where(Message.external_id == head.message_id, Message.direction == "outbound")
    return head.message_id is not None and db.session.scalar(sent.limit(1)) is not None


def _put_off(raw: Raw, error: Exception) -> None:
    due_at = None
    if raw.tries < MAX_TRIES:
        due_at = next_try(raw.tries, clock.real_now(), random.uniform(0.5, 1.5))
    _settle(raw, due_at=due_at, error=f"{type(error).__name__}: {error}"[:2000])


def _settle(raw: Raw, **values) -> None:
    statement = update(RawInbound).where(RawInbound.id == raw.id).values(**values)
    db.session.execute(statement.execution_options(synchronize_session=False))


def _bounded(external_id: str | None) -> str | None:
    if not external_id or len(external_id) <= LONGEST_ID:
        return external_id
    return f"sha256:{hashlib.sha256(external_id.encode()).hexdigest()}"


def _by_tag(recipients: Sequence[str]) -> str | None:
    tokens = [tag.token for address in recipients if (tag := read_reply_address(address))]
    if not tokens:
        return None
    return db.session.scalar(select(Conversation.organization_id).where(Conversation.reply_token.in_(tokens)).limit(1))


def _by_reference(references: Sequence[str]) -> str | None:
    if not references:
        return None
    ours = select(Message.organization_id).where(
        Message.external_id.in_(references[-NEWEST_REFERENCES:]), Message.direction == "outbound"
    )
    return db.session.scalar(ours.limit(1))


def _by_mailbox(head: Head, in_our_mailbox: bool) -> str | None:
    mailboxes = {without_tag(address) for address in head.recipients}
    own = db.session.scalar(select(Organization.id).where(Organization.mail_from.in_(mailboxes)).limit(1))
    if own is not None or not (in_our_mailbox or current_app.settings.mail_from.lower() in mailboxes):
        return own
    sharing = select(Organization.id).where(Organization.mail_from.is_(None))
    knowing = (
        sharing.join(ContactPoint, ContactPoint.organization_id == Organization.id)
        .where(ContactPoint.kind == "email", ContactPoint.value == head.sender)
        .distinct()
    )
    return _only(sharing) or _only(knowing) or (_only(select(Organization.id)) if in_our_mailbox else None)


def _only(statement: Select[tuple[str]]) -> str | None:
    found = db.session.scalars(statement.limit(2)).all()
    return found[0] if len(found) == 1 else None
