"""The installation's mailbox (IMAP_URL): its new mails are kept as the webhook keeps them, each exactly once.

How far it has been read is written in the transaction that keeps the mails, on the condition that nobody else has read
on meanwhile. A kill at any moment therefore loses and doubles nothing. The mailbox itself is left as it is.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Update, select, update

from leadcrm.adapters.imap import Entry, ImapServer, MailboxTrouble, OpenMailbox, opened
from leadcrm.conversations import intake
from leadcrm.conversations.incoming_mail import LARGEST_MAIL, NoSender, cut_short, read_head
from leadcrm.conversations.models import Mailbox
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.upserts import upsert

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)
CLAIM = timedelta(seconds=60)  # renewed with every batch; too short a one costs a repeated fetch, never a mail
LOOK_BACK = timedelta(days=1)  # where a mailbox is begun: older mail in it is not about new leads
BATCH = 20
BATCH_BYTES = 8 * 1024 * 1024
KEPT_OF_LARGE = 256 * 1024  # of a mail over LARGEST_MAIL: its words stand at the beginning


@dataclass(frozen=True)
class Place:
    """How far the mailbox has been read; `checked_at` is when it was last read to its end."""

    name: str
    uid_validity: int | None
    last_uid: int
    checked_at: datetime | None


@dataclass(frozen=True)
class Fetched:
    """A mail as it came, and whose it is; without an organization nobody's."""

    uid: int
    body: bytes
    message_id: str | None
    organization_id: str | None


class Overtaken(Exception):
    """Another worker has read on while we were slow: what we hold, it has kept."""


def drain(should_stop: Callable[[], bool]) -> int:
    """When it is time to look, take in what is new. Returns how many mails that were."""
    if current_app.settings.imap_url is None:
        return 0
    server = ImapServer.from_url(current_app.settings.imap_url)
    with tenancy.everyone():
        if not _is_due(server.name) or (place := perform(_claim, server.name)) is None:
            return 0
        try:
            with opened(server) as box:
                return _take_in(box, place, should_stop)
        except MailboxTrouble as trouble:
            log.warning("mailbox %s: %s", server.name, trouble.reason)
            perform(_note_trouble, server.name, trouble.reason)
        except Overtaken:
            log.info("mailbox %s: another worker reads it", server.name)
    return 0


def _is_due(name: str) -> bool:
    due_at = db.session.scalar(select(Mailbox.due_at).where(Mailbox.name == name))
    db.session.rollback()
    return due_at is None or due_at <= clock.real_now()


def _claim(name: str) -> Place | None:
    """The mailbox for us alone for a while; None when somebody has it."""
    now = clock.real_now()
    db.session.execute(upsert(Mailbox).values(name=name, due_at=now).on_conflict_do_nothing())
    mine = update(Mailbox).where(Mailbox.name == name, Mailbox.due_at <= now).values(due_at=now + CLAIM)
    columns = (Mailbox.name, Mailbox.uid_validity, Mailbox.last_uid, Mailbox.checked_at)
    row = db.session.execute(_silent(mine.returning(*columns))).one_or_none()
    return Place(*row) if row else None


def _take_in(box: OpenMailbox, place: Place, should_stop: Callable[[], bool]) -> int:
    if place.uid_validity != box.uid_validity:
        place = perform(_begin, place, box.uid_validity, _first_uid(box, place))
    entries, taken = box.newer_than(place.last_uid), 0
    for batch in _batches(box, entries, should_stop):
        place = perform(_keep, place, batch)
        taken += len(batch)
    perform(_note_read, place, is_at_end=taken == len(entries))
    return taken


def _first_uid(box: OpenMailbox, place: Place) -> int:
    """Where a mailbox is begun that we do not know, or that its server has numbered anew.

    After a new numbering some mails come a second time; their Message-IDs are known.
    """
    since = (place.checked_at or clock.real_now()) - LOOK_BACK
    return box.first_since(since.date()) or box.uid_next


def _batches(box: OpenMailbox, entries: Sequence[Entry], should_stop: Callable[[], bool]) -> Iterator[list[Fetched]]:
    """At least one mail, even when letting us in took the server all the time we had."""
    batch, size = [], 0
    for entry in entries:
        try:
            body = _body(box, entry)
        except MailboxTrouble:
            if batch:
                yield batch  # a mail that the server cannot give out does not hold up those before it
            raise
        batch.append(_addressed(entry.uid, body))
        size += len(body)
        if should_stop():
            break
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _body(box: OpenMailbox, entry: Entry) -> bytes:
    """The mail, of a too large one the beginning; empty when it was deleted meanwhile."""
    if entry.size <= LARGEST_MAIL:
        return box.read(entry.uid, LARGEST_MAIL) or b""
    return cut_short(box.read(entry.uid, KEPT_OF_LARGE) or b"", entry.size)


def _addressed(uid: int, body: bytes) -> Fetched:
    try:
        head = read_head(body)
    except NoSender:
        return Fetched(uid, body, None, None)
    organization_id = intake.organization_of(head, in_our_mailbox=True)
    db.session.rollback()  # nothing is held while the mail server thinks about the next one
    return Fetched(uid, body, head.message_id, organization_id)


def _begin(place: Place, uid_validity: int, first_uid: int) -> Place:
    _advance(place, uid_validity=uid_validity, last_uid=first_uid - 1)
    return replace(place, uid_validity=uid_validity, last_uid=first_uid - 1)


def _keep(place: Place, batch: Sequence[Fetched]) -> Place:
    strays = [mail for mail in batch if mail.organization_id is None and mail.body]
    for mail in strays:
        log.warning("mailbox %s: mail %d is for none of our organizations", place.name, mail.uid)
    _advance(place, last_uid=batch[-1].uid, strays=Mailbox.strays + len(strays))
    for mail in batch:
        if mail.organization_id is not None:
            with tenancy.organization(mail.organization_id):
                intake.store("email", mail.message_id, mail.body)
    return replace(place, last_uid=batch[-1].uid)


def _advance(place: Place, **values) -> None:
    """Write how far we are, if that is still where the last writer left it. Raises Overtaken."""
    unchanged = (
        Mailbox.name == place.name,
        Mailbox.uid_validity.is_not_distinct_from(place.uid_validity),
        Mailbox.last_uid == place.last_uid,
    )
    statement = update(Mailbox).where(*unchanged).values(due_at=clock.real_now() + CLAIM, **values)
    if db.session.execute(_silent(statement)).rowcount != 1:
        raise Overtaken


def _note_read(place: Place, *, is_at_end: bool) -> None:
    now = clock.real_now()
    values = {"due_at": now + LOOK_EVERY, "checked_at": now} if is_at_end else {"due_at": now}
    statement = update(Mailbox).where(Mailbox.name == place.name).values(failures=0, error="", **values)
    db.session.execute(_silent(statement))


def _note_trouble(name: str, reason: str) -> None:
    statement = update(Mailbox).where(Mailbox.name == name).values(failures=Mailbox.failures + 1, error=reason)
    failures = db.session.scalar(_silent(statement.returning(Mailbox.failures)))
    pause = min(LOOK_EVERY * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    db.session.execute(_silent(update(Mailbox).where(Mailbox.name == name).values(due_at=clock.real_now() + pause)))


def _silent(statement: Update) -> Update:
    return statement.execution_options(synchronize_session=False)
