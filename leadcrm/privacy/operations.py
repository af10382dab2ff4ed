"""Erasing a person: all that is theirs goes in one transaction; what has to follow outside of it is journaled."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from leadcrm.accounts.operations import forget_person
from leadcrm.conversations.models import Attachment, Message, RawInbound
from leadcrm.conversations.operations import suppress_hashes
from leadcrm.core import events, jobs
from leadcrm.core.db import after_commit, db, lock
from leadcrm.core.errors import Conflict
from leadcrm.core.events import record
from leadcrm.core.models import Erasure, RememberedAnswer
from leadcrm.leads.models import Lead, LeadTag, Tag
from leadcrm.privacy.events import LeadErased, LeadExported
from leadcrm.privacy.holdings import FACTS, erased_in_order, holdings
from leadcrm.tracking.operations import leave_shared_browsers

ON_ITS_WAY = "sending"
UNTOLD = {"synchronize_session": False}


def note_export(lead: Lead) -> int:
    """Somebody takes everything held about the lead. Returns the fact's id."""
    return record(LeadExported(lead_id=lead.id))


def erase_lead(lead: Lead, raw_mail_ids: Sequence[str] = ()) -> Erasure:
    """Remove everything held about the lead but the facts' ids, and write the journal.

    `raw_mail_ids` are webhooks that speak of them and name no lead (`queries.raw_mails_about`). Files go afterwards:
    the journal's entry names them. Raises Conflict while a message to them is on its way, NotFound when they are gone.
    """
    lead = lock(lead)
    _stop_what_waits(lead.id)
    files = _files(lead.id, raw_mail_ids)
    suppress_hashes(lead.id)
    forget_person(lead.id, lead.account_id, f"{lead.first_name} {lead.last_name}".strip())
    leave_shared_browsers(lead.id)
    record(LeadErased(lead_id=lead.id))
    entry = _journal(lead.id, files)
    _forget_answers(lead.id)
    tags = db.session.scalars(select(LeadTag.tag_id).where(LeadTag.lead_id == lead.id)).all()
    lead_id = lead.id
    db.session.flush()
    db.session.expunge(lead)
    _delete_rows(lead_id)
    db.session.execute(delete(RawInbound).where(RawInbound.id.in_(raw_mail_ids)).execution_options(**UNTOLD))
    _delete_unused(tags)
    db.session.expire_all()
    after_commit(jobs.ring_slow)
    return entry


def _stop_what_waits(lead_id: str) -> None:
    """Hold every message until we are done: none may begin to leave, and one that has begun must end first."""
    messages = select(Message.status).where(Message.lead_id == lead_id).order_by(Message.id).with_for_update()
    if ON_ITS_WAY in set(db.session.scalars(messages)):
        raise Conflict("A message to them is on its way at this moment. Try again in a minute.")


def _files(lead_id: str, raw_mail_ids: Sequence[str]) -> list[str]:
    """What lies in the uploads: files of messages and drafts, and whatever was kept of raw mails, also those unread."""
    attached = select(Attachment.stored_as).where(holdings()["attachments"].of(lead_id))
    raw = select(RawInbound.id).where(RawInbound.lead_id == lead_id)
    names = {
        *db.session.scalars(attached),
        *db.session.scalars(raw),
        *raw_mail_ids,
    }
    return sorted(names)


def _journal(lead_id: str, files: list[str]) -> Erasure:
    """The entry, new or, after a restore, the one that asked for this."""
    entry = db.session.scalar(select(Erasure).where(Erasure.lead_id == lead_id))
    if entry is None:
        entry = Erasure(lead_id=lead_id, erased_by=events.actor())
        db.session.add(entry)
    entry.files, entry.settled_at = files, None
    return entry


def _forget_answers(lead_id: str) -> None:
    told = RememberedAnswer.body.contains(lead_id, autoescape=True)
    db.session.execute(delete(RememberedAnswer).where(told).execution_options(**UNTOLD))


def _delete_rows(lead_id: str) -> None:
    connection = db.session.connection()
    for holding in erased_in_order():
        connection.execute(delete(holding.table).where(holding.of(lead_id)))
    words = update(FACTS).where(holdings()[FACTS.name].of(lead_id), FACTS.c.words.is_not(None))
    connection.execute(words.values(words=None))


def _delete_unused(tag_ids: Sequence[str]) -> None:
    used = select(LeadTag.tag_id).where(LeadTag.tag_id.in_(tag_ids))
    unused = delete(Tag).where(Tag.id.in_(tag_ids), Tag.id.not_in(used))
    db.session.execute(unused.execution_options(**UNTOLD))
