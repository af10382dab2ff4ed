"""Reads of the run log."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from leadcrm.automations.models import AutomationRun
from leadcrm.core.db import asked_id, db
from leadcrm.core.paging import Order, Page, keyset_page

LOG_ORDER = Order("runs", (AutomationRun.created_at, AutomationRun.id))


def run_counts(since: datetime) -> dict[str, dict[str, int]]:
    """Per automation, how many runs of each state since then."""
    statement = (
        select(AutomationRun.automation_id, AutomationRun.state, func.count(AutomationRun.id))
        .where(AutomationRun.created_at >= since)
        .group_by(AutomationRun.automation_id, AutomationRun.state)
    )
    counts: dict[str, dict[str, int]] = {}
    for automation_id, state, number in db.session.execute(statement):
        counts.setdefault(automation_id, {})[state] = number
    return counts


def run_log(
    viewer_sees: Any, *, automation_id: str = "", lead_id: str = "", state: str = "", cursor: str | None = None
) -> Page[AutomationRun]:
    """Runs, newest first, with their automation and lead. `viewer_sees` is a criterion on the lead."""
    statement = (
        select(AutomationRun)
        .join(AutomationRun.lead)
        .where(viewer_sees)
        .options(
            contains_eager(AutomationRun.lead), joinedload(AutomationRun.automation), selectinload(AutomationRun.calls)
        )
    )
    filters = (
        (AutomationRun.automation_id, asked_id(automation_id)),
        (AutomationRun.lead_id, asked_id(lead_id)),
        (AutomationRun.state, state),
    )
    for column, value in filters:
        if value:
            statement = statement.where(column == value)
    return keyset_page(statement, LOG_ORDER, cursor)
