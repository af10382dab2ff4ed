"""The chain of seals over all facts: what was recorded cannot be changed, removed or slipped in later without a trace.

A seal holds a hash of the facts after the seal before it, and of that seal. This was chosen over a hash in each fact:
there, every writer of an organization queues for the newest hash from its first fact until its commit, in an order that
differs from verb to verb (deadlocks), and each transaction of a campaign pays two more statements. A seal costs the
writers nothing: a job hashes, every few seconds, what was committed since.

What it cannot see: changes to facts younger than the newest seal; and a chain whose end was cut off, or which was
written anew from some place on. So the newest seal's hash is told by `verify-audit` and kept in every backup: a chain
that was tampered with like this does not contain it any more.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from leadcrm.core import clock
from leadcrm.core.db import db, is_postgresql, writing
from leadcrm.core.events import HASH_OF_WORDS, hash_of_words
from leadcrm.core.models import AuditSeal, Erasure, EventRow
from leadcrm.core.upserts import upsert

BATCH = 1000  # facts under one seal, at most
MOST_SEALS = 50  # in one run of the job
PATIENCE_SECONDS = 2.0
PAUSE_SECONDS = 0.02
GENESIS = "0" * 64
BEFORE_ALL = -(2**63)  # the first seal covers everything up to its last fact

EVENTS, SEALS, ERASURES = EventRow.__table__, AuditSeal.__table__, Erasure.__table__
SEALED_COLUMNS = tuple(
    EVENTS.c[name]
    for name in ("id", "organization_id", "name", "data", "lead_id", "account_id", "actor", "cause_id", "depth", "at")
)


@dataclass(frozen=True)
class Chain:
    """What walking the chain found: how much of it holds, and the first broken link in words, None when all hold."""

    facts: int
    seals: int
    unsealed: int
    newest: str | None  # hash of the newest seal that holds
    broken: str | None


def seal_new_facts(most_seals: int | None = MOST_SEALS) -> int:
    """Put what was recorded since the last run under seals. Returns how many facts, at most BATCH per seal."""
    horizon = _settled_horizon()
    sealed, seals = 0, 0
    while horizon is not None and (most_seals is None or seals < most_seals):
        facts = _seal_a_batch(horizon)
        if not facts:
            break
        sealed, seals = sealed + facts, seals + 1
    return sealed


def walk(connection: Connection, must_contain: str | None = None) -> Chain:
    """Verify every seal, oldest first, up to the first that does not hold.

    `must_contain` is the hash of a seal that was seen before and therefore has to be in the chain.
    """
    facts, after, newest = 0, BEFORE_ALL, None
    expected, is_contained = 1, must_contain is None
    for seal in _seals(connection):
        rows = connection.execute(_facts_between(after, seal.last_event_id))
        count, found = _hash_of(newest or GENESIS, rows, seal.id, seal.last_event_id, seal.sealed_at)
        if seal.id != expected:
            return Chain(facts, expected - 1, 0, newest, f"Seal {expected} is missing.")
        if (count, found) != (seal.events, seal.hash):
            return Chain(facts, expected - 1, 0, newest, _complaint(seal, after, count))
        facts, after, newest, expected = facts + count, seal.last_event_id, found, expected + 1
        is_contained = is_contained or found == must_contain
    if complaint := _changed_words(connection):
        return Chain(facts, expected - 1, 0, newest, complaint)
    unsealed = connection.scalar(select(func.count()).select_from(EVENTS).where(EVENTS.c.id > after))
    broken = (
        None if is_contained else f"The chain does not contain the seal {must_contain}: it was cut or written anew."
    )
    return Chain(facts, expected - 1, unsealed, newest, broken)


def newest_seal(connection: Connection) -> str | None:
    """The hash to keep outside of the database."""
    return connection.scalar(select(SEALS.c.hash).order_by(SEALS.c.id.desc()).limit(1))


def _seal_a_batch(horizon: int) -> int:
    """One seal more, unless another worker was quicker. The hashing happens outside any write transaction."""
    last = db.session.execute(select(SEALS).order_by(SEALS.c.id.desc()).limit(1)).one_or_none()
    after, previous, number = (last.last_event_id, last.hash, last.id + 1) if last else (BEFORE_ALL, GENESIS, 1)
    rows = db.session.execute(_facts_between(after, horizon).limit(BATCH)).all()
    db.session.rollback()
    if not rows:
        return 0
    sealed_at = clock.real_now()
    count, found = _hash_of(previous, rows, number, rows[-1].id, sealed_at)
    values = {"id": number, "last_event_id": rows[-1].id, "events": count, "hash": found, "sealed_at": sealed_at}
    seal = upsert(SEALS).values(values).on_conflict_do_nothing().returning(SEALS.c.id)
    with writing() as session:
        return 0 if session.scalar(seal) is None else count


def _settled_horizon() -> int | None:
    """The newest fact before which none can appear any more; None while there is none, or writers keep us waiting.

    On PostgreSQL a fact with a lower number may be committed after one with a higher. Whoever took a number up to the
    newest one visible now still holds its lock on the table, or has ended: so all who hold one now have to end first.
    New writers take higher numbers and are not waited for; nobody waits for us.
    """
    newest = db.session.scalar(select(func.max(EVENTS.c.id)))
    if newest is None or not is_postgresql():
        db.session.rollback()
        return newest
    until = time.monotonic() + PATIENCE_SECONDS
    in_the_way = _writers()
    while in_the_way:
        if time.monotonic() > until:
            return None
        time.sleep(PAUSE_SECONDS)
        in_the_way &= _writers()
    return newest


def _writers() -> set[str]:
    """The transactions that write facts at this moment."""
    statement = text(
        "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = 'events'::regclass "
        "AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid() "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    found = set(db.session.scalars(statement))
    db.session.rollback()
    return found


def _seals(connection: Connection) -> Iterator[Row]:
    last = 0
    while batch := connection.execute(select(SEALS).where(SEALS.c.id > last).order_by(SEALS.c.id).limit(BATCH)).all():
        yield from batch
        last = batch[-1].id


def _facts_between(after: int, last: int):
    return select(*SEALED_COLUMNS).where(EVENTS.c.id > after, EVENTS.c.id <= last).order_by(EVENTS.c.id)


def _hash_of(previous: str, rows: Iterable[Row], number: int, last: int, sealed_at: datetime) -> tuple[int, str]:
    """How many facts there are, and the hash over the seal before, them, and what else the seal says."""
    digest, count = hashlib.sha256(previous.encode()), 0
    for row in rows:
        digest.update(_canonical(row))
        count += 1
    digest.update(_canonical((number, last, count, sealed_at)))
    return count, digest.hexdigest()


def _canonical(values: Iterable[Any]) -> bytes:
    """The same bytes for the same values, whichever database they lie in."""
    words = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return json.dumps(words, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _changed_words(connection: Connection) -> str | None:
    """The first fact whose words are not those it keeps the hash of, or that lost them without an erasure."""
    erased = set(connection.scalars(select(ERASURES.c.lead_id)))
    columns = (EVENTS.c.id, EVENTS.c.lead_id, EVENTS.c.account_id, EVENTS.c.data, EVENTS.c.words)
    rows = select(*columns).order_by(EVENTS.c.id)
    for row in connection.execute(rows.execution_options(yield_per=BATCH)):
        kept = row.data.get(HASH_OF_WORDS)
        is_gone = row.words is None and kept is not None
        if row.words is not None and hash_of_words(row.words) != kept:
            return f"The words of fact {row.id} were changed."
        if is_gone and erased.isdisjoint((row.lead_id, row.account_id)):
            return f"The words of fact {row.id} are missing, and nobody was erased."
    return None


def _complaint(seal: Row, after: int, count: int) -> str:
    words = f"Facts {max(after, 0) + 1} to {seal.last_event_id} are not those that seal {seal.id} was put on"
    if count != seal.events:
        return f"{words}: there were {seal.events}, there are {count}."
    return f"{words}: one of them, or the seal, was changed."
