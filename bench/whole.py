"""The whole product on SQLite while it drains ten thousand mails: how long a posted lead waits, what memory it takes.

The bounds are absolute because what they bound is: a person waiting, a machine's memory.
"""

import statistics
import time
from pathlib import Path

import psutil
from sqlalchemy import func, select

from bench.figures import Bound
from bench.planned import plan_mails
from bench.stage import build
from leadcrm import create_app
from leadcrm.conversations.models import Message
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.settings import Settings
from tests.installation import MEGABYTE, Installation, megabytes_of

POSTS_PER_SECOND = 5
LEAST_POSTS = 60
PATIENCE_SECONDS = 120


def measure_whole(folder: Path, mails: int) -> list[Bound]:
    """Post leads by the API while the worker drains; then weigh every process."""
    folder.mkdir(parents=True)
    stage = build(folder, 1000)
    house = Installation(folder, stage.environment["DATABASE_URL"], SECRET_KEY=stage.environment["SECRET_KEY"])
    app = create_app(Settings.from_env(stage.environment))
    with app.app_context(), tenancy.organization(stage.organization_id):
        perform(plan_mails, mails)
    try:
        house.start_sink()
        house.start_deployed_web()
        house.start_worker()
        waits = _post_while_draining(house, app, stage)
        return [
            Bound(f"posting a lead beside {mails:,} mails, p99", _percentile(waits, 99), 150, "ms"),
            Bound("  the same, median", statistics.median(waits), 150, "ms"),
            *_weights(house),
        ]
    finally:
        house.stop()


def _post_while_draining(house: Installation, app, stage) -> list[float]:
    api, waits = house.api(stage.tokens[0]), []
    until = time.monotonic() + PATIENCE_SECONDS
    while (_waiting(app, stage.organization_id) or len(waits) < LEAST_POSTS) and time.monotonic() < until:
        started = time.perf_counter()
        n = len(waits)
        answer = api.post("/api/leads", first_name=f"Guest {n}", email=f"guest{n}@leads.test")
        waits.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 201:
            raise RuntimeError(answer.text)
        time.sleep(1 / POSTS_PER_SECOND)
    return waits


def _waiting(app, organization_id: str) -> int:
    with app.app_context(), tenancy.organization(organization_id):
        due = select(func.count(Message.id)).where(Message.origin == "flow", Message.due_at.is_not(None))
        return db.session.scalar(due.where(Message.address == "", Message.step_id.is_(None)))


def _weights(house: Installation) -> list[Bound]:
    web = megabytes_of(psutil.Process(house.processes["web"].pid))
    worker = psutil.Process(house.processes["worker"].pid)
    heaviest = max(
        process.memory_full_info().uss
        for process in (worker, *worker.children(recursive=True))
        if "valkey" not in process.name()
    )
    return [
        Bound("web, all processes", web, 150, "MB"),
        Bound("heaviest worker process, its own", heaviest / MEGABYTE, 80, "MB"),
    ]


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
