"""What is held about one lead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from leadcrm.conversations.models import Attachment, Conversation, Message, RawInbound, Suppression
from leadcrm.conversations.operations.consent import shapes_of
from leadcrm.core.db import db
from leadcrm.leads.models import CONTACT_KINDS, ContactPoint, Inquiry, Lead, Note
from leadcrm.privacy.holdings import exported, holdings
from leadcrm.tracking.models import SiteVisit

READ_AT_ONCE = 20
COUNTED = (
    (("message", "messages"), Message),
    (("note", "notes"), Note),
    (("inquiry", "inquiries"), Inquiry),
    (("address", "addresses"), ContactPoint),
    (("visit", "visits"), SiteVisit),
)


@dataclass(frozen=True)
class Held:
    """How much there is, in words: `{("message", "messages"): 12, …}`; who else has one of their addresses."""

    counts: dict[tuple[str, str], int]
    sharing: Sequence[Lead]


def held(lead: Lead) -> Held:
    """What a person sees before they decide."""
    counts = {words: _count(model, model.lead_id == lead.id) for words, model in COUNTED}
    counts["file", "files"] = _count(Attachment, holdings()["attachments"].of(lead.id))
    return Held(counts, sharing(lead.id))


def sharing(lead_id: str) -> Sequence[Lead]:
    """Other leads with one of the lead's addresses: perhaps the same person."""
    mine = select(ContactPoint.value).where(ContactPoint.lead_id == lead_id)
    theirs = select(ContactPoint.lead_id).where(
        ContactPoint.kind.in_(CONTACT_KINDS),  # any: a text number may be another's phone; named, the index is used
        ContactPoint.value.in_(mine),
        ContactPoint.lead_id != lead_id,
    )
    return db.session.scalars(select(Lead).where(Lead.id.in_(theirs)).order_by(Lead.created_at, Lead.id)).all()


def rows_about(lead_id: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(table, rows) for every table that holds something about the lead; what is not in those tables comes last."""
    connection = db.session.connection()
    for holding in exported():
        statement = select(holding.table).where(holding.of(lead_id)).order_by(*holding.table.primary_key.columns)
        yield holding.table.name, [dict(row) for row in connection.execute(statement).mappings()]
    yield "suppressions", [_plain(row) for row in _suppressions(lead_id)]
    yield "sharing_an_address", [{"lead_id": other.id} for other in sharing(lead_id)]


def attachments_of(lead_id: str) -> Sequence[Attachment]:
    """Every file of their messages, and of drafts to them."""
    theirs = select(Attachment).where(holdings()["attachments"].of(lead_id))
    return db.session.scalars(theirs.order_by(Attachment.id)).all()


def raw_mails_about(lead: Lead) -> list[str]:
    """Kept webhooks that name no lead but speak of this one: unread ones, copies of what we sent, automatic replies.

    Found by address and by the threads' reply tokens in their bytes; they are kept for a few weeks only. Reads them
    all, so it is asked before the transaction that erases.
    """
    tokens = select(Conversation.reply_token).where(Conversation.lead_id == lead.id)
    marks = [text.lower().encode() for text in (*addresses_of(lead.id), *db.session.scalars(tokens)) if text]
    unnamed = select(RawInbound.id, RawInbound.external_id, RawInbound.body).where(RawInbound.lead_id.is_(None))
    rows = db.session.execute(unnamed.execution_options(yield_per=READ_AT_ONCE))
    return [row.id for row in rows if any(mark in row.body.lower() for mark in marks)]


def addresses_of(lead_id: str) -> list[str]:
    """Every address they have, or were written to at, or wrote from."""
    points = select(ContactPoint.value).where(ContactPoint.lead_id == lead_id)
    used = select(Message.address).where(Message.lead_id == lead_id, Message.address != "").distinct()
    return sorted({*db.session.scalars(points), *db.session.scalars(used)})


def _suppressions(lead_id: str) -> Sequence[Suppression]:
    shapes = [shape for address in addresses_of(lead_id) for shape in shapes_of(address)]
    listed = select(Suppression).where(or_(Suppression.address.in_(shapes)))
    return db.session.scalars(listed.order_by(Suppression.created_at, Suppression.id)).all()


def _plain(row: Suppression) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in Suppression.__table__.columns}


def _count(model: type, which) -> int:
    return db.session.scalar(select(func.count(model.id)).where(which))
