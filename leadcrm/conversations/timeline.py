"""Everything that happened to a lead, newest first, in sentences (PRODUCT.md S9)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import load_only

from leadcrm.conversations.models import Message
from leadcrm.conversations.wording import CHANNEL_WORDS, ORIGIN_WORDS
from leadcrm.core import events
from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead, Note

PAGE = 30
LONGEST_EXCERPT = 280
NO_CHANNEL = "message"
_CHANNELS = {"email": "email", "sms": "text", "whatsapp": "WhatsApp message"}
_QUOTED = ("message.sent", "message.received", "message.failed", "message.bounced", "message.unknown")
_newest_first = Order("timeline", (EventRow.id,))


@dataclass(frozen=True)
class Happening:
    """One line: who did what and when; `quote` is what was said, under `subject`; `moment` a later time it names."""

    id: int
    icon: str
    sentence: str
    at: datetime
    quote: str = ""
    subject: str = ""
    moment: datetime | None = None
    conversation_id: str | None = None


@dataclass(frozen=True)
class _Background:
    """What the sentences of one page need to know, fetched in three queries."""

    lead: Lead
    people: dict[str, str]
    messages: dict[str, Message]
    notes: dict[str, Note]


def of_lead(lead: Lead, cursor: str | None = None) -> Page[Happening]:
    """A page of the lead's timeline, in four queries. Raises BadCursor."""
    statement = select(EventRow).where(EventRow.lead_id == lead.id)
    page = keyset_page(statement, _newest_first, cursor, PAGE)
    background = _background(lead, page.items)
    return Page([_happening(row, background) for row in page.items], page.next, page.previous)


def _background(lead: Lead, rows: Sequence[EventRow]) -> _Background:
    return _Background(
        lead,
        people=_names({_person(row.actor) for row in rows} | _ids(rows, "owner_id", "assignee_id")),
        messages=_by_id(Message, _ids(rows, "message_id"), _MESSAGE_COLUMNS),
        notes=_by_id(Note, _ids(rows, "note_id"), (Note.body,)),
    )


_MESSAGE_COLUMNS = (Message.subject, Message.content, Message.scheduled_for, Message.conversation_id, Message.sandbox)


def _ids(rows: Iterable[EventRow], *fields: str) -> set[str]:
    return {row.told[field] for row in rows for field in fields if row.told.get(field)}


def _person(actor: str) -> str:
    kind, _, row_id = actor.partition(":")
    return row_id if kind == "user" else ""


def _names(ids: set[str]) -> dict[str, str]:
    if not any(ids):
        return {}
    return dict(db.session.execute(select(User.id, User.name).where(User.id.in_(ids))).all())


def _by_id(model: type, ids: set[str], columns: tuple) -> dict[str, Any]:
    if not ids:
        return {}
    rows = db.session.scalars(select(model).where(model.id.in_(ids)).options(load_only(*columns)))
    return {row.id: row for row in rows}


def _happening(row: EventRow, background: _Background) -> Happening:
    event_class = events.known().get(row.name)
    message = background.messages.get(row.told.get("message_id", ""))
    note = background.notes.get(row.told.get("note_id", ""))
    sentence = _SENTENCES.get(row.name, _plainly)
    return Happening(
        id=row.id,
        icon=event_class.icon if event_class else "circle-check",
        sentence=sentence(row, _who(row, background), background),
        at=row.at,
        quote=_quote(row, message, note),
        subject=message.subject if message and row.name in _QUOTED else "",
        moment=message.scheduled_for if message and row.name == "message.scheduled" else None,
        conversation_id=message.conversation_id if message else row.told.get("conversation_id"),
    )


def _quote(row: EventRow, message: Message | None, note: Note | None) -> str:
    if note is not None:
        return note.body
    if message is None or row.name not in _QUOTED:
        return ""
    text = " ".join(message.content.split())
    return text if len(text) <= LONGEST_EXCERPT else f"{text[:LONGEST_EXCERPT].rstrip()}…"


def _who(row: EventRow, background: _Background) -> str:
    kind, _, row_id = row.actor.partition(":")
    if kind == "user":
        return background.people.get(row_id, "Someone who left")
    if kind == "lead":
        return background.lead.name
    return {"automation": "An automation", "token": "The API"}.get(kind, "")


def _by(who: str) -> str:
    return f" by {who}" if who else ""


def _channel(row: EventRow) -> str:
    return _CHANNELS.get(row.told.get("channel", ""), NO_CHANNEL)


def _a_channel(row: EventRow) -> str:
    words = _channel(row)
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _the_channel(row: EventRow) -> str:
    """The same at the beginning of a sentence; str.capitalize would write "whatsapp"."""
    words = _a_channel(row)
    return words[0].upper() + words[1:]


def _begun_by(row: EventRow, who: str) -> str:
    machine = ORIGIN_WORDS.get(row.told.get("origin", ""))
    return f" ({machine})" if machine else _by(who)


def _plainly(row: EventRow, who: str, background: _Background) -> str:
    event_class = events.known().get(row.name)
    title = event_class.title if event_class else row.name.replace(".", " ").replace("_", " ").capitalize()
    return f"{title}{_by(who)}"


def _created(row: EventRow, who: str, background: _Background) -> str:
    return f"Lead created{_by(who)}, source: {row.told.get('source', 'unknown')}"


