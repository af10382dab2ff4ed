"""Erasing a person: all that is theirs goes in one transaction; what has to follow outside of it is journaled."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, or_, select, update

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.models import Contact
from leadcrm.automations import operations as automations
from leadcrm.bookings import operations as bookings
from leadcrm.conversations.models import Attachment, Message, RawInbound
from leadcrm.conversations.operations import suppress_hashes
from leadcrm.core import events, jobs
from leadcrm.core.db import after_commit, db, lock
from leadcrm.core.errors import Conflict
from leadcrm.core.events import record
from leadcrm.core.models import Erasure, RememberedAnswer
from leadcrm.imports import operations as imports
from leadcrm.leads.models import Lead, LeadTag, Tag
from leadcrm.notifications import operations as notifications
from leadcrm.privacy import queries
from leadcrm.privacy.data import Loose, Person
from leadcrm.privacy.events import ContactErased, ContactExported, LeadErased, LeadExported
from leadcrm.privacy.holdings import FACTS, erased_in_order, holdings
from leadcrm.tracking.operations import leave_shared_browsers

ON_ITS_WAY = "sending"
UNTOLD = {"synchronize_session": False}
NOTHING_LOOSE = Loose()


def note_export(lead: Lead) -> int:
    """Somebody takes everything held about the lead. Returns the fact's id."""
    return record(LeadExported(lead_id=lead.id))


def note_export_of_contact(contact: Contact) -> int:
    """Somebody takes everything held about a contact who never was a lead. Returns the fact's id."""
    return record(ContactExported(account_id=contact.account_id, contact_id=contact.id))


def erase_lead(lead: Lead, loose: Loose = NOTHING_LOOSE) -> Erasure:
    """Remove everything held about the lead but the facts' ids, and write the journal.

    Contacts who are the same person go with them. `loose` is what speaks of them and names no lead
    (`queries.loose_about`). Files go afterwards: the journal's entry names them. Raises Conflict while a message to
    them is on its way, NotFound when they are gone.
    """
    lead = lock(lead)
    _stop_what_waits(lead.id)
    person, files = queries.person_of_lead(lead), _files(lead.id, loose.raw_mail_ids)
    _forget_outside_of_lead(person, loose, lead.account_id, f"{lead.first_name} {lead.last_name}".strip())
    leave_shared_browsers(lead.id)
    bookings.tell_of_erasure(lead.id)
    record(LeadErased(lead_id=lead.id))
    entry = _journal(lead.id, files)
    tags = db.session.scalars(select(LeadTag.tag_id).where(LeadTag.lead_id == lead.id)).all()
    lead_id = lead.id
    db.session.flush()
    db.session.expunge(lead)
    _delete_rows(lead_id)
    _delete_unused(tags)
    db.session.expire_all()
    after_commit(jobs.ring_slow)
    return entry


def erase_contact(contact: Contact, loose: Loose = NOTHING_LOOSE) -> Erasure:
    """The same for a contact who never was a lead. Raises Conflict when they are known as one, NotFound when gone."""
    contact = lock(contact)
    if contact.lead_id is not None:
        raise Conflict("They are known as a lead by now: erase that lead, and the contact goes with it.")
    person = queries.person_of_contact(contact)
    _forget_outside_of_lead(person, loose, None, "")
    entry = _journal(person.id, list(loose.raw_mail_ids))
    db.session.flush()
    db.session.expire_all()
    after_commit(jobs.ring_slow)
    return entry


def _forget_outside_of_lead(person: Person, loose: Loose, account_id: str | None, name: str) -> None:
    """What no `lead_id` leads to: contacts, who are journaled by themselves, addresses, rows of files, answers."""
    suppress_hashes(person.lead_id, person.addresses)
    they = select(Contact.id, Contact.account_id).where(Contact.id.in_(person.contact_ids), Contact.lead_id.is_(None))
    for contact_id, of_account in db.session.execute(they.order_by(Contact.id)).all():
        record(ContactErased(account_id=of_account, contact_id=contact_id))
        _journal(contact_id, [])
    forgotten = accounts.forget_person(person.contact_ids, account_id, name, person.addresses)
    automations.forget_words(forgotten.account_ids, forgotten.without)
    notifications.forget_words([f"/accounts/{one}" for one in forgotten.account_ids], forgotten.without)
    for of_account in forgotten.accounts_of_facts:
        _journal(of_account, [])  # else the audit would miss what its facts said
    imports.forget_person(loose.import_rows, person.addresses)
    db.session.execute(delete(RawInbound).where(RawInbound.id.in_(loose.raw_mail_ids)).execution_options(**UNTOLD))
    _forget_answers({person.id, *person.contact_ids})


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


def _journal(row_id: str, files: list[str]) -> Erasure:
    """The entry, new or, after a restore, the one that asked for this."""
    entry = db.session.scalar(select(Erasure).where(Erasure.lead_id == row_id))
    if entry is None:
        entry = Erasure(lead_id=row_id, erased_by=events.actor())
        db.session.add(entry)
    entry.files, entry.settled_at = files, None
    return entry


def _forget_answers(ids: Collection[str]) -> None:
    told = or_(*(RememberedAnswer.body.contains(row_id, autoescape=True) for row_id in sorted(ids)))
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
