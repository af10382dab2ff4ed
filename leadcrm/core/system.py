"""Health for machines and operators."""

from typing import Any

from flask import Blueprint, current_app
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.db import db
from leadcrm.core.models import Debt, Heartbeat
from leadcrm.core.web import public

blueprint = Blueprint("system", __name__)


@blueprint.get("/healthz")
@public
def healthz():
    """The process answers."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@public
def readyz():
    """What `health` says. 503 while the database does not answer."""
    try:
        return health()
    except SQLAlchemyError:
        db.session.rollback()
        return {"database": "down"}, 503


def health() -> dict[str, Any]:
    """Database, Redis, seconds since each lane was seen, what waits and what needs a person, over all organizations."""
    with tenancy.everyone():
        report = {"database": "ok", "redis": _redis(), "lanes": _lanes(), **_debts()}
        return report | {name: probe() for name, probe in current_app.extensions["readiness"].items()}


def _redis() -> str:
    try:
        current_app.extensions["redis"].ping()
    except RedisError:
        return "down"
    return "ok"


def _lanes() -> dict[str, float | None]:
    """Seconds since each lane was last seen; None when never."""
    newest = dict(db.session.execute(select(Heartbeat.lane, func.max(Heartbeat.at)).group_by(Heartbeat.lane)).all())
    now = clock.real_now()
    return {lane: round((now - newest[lane]).total_seconds(), 1) if lane in newest else None for lane in jobs.LANES}


def _debts() -> dict[str, int]:
    owed, failed = db.session.execute(
        select(func.count(), func.count().filter(Debt.due_at.is_(None))).select_from(Debt)
    ).one()
    return {"debts": owed - failed, "failed_debts": failed}
