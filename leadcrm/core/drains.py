"""Paying the debts of events: each listener's effect happens exactly once in the database's eyes.

A debt is deleted in the transaction of its listener's effect. A listener that raises keeps only its own debt, which
comes back later; after MAX_TRIES it stays on the operators' page until a person retries it.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from leadcrm.core import clock, events, jobs, tenancy
from leadcrm.core.db import after_commit, db, writing
from leadcrm.core.errors import NotFound
from leadcrm.core.models import Debt, EventRow

log = logging.getLogger(__name__)

MAX_TRIES = 8
BATCH = 50
HOLD_SECONDS = 0.02  # of the write lock at most: longer would make web requests on SQLite wait
BACK_OFF_FIRST_SECONDS = 2
BACK_OFF_LONGEST_SECONDS = 3600


def drain_events(should_stop: Callable[[], bool]) -> int:
    """Pay all debts that are due, oldest first, in short transactions. Returns how many were paid."""
    paid = 0
    with tenancy.everyone():
        while not should_stop() and _anything_due():
            tried, paid_now = _pay_a_batch()
            paid += paid_now
            if not tried:
                break  # another worker has all that is due in hand
    return paid


def back_off(tries: int, now: datetime) -> datetime:
    """When to try again after the `tries`-th failure: doubling, at most an hour, spread by half."""
    seconds = min(BACK_OFF_FIRST_SECONDS * 2 ** (tries - 1), BACK_OFF_LONGEST_SECONDS)
    return now + timedelta(seconds=seconds * random.uniform(0.5, 1.5))


def given_up(limit: int = 100) -> list[tuple[Debt, EventRow]]:
    """The organization's debts that wait for a person, newest first, with their facts."""
    statement = (
        select(Debt, EventRow)
        .join(EventRow, EventRow.id == Debt.event_id)
        .where(Debt.due_at.is_(None))
        .order_by(Debt.id.desc())
        .limit(limit)
    )
    return [(debt, fact) for debt, fact in db.session.execute(statement)]


def try_again(debt_id: int) -> None:
    """A person asks for another round of tries. Raises NotFound when it is paid or not the organization's."""
    waiting = update(Debt).where(Debt.id == debt_id, Debt.due_at.is_(None))
    if db.session.execute(waiting.values(due_at=clock.real_now(), tries=0)).rowcount != 1:
        raise NotFound("This was done in the meantime.")
    after_commit(jobs.ring_now)


def _anything_due() -> bool:
    found = db.session.scalar(select(Debt.id).where(Debt.due_at <= clock.real_now()).limit(1)) is not None
    db.session.rollback()
    return found


def _pay_a_batch() -> tuple[int, int]:
    """Returns how many debts were tried and how many of them are paid."""
    tried = paid = 0
    with writing() as session:
        until = time.monotonic() + HOLD_SECONDS
        for debt in session.execute(_claim()).all():
            tried += 1
            paid += _pay(debt)
            if time.monotonic() > until:
                break
    return tried, paid


def _claim():
    return (
        select(Debt.id, Debt.organization_id, Debt.event_id, Debt.listener, Debt.tries)
        .where(Debt.due_at <= clock.real_now())
        .order_by(Debt.due_at, Debt.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


def _pay(debt) -> int:
    """Run one listener in a savepoint. Returns 1 when paid, 0 when it failed and was put off."""
    session = db.session()
    try:
        with session.begin_nested():
            session.execute(delete(Debt).where(Debt.id == debt.id).execution_options(synchronize_session=False))
            row = session.scalars(select(EventRow).where(EventRow.id == debt.event_id)).one()
            with (
                tenancy.organization(debt.organization_id),
                events.caused_by(row.id, row.depth),
                events.acting_as("system"),
            ):
                events.listener_for(row.name, debt.listener)(events.restore(row))
                session.flush()
        return 1
    except Exception as error:  # whatever a listener raises is its own debt's business, never its neighbours'
        log.warning("listener %s failed on event %s: %r", debt.listener, debt.event_id, error)
        _put_off(debt, error)
        return 0


def _put_off(debt, error: Exception) -> None:
    tries = debt.tries + 1
    due_at = back_off(tries, clock.real_now()) if tries < MAX_TRIES else None
    values = {"tries": tries, "due_at": due_at, "error": f"{type(error).__name__}: {error}"[:2000]}
    db.session.execute(
        update(Debt).where(Debt.id == debt.id).values(values).execution_options(synchronize_session=False)
    )
