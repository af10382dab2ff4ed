"""One effect per Idempotency-Key: its answer is remembered in the effect's transaction and replayed to its twins.

The row comes first. A twin waits for it, on the unique index (PostgreSQL) or the write lock (SQLite), and then finds
the answer. A refused or broken request leaves no row, so it may be mended and sent again under the same key.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import DomainError
from leadcrm.core.models import RememberedAnswer
from leadcrm.core.upserts import upsert

KEPT_FOR = timedelta(hours=48)
PURGE_BATCH = 1000

Effect = Callable[[], tuple[dict[str, Any], int]]


class KeyUsedOtherwise(DomainError):
    """The key came before with another body."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for a different request.", "Idempotency-Key")


@dataclass(frozen=True)
class Intent:
    """What makes two requests the same: who asks, where, under which key, and the bytes of the body."""

    actor: str
    route: str
    key: str
    body: bytes

    @property
    def body_hash(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body; `is_replay` when it was given before."""

    status: int
    body: str
    is_replay: bool = False


def once(intent: Intent | None, effect: Effect) -> Answer:
    """Perform `effect` in one write transaction, or replay what it answered to the same intent.

    Without an intent it is simply performed. Raises KeyUsedOtherwise, and whatever the effect raises.
    """
    return perform(_answer, effect) if intent is None else perform(_remembered, intent, effect)


def _answer(effect: Effect) -> Answer:
    body, status = effect()
    return Answer(status, json.dumps(body))


def _remembered(intent: Intent, effect: Effect) -> Answer:
    row_id = _take_key(intent)
    if row_id is None:
        return _replay(intent)
    answer = _answer(effect)
    mine = update(RememberedAnswer).where(RememberedAnswer.id == row_id)
    db.session.execute(mine.values(status=answer.status, body=answer.body))
    return answer


def _take_key(intent: Intent) -> int | None:
    statement = upsert(RememberedAnswer).values(
        organization_id=tenancy.current_id(),
        actor=intent.actor,
        route=intent.route,
        key=intent.key,
        request_hash=intent.body_hash,
        created_at=clock.real_now(),
    )
    return db.session.scalar(statement.on_conflict_do_nothing().returning(RememberedAnswer.id))


def _replay(intent: Intent) -> Answer:
    earlier = db.session.execute(
        select(RememberedAnswer.request_hash, RememberedAnswer.status, RememberedAnswer.body).where(
            RememberedAnswer.actor == intent.actor,
            RememberedAnswer.route == intent.route,
            RememberedAnswer.key == intent.key,
        )
    ).one()
    if earlier.request_hash != intent.body_hash:
        raise KeyUsedOtherwise
    return Answer(earlier.status, earlier.body, is_replay=True)


def forget_old_answers() -> None:
    """Delete answers older than 48 hours, in short transactions: a job of the timetable."""
    before = clock.real_now() - KEPT_FOR
    with tenancy.everyone():
        while _forget_a_batch(before):
            pass


def _forget_a_batch(before) -> bool:
    old = select(RememberedAnswer.id).where(RememberedAnswer.created_at < before).limit(PURGE_BATCH)
    with writing() as session:
        gone = session.execute(
            delete(RememberedAnswer).where(RememberedAnswer.id.in_(old)).execution_options(synchronize_session=False)
        )
    return gone.rowcount == PURGE_BATCH
