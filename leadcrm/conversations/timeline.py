"""Everything that happened to a lead, newest first, in sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import load_only

from leadcrm.conversations.models import Message
from leadcrm.conversations.telling import Background, sentence_of
from leadcrm.conversations.wording import can_be_canceled
from leadcrm.core import events
from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.identity import queries as identity
from leadcrm.leads.models import Lead, Note

PAGE = 30
LONGEST_EXCERPT = 280
_QUOTED = ("message.sent", "message.received", "message.failed", "message.bounced", "message.unknown")
_MEETINGS = ("booking.made", "booking.moved", "booking.canceled")  # facts of a floor above
_newest_first = Order("timeline", (EventRow.id,))


@dataclass(frozen=True)
class Happening:
    """One line: who did what and when; `quote` is what was said, under `subject`; `moment` a later time it names.

    `waiting_id` is of the message that it planned, while that can be canceled.
    """

    id: int
    icon: str
    sentence: str
    at: datetime
    quote: str = ""
    subject: str = ""
    moment: datetime | None = None
    conversation_id: str | None = None
    waiting_id: str | None = None


def of_lead(lead: Lead, cursor: str | None = None) -> Page[Happening]:
    """A page of the lead's timeline, in four queries and one for each kind of thing it names. Raises BadCursor."""
    statement = select(EventRow).where(EventRow.lead_id == lead.id)
    page = keyset_page(statement, _newest_first, cursor, PAGE)
    background = _background(lead, page.items)
    return Page([_happening(row, background) for row in page.items], page.next, page.previous)


def _background(lead: Lead, rows: Sequence[EventRow]) -> Background:
    return Background(
        lead,
        people=identity.names_of(_actors(rows, "user") | _ids(rows, "owner_id", "assignee_id", "realtor_id")),
        messages=_by_id(Message, _ids(rows, "message_id"), _MESSAGE_COLUMNS),
        notes=_by_id(Note, _ids(rows, "note_id"), (Note.body,)),
        named=_named(rows),
    )


_MESSAGE_COLUMNS = (
    Message.subject, Message.content, Message.scheduled_for, Message.conversation_id, Message.sandbox, Message.status,
)  # fmt: skip


def _ids(rows: Iterable[EventRow], *fields: str) -> set[str]:
    return {row.told[field] for row in rows for field in fields if row.told.get(field)}


def _actors(rows: Iterable[EventRow], kind: str) -> set[str]:
    return events.ids_among((row.actor for row in rows), kind)


def _named(rows: Sequence[EventRow]) -> dict[str, str]:
    """Names of what higher floors made, by id: the application knows whom to ask (extensions.py)."""
    names = {}
    for kind, names_of in current_app.extensions["names"].items():
        if ids := _ids(rows, f"{kind}_id") | _actors(rows, kind):
            names |= names_of(ids)
    return names


def _by_id(model: type, ids: set[str], columns: tuple) -> dict[str, Any]:
    if not ids:
        return {}
    rows = db.session.scalars(select(model).where(model.id.in_(ids)).options(load_only(*columns)))
    return {row.id: row for row in rows}


def _happening(row: EventRow, background: Background) -> Happening:
    event_class = events.known().get(row.name)
    message = background.messages.get(row.told.get("message_id", ""))
    note = background.notes.get(row.told.get("note_id", ""))
    return Happening(
        id=row.id,
        icon=event_class.icon if event_class else "circle-check",
        sentence=sentence_of(row, background),
        at=row.at,
        quote=_quote(row, message, note),
        subject=message.subject if message and row.name in _QUOTED else "",
        moment=_moment(row, message),
        conversation_id=message.conversation_id if message else row.told.get("conversation_id"),
        waiting_id=message.id if _waits(row, message) else None,
    )


def _waits(row: EventRow, message: Message | None) -> bool:
    return message is not None and row.name == "message.scheduled" and can_be_canceled(message)


def _moment(row: EventRow, message: Message | None) -> datetime | None:
    if row.name in _MEETINGS:
        return datetime.fromisoformat(row.told["starts_at"])
    return message.scheduled_for if message and row.name == "message.scheduled" else None


def _quote(row: EventRow, message: Message | None, note: Note | None) -> str:
    if note is not None:
        return note.body
    if message is None or row.name not in _QUOTED:
        return ""
    text = " ".join(message.content.split())
    return text if len(text) <= LONGEST_EXCERPT else f"{text[:LONGEST_EXCERPT].rstrip()}…"
