"""What the worker does for automations."""

import logging
from collections.abc import Callable

from sqlalchemy import select

from leadcrm.automations import engine
from leadcrm.automations.models import AutomationRun
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform

log = logging.getLogger(__name__)

BATCH = 50


def drain_runs(should_stop: Callable[[], bool]) -> int:
    """Do the delayed runs that are due, each in its own transaction. Returns how many were settled or put off."""
    done = 0
    while not should_stop():
        batch = [_resume(organization_id, run_id) for organization_id, run_id in _due()]
        done += sum(batch)
        if not any(batch):
            break
    return done


def _due() -> list[tuple[str, str]]:
    due = select(AutomationRun.organization_id, AutomationRun.id).where(AutomationRun.due_at <= clock.now())
    with tenancy.everyone():
        rows = db.session.execute(due.order_by(AutomationRun.due_at, AutomationRun.id).limit(BATCH)).all()
    db.session.rollback()
    return [(row.organization_id, row.id) for row in rows]


def _resume(organization_id: str, run_id: str) -> bool:
    """One run's trouble is its own: the others must still be done."""
    with tenancy.organization(organization_id):
        try:
            return perform(engine.resume, run_id)
        except Exception as error:
            log.exception("automation run %s could not begin", run_id)
            return perform(engine.put_off, run_id, error)
