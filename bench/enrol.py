"""Leads entering a flow by a campaign, beside a bare bulk insert of the same rows into a copy of the same database."""

import statistics
import time
from collections.abc import Iterator
from datetime import time as wall_time
from pathlib import Path

from flask import Flask
from sqlalchemy import Table, func, select

from bench.databases import NAMES, Databases, databases
from bench.figures import Ratio
from bench.stage import Stage, build, leave
from leadcrm import create_app
from leadcrm.conversations.models import Message
from leadcrm.core import tenancy
from leadcrm.core.bulk import Row, fill
from leadcrm.core.db import db, end_reading, perform
from leadcrm.core.models import Debt, EventRow
from leadcrm.flows import operations
from leadcrm.flows.campaign_jobs import drain_campaigns
from leadcrm.flows.models import Enrolment, Flow
from leadcrm.flows.operations import CampaignData, StepData
from leadcrm.leads.data import Filters
from leadcrm.settings import Settings

LEADS = 100_000
ROUNDS = 3
AT_LEAST = 0.5
IN_ONE_TRANSACTION = 10_000  # rows of the bare insert
FACTS = EventRow.__table__
STEPS = (
    StepData("email", "Hello", "Hi {first_name|there}, thank you for asking.", 1, wall_time(9), subject="Hello"),
    StepData("text", "A question", "Hi {first_name|there}, did you get my mail?", 3, wall_time(11)),
    StepData("email", "An answer", "Hi {first_name|there}, here is more.", 7, wall_time(9), subject="More"),
    StepData("whatsapp", "A reminder", "Hi {first_name|there}, still there?", 10, wall_time(14)),
    StepData("email", "The last one", "Hi {first_name|there}, goodbye.", 14, wall_time(9), subject="Goodbye"),
)


def measure_enrolment(folder: Path, kind: str, leads: int = LEADS) -> Iterator[Ratio]:
    """Rows per second of so many leads' enrolments, messages and facts, with nothing sent; each round on a copy."""
    with databases(kind, folder) as places:
        original = places.create("office")
        stage = build(folder, leads, original)
        app = _app_on(stage, original)
        with app.app_context(), tenancy.organization(stage.organization_id):
            _start_campaign()
        leave(app)
        ours, limit = [], []
        for number in range(ROUNDS):
            rows, seconds, bare_seconds = _round(stage, places, original, number)
            ours.append(rows / seconds)
            limit.append(rows / bare_seconds)
        name = f"rows of {leads:,} leads in a flow of {len(STEPS)} steps, {NAMES[kind]}"
        yield Ratio(name, statistics.median(ours), statistics.median(limit), AT_LEAST)


def _start_campaign() -> None:
    flow = perform(operations.create_flow, "Bench", "manual")
    for step in STEPS:
        perform(operations.add_step, flow, step)
    perform(operations.set_flow_enabled, flow, True)
    everybody = CampaignData(name="Bench", segment=Filters(), segment_words="All", per_hour={}, flow_id=flow.id)
    perform(operations.start_campaign, perform(operations.draft_campaign, everybody))


def _round(stage: Stage, places: Databases, original: str, number: int) -> tuple[int, float, float]:
    """Rows that were written, and the seconds that took us and the bare insert."""
    ours = _app_on(stage, places.create(f"ours-{number}", like=original))
    with ours.app_context():
        started = time.perf_counter()
        while drain_campaigns(lambda: False):
            pass
        seconds = time.perf_counter() - started
    bare = _app_on(stage, places.create(f"bare-{number}", like=original))
    with bare.app_context(), tenancy.everyone():
        last = db.session.scalar(select(func.max(EventRow.id))) or 0
    rows, bare_seconds = 0, 0.0
    for table, some in _written(ours, last):
        rows += len(some)
        bare_seconds += _insert(bare, table, some)
    leave(ours)
    leave(bare)
    return rows, seconds, bare_seconds


def _written(app: Flask, last: int) -> Iterator[tuple[Table, list[Row]]]:
    """What the campaign wrote, in the order that foreign keys want, so many rows at a time; facts behind the `last`."""
    with app.app_context(), tenancy.everyone():
        flow_id = db.session.scalars(select(Flow.id).where(Flow.name == "Bench")).one()
        inside = select(Enrolment.id).where(Enrolment.flow_id == flow_id)
        end_reading()
    for table, which in (
        (Enrolment.__table__, Enrolment.__table__.c.flow_id == flow_id),
        (Message.__table__, Message.__table__.c.enrolment_id.in_(inside)),
        (FACTS, (FACTS.c.id > last) & (FACTS.c.name == "flow.enrolled")),
        (Debt.__table__, Debt.__table__.c.event_id > last),
    ):
        with app.app_context(), db.engine.connect() as connection:
            found = connection.execution_options(yield_per=IN_ONE_TRANSACTION).execute(select(table).where(which))
            for some in found.mappings().partitions():
                yield table, [dict(row) for row in some]


def _insert(app: Flask, table: Table, rows: list[Row]) -> float:
    """The seconds a bare insert takes. The rows are ready: no rule is looked at, nothing is thought of."""
    started = time.perf_counter()
    with app.app_context(), tenancy.everyone():
        perform(fill, table, rows)
    return time.perf_counter() - started


def _app_on(stage: Stage, url: str) -> Flask:
    return create_app(Settings.from_env({**stage.environment, "DATABASE_URL": url}))
