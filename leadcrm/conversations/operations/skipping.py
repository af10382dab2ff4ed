"""Dropping what still waits, when a rule says it must not be said any more."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import case, or_, update

from leadcrm.conversations.models import WAITING, Message
from leadcrm.conversations.operations.threads import touch_conversations_of
from leadcrm.core import clock
from leadcrm.core.db import db

OVER = {"due_at": None, "claim_token": None, "lease_until": None}  # of a message that nobody will look at again


def skip_waiting(enrolment_id: str, reason: str) -> int:
    """Drop what a flow still wanted to say in this enrolment. Returns how many messages that were."""
    return _skip(Message.enrolment_id == enrolment_id, reason=reason)


def skip_waiting_of_steps(step_ids: Collection[str], reason: str) -> int:
    """Drop what these steps of a flow still wanted to say to anyone. Returns how many messages that were."""
    return _skip(Message.step_id.in_(step_ids), reason=reason)


def skip_waiting_of_lead(lead_id: str, reason: str, channel: str | None = None) -> int:
    """Drop everything that still waits to be said to the lead (on one channel). Returns how many messages that were."""
    on_channel = [] if channel is None else [Message.channel == channel]
    return _skip(Message.lead_id == lead_id, *on_channel, reason=reason)


def resume_skipped(*which: Any, reasons: Collection[str]) -> int:
    """Let what was dropped for one of these reasons go out after all, as far as its time is still ahead.

    `which` are criteria on messages. Returns how many messages that were.
    """
    when = Message.scheduled_for
    statement = (
        update(Message)
        .where(*which, Message.status == "skipped", Message.reason.in_(reasons), when > clock.now())
        .values(status="scheduled", reason="", due_at=when, position_at=when)
        .execution_options(synchronize_session=False)
    )
    resumed = db.session.execute(statement).rowcount
    if resumed:
        touch_conversations_of(*which, Message.status == "scheduled")
    return resumed


def _skip(*which: Any, reason: str) -> int:
    """What is on its way cannot be stopped, but is not tried again when it turns out not to have been accepted.

    One statement for both: between two of them the other worker could write that it was not. What will not be said
    stands in the thread where that was decided, not for ever below what is said later.
    """
    is_on_its_way, now = Message.status == "sending", clock.now()
    statement = (
        update(Message)
        .where(*which, Message.status.in_([*WAITING, "sending"]))
        .values(
            status=case((is_on_its_way, Message.status), else_="skipped"),
            reason=case((is_on_its_way, Message.reason), else_=reason),
            withdrawn=case((is_on_its_way, reason), else_=""),
            due_at=None,
            claim_token=case((is_on_its_way, Message.claim_token), else_=None),
            lease_until=case((is_on_its_way, Message.lease_until), else_=None),
            position_at=case((or_(is_on_its_way, Message.position_at < now), Message.position_at), else_=now),
        )
        .returning(Message.status)
        .execution_options(synchronize_session=False)
    )
    skipped = sum(status == "skipped" for status in db.session.scalars(statement))
    if skipped:
        touch_conversations_of(*which, Message.status == "skipped", Message.reason == reason)
    return skipped
