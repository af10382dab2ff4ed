"""Dropping what still waits, when a rule says it must not be said any more."""

from typing import Any

from sqlalchemy import update

from leadcrm.conversations.models import WAITING, Message
from leadcrm.conversations.operations.threads import touch_conversations
from leadcrm.core.db import db

OVER = {"due_at": None, "claim_token": None, "lease_until": None}  # of a message that nobody will look at again


def skip_waiting(enrolment_id: str, reason: str) -> int:
    """Drop what a flow still wanted to say in this enrolment. Returns how many messages that were."""
    return _skip(Message.enrolment_id == enrolment_id, reason=reason)


def skip_waiting_of_lead(lead_id: str, reason: str, channel: str | None = None) -> int:
    """Drop everything that still waits to be said to the lead (on one channel). Returns how many messages that were."""
    on_channel = [] if channel is None else [Message.channel == channel]
    return _skip(Message.lead_id == lead_id, *on_channel, reason=reason)


def _skip(*which: Any, reason: str) -> int:
    statement = (
        update(Message)
        .where(*which, Message.status.in_(WAITING))
        .values(status="skipped", reason=reason, **OVER)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    skipped = list(db.session.scalars(statement))
    if skipped:
        touch_conversations(skipped)
    return len(skipped)
