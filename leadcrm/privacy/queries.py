"""What is held about one person."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from leadcrm.accounts import queries as accounts
from leadcrm.accounts.models import Contact
from leadcrm.conversations.models import Attachment, Conversation, Message, RawInbound, Suppression
from leadcrm.conversations.operations.consent import shapes_of
from leadcrm.core.db import Base, db
from leadcrm.imports import queries as imports
from leadcrm.imports.models import ImportRow
from leadcrm.leads.models import CONTACT_KINDS, ContactPoint, Inquiry, Lead, Note
from leadcrm.privacy.data import Loose, Person
from leadcrm.privacy.holdings import Holding, exported, holdings
from leadcrm.tracking.models import SiteVisit

READ_AT_ONCE = 20
COUNTED = (
    (("message", "messages"), Message),
    (("note", "notes"), Note),
    (("inquiry", "inquiries"), Inquiry),
    (("address", "addresses"), ContactPoint),
    (("visit", "visits"), SiteVisit),
)
ROWS_OF_FILES = ("row of an imported file", "rows of imported files")


@dataclass(frozen=True)
class Held:
    """How much there is, in words: `{("message", "messages"): 12, …}`; where they are a contact; leads who have one
    of their addresses.
    """

    counts: dict[tuple[str, str], int]
    contacts: Sequence[Contact]
    sharing: Sequence[Lead]


def person_of_lead(lead: Lead) -> Person:
    """The lead, with the contacts who are the same person by what we know."""
    own = set(addresses_of(lead.id))
    for contact in db.session.scalars(select(Contact).where(Contact.lead_id == lead.id)):
        own.update(_addresses(contact))
    they = accounts.same_person(lead.id, own)
    return _person(lead.id, lead.name, lead.id, they, own)


def person_of_contact(contact: Contact) -> Person:
    """Somebody who never was a lead, with the other contacts who are the same person by what we know."""
    they = accounts.same_person(None, _addresses(contact))
    return _person(contact.id, contact.name, None, {contact.id: contact, **{it.id: it for it in they}}.values(), ())


def held(person: Person) -> Held:
    """What somebody sees before they decide."""
    found = select(Contact).where(Contact.id.in_(person.contact_ids)).options(joinedload(Contact.account))
    contacts = db.session.scalars(found.order_by(Contact.created_at, Contact.id)).all()
    return Held(_counts(person), contacts, sharing(person))


def sharing(person: Person) -> Sequence[Lead]:
    """Other leads with one of the addresses: perhaps the same person."""
    theirs = select(ContactPoint.lead_id).where(
        ContactPoint.kind.in_(CONTACT_KINDS),  # any: a text number may be another's phone; named, the index is used
        ContactPoint.value.in_(person.addresses),
        ContactPoint.lead_id != (person.lead_id or ""),
    )
    return db.session.scalars(select(Lead).where(Lead.id.in_(theirs)).order_by(Lead.created_at, Lead.id)).all()


def rows_about(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(table, rows) for every table that holds something about them; what is not in those tables comes last."""
    further = {"contacts": person.contact_ids, "raw_inbound": raw_mails_about(person)}
    for holding in exported():
        rows = _rows_of(holding, person.lead_id, further.get(holding.table.name, ()))
        if holding.table.name == "import_rows":
            rows += [_plain(row) for row in imports.rows_that_hold(person.addresses)]
        yield holding.table.name, rows
    yield "suppressions", [_plain(row) for row in _suppressions(person.addresses)]
    yield "sharing_an_address", [{"lead_id": other.id} for other in sharing(person)]


def attachments_of(person: Person) -> Sequence[Attachment]:
    """Every file of their messages, and of drafts to them."""
    if person.lead_id is None:
        return []
    theirs = select(Attachment).where(holdings()["attachments"].of(person.lead_id))
    return db.session.scalars(theirs.order_by(Attachment.id)).all()


def loose_about(person: Person) -> Loose:
    """What goes with the person and names no lead. Reads much, so it is asked before the transaction that erases."""
    rows = [(row.import_id, row.number) for row in imports.rows_that_hold(person.addresses)]
    return Loose(raw_mails_about(person), rows)


def raw_mails_about(person: Person) -> list[str]:
    """Kept webhooks that name no lead but speak of this person: unread ones, copies of what we sent, automatic replies.

    Found by address and by the threads' reply tokens in their bytes; they are kept for a few weeks only.
    """
    tokens = select(Conversation.reply_token).where(Conversation.lead_id == person.lead_id)
    marks = [text.lower().encode() for text in (*person.addresses, *db.session.scalars(tokens)) if text]
    unnamed = select(RawInbound.id, RawInbound.external_id, RawInbound.body).where(RawInbound.lead_id.is_(None))
    rows = db.session.execute(unnamed.execution_options(yield_per=READ_AT_ONCE))
    return [row.id for row in rows if any(mark in row.body.lower() for mark in marks)]


def addresses_of(lead_id: str) -> list[str]:
    """Every address the lead has, or was written to at, or wrote from."""
    points = select(ContactPoint.value).where(ContactPoint.lead_id == lead_id)
    used = select(Message.address).where(Message.lead_id == lead_id, Message.address != "").distinct()
    return sorted({*db.session.scalars(points), *db.session.scalars(used)})


def _person(
    person_id: str, name: str, lead_id: str | None, contacts: Collection[Contact], own: Iterable[str]
) -> Person:
    addresses = set(own).union(*map(_addresses, contacts))
    return Person(person_id, name, lead_id, [contact.id for contact in contacts], sorted(addresses))


def _addresses(contact: Contact) -> set[str]:
    return {contact.email, contact.phone} - {""}


def _counts(person: Person) -> dict[tuple[str, str], int]:
    rows = sum(1 for _ in imports.rows_that_hold(person.addresses))
    if person.lead_id is None:
        return {ROWS_OF_FILES: rows}
    counts = {words: _count(model, model.lead_id == person.lead_id) for words, model in COUNTED}
    counts["file", "files"] = _count(Attachment, holdings()["attachments"].of(person.lead_id))
    return counts | {ROWS_OF_FILES: rows + _count(ImportRow, ImportRow.lead_id == person.lead_id)}


def _rows_of(holding: Holding, lead_id: str | None, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The table's rows about the lead, and further ones."""
    ways = [holding.table.c.id.in_(ids)] if ids else []
    if lead_id is not None:
        ways.append(holding.of(lead_id))
    if not ways:
        return []
    found = select(holding.table).where(or_(*ways)).order_by(*holding.table.primary_key.columns)
    return [dict(row) for row in db.session.connection().execute(found).mappings()]


def _suppressions(addresses: Sequence[str]) -> Sequence[Suppression]:
    shapes = [shape for address in addresses for shape in shapes_of(address)]
    listed = select(Suppression).where(Suppression.address.in_(shapes))
    return db.session.scalars(listed.order_by(Suppression.created_at, Suppression.id)).all()


def _plain(row: Base) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def _count(model: type[Base], which: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(which))
