"""After a restore no other program is told anything until a person releases webhooks, whatever else is released.

The two facts say which it is: the newer one holds.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Insert, String, bindparam, func, insert, literal, select

from leadcrm.automations.events import WebhooksPaused, WebhooksReleased
from leadcrm.automations.models import WebhookCall
from leadcrm.conversations.models import SendingPause
from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.db import Moment, after_commit, db
from leadcrm.core.errors import Conflict
from leadcrm.core.events import record
from leadcrm.core.models import EventRow
from leadcrm.identity.models import Organization

FACTS, ORGANIZATIONS = EventRow.__table__, Organization.__table__
DECISIONS = (WebhooksPaused.name, WebhooksReleased.name)


@dataclass(frozen=True)
class Waiting:
    """Calls that wait for a person, and since when."""

    since: datetime
    due: int


def pausing(now: datetime) -> Insert:
    """What a restore does for every organization, before anyone sees the database."""
    columns = {
        "name": literal(WebhooksPaused.name),
        "data": bindparam("data", "{}", String(), literal_execute=True),  # a text is no JSON to PostgreSQL
        "actor": literal("system"),
        "depth": literal(0),
        "at": literal(now, Moment()),
    }
    return insert(FACTS).from_select(["organization_id", *columns], select(ORGANIZATIONS.c.id, *columns.values()))


def is_paused(organization_id: Any) -> ColumnElement[bool]:
    """Whether the organization's calls wait. Restored before webhooks were a kind of their own: as long as any does."""
    decided = (
        select(EventRow.name)
        .where(EventRow.organization_id == organization_id, EventRow.name.in_(DECISIONS))
        .order_by(EventRow.id.desc())
        .limit(1)
    )
    pause = select(literal(WebhooksPaused.name)).where(
        SendingPause.organization_id == organization_id, SendingPause.released_at.is_(None)
    )
    said = (decided.scalar_subquery(), pause.limit(1).scalar_subquery(), WebhooksReleased.name)
    return func.coalesce(*said) == WebhooksPaused.name


def waiting() -> Waiting | None:
    """What the current organization's release would let go; None when nothing is paused."""
    if not db.session.scalar(select(is_paused(tenancy.current_id()))):
        return None
    began = select(EventRow.at).where(EventRow.name == WebhooksPaused.name).order_by(EventRow.id.desc()).limit(1)
    older = select(func.min(SendingPause.paused_at)).where(SendingPause.released_at.is_(None))
    due = select(func.count(WebhookCall.id)).where(WebhookCall.due_at <= clock.real_now())
    return Waiting(db.session.scalar(began) or db.session.scalar(older), db.session.scalar(due) or 0)


def release() -> int:
    """Let the calls leave; returns how many do now. Raises Conflict when they are not paused."""
    paused = waiting()
    if paused is None:
        raise Conflict("Webhooks are not paused.")
    record(WebhooksReleased(waiting=paused.due))
    after_commit(jobs.ring_slow)
    return paused.due
