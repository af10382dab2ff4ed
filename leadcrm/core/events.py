"""Facts: `record(LeadCreated(...))` in the transaction that makes them true.

A fact is one immutable row and, for each listener that `subscribe` named, one debt row, both committed with the change
itself. The drain (core.drains) pays the debts. Facts hold ids and scalars. What may be a person's own words, or say who
they are, is named `personal` by its class: it stands beside the fact, under no seal, so that erasing somebody does not
break the record of what happened. The fact keeps a salted hash of it, which tells a change and gives nothing away.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from sqlalchemy import bindparam, insert, select

from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.db import after_commit, db, is_postgresql
from leadcrm.core.models import Debt, EventRow
from leadcrm.core.prepared import Call, Prepared


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all facts: `name` is its public name (`lead.created`), `title` its words on a timeline."""

    name: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str] = "info"
    personal: ClassVar[tuple[str, ...]] = ()  # fields that go when the person is erased


HASH_OF_WORDS, SALT = "_words", "_salt"  # in a fact's data, and among its words
Listener = Callable[[Any], None]


@dataclass(frozen=True)
class Cause:
    """The fact a listener is working on: what it records is one deeper."""

    event_id: int
    depth: int


# Core statements made once: a campaign records ten thousand facts, and an ORM insert costs three times as much.
FACTS = EventRow.__table__
_insert_facts = insert(FACTS)
_insert_facts_and_tell = _insert_facts.returning(FACTS.c.id, sort_by_parameter_order=True)
_insert_fact = Prepared(
    insert(FACTS)
    .values({name: bindparam(f"the_{name}") for name in FACTS.c.keys() if name != "id"})  # noqa: SIM118
    .returning(FACTS.c.id)
)
_insert_debts = insert(Debt.__table__)
_classes: dict[str, type[Event]] = {}
_listeners: dict[str, dict[str, Listener]] = {}
_holding: set[str] = set()
_demands: dict[str, Callable[[], Collection[str]]] = {}
_cause: ContextVar[Cause | None] = ContextVar("cause", default=None)
_is_heard: ContextVar[bool] = ContextVar("is_heard", default=True)
_actor: ContextVar[str] = ContextVar("actor", default="system")


def subscribe(reactions: dict[type[Event], list[Listener]]) -> None:
    """Make this the map of all causality, replacing any other (reactions.py holds it)."""
    _listeners.clear()
    for event_class, listeners in reactions.items():
        _listeners[event_class.name] = {listener_name(listener): listener for listener in listeners}


def listener_name(listener: Listener) -> str:
    """`flows.enrol_new_lead` for leadcrm.flows.listeners.enrol_new_lead: what a debt row keeps."""
    return f"{listener.__module__.split('.')[1]}.{listener.__name__}"


def holds_sending(listener: Listener) -> Listener:
    """Decorator: as long as this listener owes its work on a fact about a lead, no flow message to that lead leaves.

    For whatever may end a flow: a reply that was received but not yet reacted to must win against a message that
    falls due in the same second.
    """
    _holding.add(listener_name(listener))
    return listener


def on_demand(wanted: Callable[[], Collection[str]]) -> Callable[[Listener], Listener]:
    """Decorator: this listener is owed only those facts whose names `wanted()` holds when they are recorded.

    For whoever listens to nearly everything on behalf of rules that name a few. `wanted` is asked for every fact, in
    the middle of its transaction, so it has to be quick.
    """

    def decorate(listener: Listener) -> Listener:
        _demands[listener_name(listener)] = wanted
        return listener

    return decorate


def listener_for(event_name: str, name: str) -> Listener:
    """The function behind a debt. Raises LookupError when the map no longer has it."""
    return _listeners[event_name][name]


def register(event_class: type[Event]) -> type[Event]:
    """Class decorator that lets rows of this name be read back."""
    if event_class.name in _classes:
        raise ValueError(f"Two events are called {event_class.name}.")
    _classes[event_class.name] = event_class
    return event_class


def known() -> dict[str, type[Event]]:
    """All registered facts by name."""
    return dict(_classes)


def restore(row: EventRow) -> Event:
    """The fact as its dataclass; fields that the class has since lost are dropped, erased ones are empty."""
    event_class = _classes[row.name]
    names = {f.name for f in fields(event_class)}
    told = dict.fromkeys(event_class.personal, "") | row.told
    return event_class(**{key: value for key, value in told.items() if key in names})


