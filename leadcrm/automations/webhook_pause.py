"""After a restore no other program is told anything until a person releases webhooks, whatever else is released."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Exists, func, select

from leadcrm.automations.events import WebhooksReleased
from leadcrm.automations.models import WebhookCall
from leadcrm.conversations.models import WEBHOOK, SendingPause
from leadcrm.conversations.operations import end_pause
from leadcrm.core import clock, jobs
from leadcrm.core.db import after_commit, db
from leadcrm.core.events import record

_OPEN = (SendingPause.channel == WEBHOOK, SendingPause.released_at.is_(None))


@dataclass(frozen=True)
class Waiting:
    """Calls that wait for a person, and since when."""

    since: datetime
    due: int


def is_paused(organization_id: Any) -> Exists:
    """Whether the organization's calls wait."""
    return select(SendingPause.id).where(SendingPause.organization_id == organization_id, *_OPEN).exists()


def waiting() -> Waiting | None:
    """What the current organization's release would let go; None when nothing is paused."""
    since = db.session.scalar(select(SendingPause.paused_at).where(*_OPEN))
    return None if since is None else Waiting(since, _due())


def release() -> int:
    """Let the calls leave; returns how many do now. Raises Conflict when they are not paused."""
    end_pause(WEBHOOK)
    due = _due()
    record(WebhooksReleased(waiting=due))
    after_commit(jobs.ring_slow)
    return due


def _due() -> int:
    due = select(func.count(WebhookCall.id)).where(WebhookCall.due_at <= clock.real_now())
    return db.session.scalar(due) or 0