def _inquired(row: EventRow, who: str, background: _Background) -> str:
    differs = row.told.get("differs") or ()
    told = f"; they said something else about: {_listed(differs)}" if differs else ""
    return f"{background.lead.name} got in touch again, source: {row.told.get('source', 'unknown')}{told}"


def _edited(row: EventRow, who: str, background: _Background) -> str:
    fields = row.told.get("fields") or ()
    return f"Details changed{_by(who)}" + (f": {_listed(fields)}" if fields else "")


def _status(row: EventRow, who: str, background: _Background) -> str:
    return f"Status changed from {row.told.get('old')} to {row.told.get('new')}{_by(who)}"


def _assigned(row: EventRow, who: str, background: _Background) -> str:
    owner = background.people.get(row.told.get("owner_id") or "", "nobody")
    return f"Owner is now {owner}, set{_by(who)}" if who else f"Owner is now {owner}"


def _tagged(row: EventRow, who: str, background: _Background) -> str:
    parts = [f"{verb} {_listed(row.told[key])}" for verb, key in (("added", "added"), ("removed", "removed"))
             if row.told.get(key)]  # fmt: skip
    return f"Tags {' and '.join(parts) or 'changed'}{_by(who)}"


def _noted(row: EventRow, who: str, background: _Background) -> str:
    return f"{who or 'Someone'} wrote a note"


def _scheduled(row: EventRow, who: str, background: _Background) -> str:
    return f"{_the_channel(row)} was planned{_begun_by(row, who)} for"


def _sent(row: EventRow, who: str, background: _Background) -> str:
    message = background.messages.get(row.told.get("message_id", ""))
    where = ", to the sandbox" if message is not None and message.sandbox else ""
    return f"{_the_channel(row)} was sent{_begun_by(row, '')}{where}"


def _failed(row: EventRow, who: str, background: _Background) -> str:
    return f"{_the_channel(row)} was not sent: {row.told.get('reason') or 'no reason given'}"


def _bounced(row: EventRow, who: str, background: _Background) -> str:
    return f"{_the_channel(row)} came back: {row.told.get('reason') or 'no reason given'}"


def _delayed(row: EventRow, who: str, background: _Background) -> str:
    return f"{_the_channel(row)} is delayed on its way: {row.told.get('reason') or 'no reason given'}"


def _unknown(row: EventRow, who: str, background: _Background) -> str:
    return f"We cannot tell whether {_a_channel(row)} arrived: {row.told.get('reason') or 'no answer came'}"


def _resolved(row: EventRow, who: str, background: _Background) -> str:
    if row.told.get("verdict") == "accepted":
        return f"A mail system reported that it has {_a_channel(row)}: it was sent"
    verdict = {"arrived": "it arrived", "resend": "it is sent again"}.get(row.told.get("verdict", ""), "it is settled")
    return f"{who or 'Someone'} said of {_a_channel(row)} that {verdict}"


def _canceled(row: EventRow, who: str, background: _Background) -> str:
    reason = row.told.get("reason")
    return f"{_the_channel(row)} will not be sent{_by(who)}" + (f": {reason}" if reason else "")


def _retried(row: EventRow, who: str, background: _Background) -> str:
    return f"{who or 'Someone'} tried {_a_channel(row)} again"


def _hurried(row: EventRow, who: str, background: _Background) -> str:
    return f"{who or 'Someone'} sent {_a_channel(row)} without waiting"


def _received(row: EventRow, who: str, background: _Background) -> str:
    machine = " automatically" if row.told.get("automatic") else ""
    how = CHANNEL_WORDS.get(row.told.get("channel", ""), NO_CHANNEL)
    return f"{background.lead.name} answered{machine} by {how if how == 'WhatsApp' else how.lower()}"


def _opted_out(row: EventRow, who: str, background: _Background) -> str:
    channel = row.told.get("channel")
    what = "anything more" if channel == "all" else f"any more {CHANNEL_WORDS.get(channel, NO_CHANNEL)} messages"
    how = str(row.told.get("how", "")).replace("_", " ")
    return f"{background.lead.name} does not want {what} ({how})"


def _thread_assigned(row: EventRow, who: str, background: _Background) -> str:
    return f"Conversation given to {background.people.get(row.told.get('assignee_id') or '', 'nobody')}{_by(who)}"


def _thread_status(row: EventRow, who: str, background: _Background) -> str:
    words = {"open": "opened again", "snoozed": "snoozed", "closed": "closed"}
    return f"Conversation {words.get(row.told.get('new', ''), 'changed')}{_by(who)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(str(word).replace("_", " ") for word in words)


_SENTENCES: dict[str, Callable[[EventRow, str, _Background], str]] = {
    "lead.created": _created,
    "lead.inquired": _inquired,
    "lead.edited": _edited,
    "lead.status_changed": _status,
    "lead.assigned": _assigned,
    "lead.tagged": _tagged,
    "lead.opted_out": _opted_out,
    "note.added": _noted,
    "message.scheduled": _scheduled,
    "message.sent": _sent,
    "message.failed": _failed,
    "message.bounced": _bounced,
    "message.delayed": _delayed,
    "message.unknown": _unknown,
    "message.resolved": _resolved,
    "message.canceled": _canceled,
    "message.hurried": _hurried,
    "message.retried": _retried,
    "message.received": _received,
    "conversation.assigned": _thread_assigned,
    "conversation.status_changed": _thread_status,
}