def record(event: Event) -> int:
    """Write one fact and its debts into the open transaction; the bell rings after the commit. Returns the row's id."""
    statement, values = call_to_record(event)
    event_id = statement.run(db.session.connection(), values)
    owe([(event_id, event)])
    return event_id


def record_all(events: Iterable[Event]) -> list[int]:
    """Write many facts at once, ids in the order given."""
    facts = list(events)
    if not facts:
        return []
    ids = _insert([_row(fact) for fact in facts])
    owe(zip(ids, facts, strict=True))
    return ids


def call_to_record(event: Event) -> Call:
    """What writes one fact, to be run together with other statements; `owe` what it returns."""
    return _insert_fact, {f"the_{name}": value for name, value in _row(event).items()}


def owe(written: Iterable[tuple[int, Event]]) -> None:
    """Write the debts of facts that were written under these ids; the bell rings after the commit."""
    if not _is_heard.get():
        return
    debts = [
        _debt(event_id, fact, name)
        for event_id, fact in written
        for name in _listeners.get(fact.name, ())
        if name not in _demands or fact.name in _demands[name]()
    ]
    if debts:
        db.session.connection().execute(_insert_debts, debts)
        after_commit(jobs.ring_now)


def _insert(rows: list[dict[str, Any]]) -> list[int]:
    """Ids in the order of the rows. SQLite would be asked for each by itself; but nobody else writes meanwhile."""
    connection = db.session.connection()
    if is_postgresql():
        return list(connection.scalars(_insert_facts_and_tell, rows))
    connection.execute(_insert_facts, rows)
    last = connection.exec_driver_sql("SELECT last_insert_rowid()").scalar_one()
    return list(range(last - len(rows) + 1, last + 1))


def _row(event: Event) -> dict[str, Any]:
    cause = _cause.get()
    data = asdict(event)
    words = _set_apart(data, event.personal) if event.personal else None
    return {
        "organization_id": tenancy.current_id(),
        "name": event.name,
        "data": data,
        "words": words,
        "lead_id": data.get("lead_id"),
        "account_id": data.get("account_id"),
        "actor": _actor.get(),
        "cause_id": cause.event_id if cause else None,
        "depth": cause.depth + 1 if cause else 0,
        "at": clock.now(),
    }


def _set_apart(data: dict[str, Any], personal: tuple[str, ...]) -> dict[str, Any] | None:
    """Take what is personal out of `data`, which keeps its hash; None when there is nothing."""
    words = {name: data.pop(name) for name in personal if data[name]}
    if not words:
        return None
    words[SALT] = secrets.token_hex(8)
    data[HASH_OF_WORDS] = hash_of_words(words)
    return words


def hash_of_words(words: dict[str, Any]) -> str:
    """What a fact keeps of its words: SHA-256 over them and their salt, hex."""
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def _debt(event_id: int, fact: Event, listener: str) -> dict[str, Any]:
    return {
        "organization_id": tenancy.current_id(),
        "event_id": event_id,
        "listener": listener,
        "tries": 0,
        "due_at": clock.real_now(),
        "holds_lead_id": getattr(fact, "lead_id", None) if listener in _holding else None,
    }


def cause() -> Cause | None:
    """The fact being reacted to, inside a listener."""
    return _cause.get()


def actor_of_cause() -> str | None:
    """Who brought about the fact being reacted to (`user:…`, `token:…`, `system`), inside a listener."""
    return db.session.scalar(select(EventRow.actor).where(EventRow.id == cause().event_id))


@contextmanager
def caused_by(event_id: int, depth: int) -> Iterator[None]:
    """What is recorded here was caused by that fact."""
    token = _cause.set(Cause(event_id, depth))
    try:
        yield
    finally:
        _cause.reset(token)


@contextmanager
def unheard() -> Iterator[None]:
    """No listener is owed what is recorded here: it is history that is written down now, and no news to act on.

    Not for facts that must stop something: whoever waits for them would go on.
    """
    token = _is_heard.set(False)
    try:
        yield
    finally:
        _is_heard.reset(token)


@contextmanager
def acting_as(actor: str) -> Iterator[None]:
    """What is recorded here is done by `user:<id>`, `token:<id>`, `automation:<id>`, `lead:<id>` or `system`."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def actor() -> str:
    """Who acts now."""
    return _actor.get()


def ids_among(actors: Iterable[str], kind: str) -> set[str]:
    """The ids of the actors of one kind: of `user:<id>`, `automation:<id>` and so on."""
    return {actor.removeprefix(f"{kind}:") for actor in actors if actor.startswith(f"{kind}:")}
