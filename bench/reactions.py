"""What follows from new leads, beside a loop that makes the same changes and thinks of nothing.

The loop is told what to write by a rehearsal: its statements that change something, in their transactions, are played
again on a copy of the same database.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, func, insert, select

from bench.databases import NAMES, databases
from bench.figures import Ratio
from bench.stage import Stage, build, leave
from leadcrm import create_app
from leadcrm.core import events, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.drains import drain_events
from leadcrm.core.models import Debt
from leadcrm.core.values import new_id
from leadcrm.leads.events import LeadCreated
from leadcrm.leads.models import Lead
from leadcrm.settings import Settings

LEADS = 500
ROUNDS = 3
CHANGES = ("INSERT", "UPDATE", "DELETE")

Transaction = list[tuple[str, Any]]  # statements with their parameters


def measure_reactions(folder: Path, kind: str, leads: int = LEADS) -> Iterator[Ratio]:
    """Debts paid per second in the demo office, with its flows and automations, after so many leads came."""
    with databases(kind, folder) as places:
        original = places.create("office")
        stage = build(folder, 1, original)
        app = _app_on(stage, original)
        with app.app_context(), tenancy.organization(stage.organization_id):
            perform(_let_leads_come, leads)
        leave(app)
        written, _, _ = _react(stage, places.create("rehearsal", like=original))
        ours, limit = [], []
        for number in range(ROUNDS):
            _, paid, seconds = _react(stage, places.create(f"ours-{number}", like=original))
            ours.append(paid / seconds)
            limit.append(paid / _replay(stage, places.create(f"limit-{number}", like=original), written))
        yield Ratio(f"reactions, {NAMES[kind]}", statistics.median(ours), statistics.median(limit), None)


def _let_leads_come(count: int) -> None:
    ids = [new_id() for _ in range(count)]
    rows = [
        {"id": one, "name": f"Guest {n}", "first_name": f"Guest {n}", "timezone": "UTC"} for n, one in enumerate(ids)
    ]
    db.session.execute(insert(Lead), rows)
    events.record_all(LeadCreated(lead_id=one, source="website", owner_id=None) for one in ids)


def _react(stage: Stage, url: str) -> tuple[list[Transaction], int, float]:
    """What was written, how many debts were paid, and the seconds it took. Raises RuntimeError when debts are left."""
    app = _app_on(stage, url)
    with app.app_context(), _written(db.engine) as written:
        started = time.perf_counter()
        paid = drain_events(lambda: False)
        seconds = time.perf_counter() - started
        with tenancy.everyone():
            left = db.session.scalar(select(func.count(Debt.id)))
    leave(app)
    if left:
        raise RuntimeError(f"{left} debts are left, {paid} are paid")
    return written, paid, seconds


@contextmanager
def _written(engine: Engine) -> Iterator[list[Transaction]]:
    """The transactions that change something inside."""
    transactions: list[Transaction] = []
    current: Transaction = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith(CHANGES):
            many = executemany or not isinstance(parameters, list)
            current.append((statement, parameters if many else tuple(parameters)))  # a list is read as many

    def close(connection):
        if current:
            transactions.append(current.copy())
            current.clear()

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", close)
    try:
        yield transactions
    finally:
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "commit", close)


def _replay(stage: Stage, url: str, written: list[Transaction]) -> float:
    app = _app_on(stage, url)
    with app.app_context(), db.engine.connect().execution_options(leadcrm_write=True) as connection:
        started = time.perf_counter()
        for transaction in written:
            with connection.begin():
                for statement, parameters in transaction:
                    connection.exec_driver_sql(statement, parameters)
        seconds = time.perf_counter() - started
    leave(app)
    return seconds


def _app_on(stage: Stage, url: str) -> Flask:
    return create_app(Settings.from_env({**stage.environment, "DATABASE_URL": url}))
