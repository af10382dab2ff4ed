"""What people and rules decide about a message after it was planned."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from leadcrm.conversations.events import (
    MessageCanceled,
    MessageHurried,
    MessageResolved,
    MessageRetried,
    MessageUnresolved,
)
from leadcrm.conversations.models import WAITING, WHEN_LATE, Attempt, Message, Pace
from leadcrm.conversations.operations.planning import address_to_write_to
from leadcrm.conversations.operations.skipping import OVER
from leadcrm.conversations.operations.threads import open_conversations, touch_conversations
from leadcrm.core import clock, jobs
from leadcrm.core.db import after_commit, db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.core.recent import recent_facts
from leadcrm.identity.models import User


def cancel_message(message: Message, reason: str = "canceled by hand") -> Message:
    """Do not send it. Raises Conflict when it is on its way or was sent."""
    message = lock(message)
    if message.status == "canceled":
        return message
    if message.status == "sending":
        raise Conflict("It is on its way and cannot be stopped.")
    if message.status not in WAITING:
        raise Conflict("It was already sent or settled.")
    settle(message, status="canceled", reason=reason, position_at=min(message.position_at, clock.now()), **OVER)
    record(MessageCanceled(**names_of(message), reason=reason))
    return message


def send_now(message: Message) -> Message:
    """Send it now instead of later, also in the lead's quiet hours.

    Raises Conflict when it no longer waits or its campaign does not go on.
    """
    message = lock(message)
    if message.status not in ("scheduled", "held"):
        raise Conflict("It no longer waits.")
    address_to_write_to(message.lead, message.channel)
    _send_at_once(message)
    message.at_any_hour = True
    record(MessageHurried(**names_of(message)))
    return message


def retry_message(message: Message) -> Message:
    """Try a message that failed or came too late again.

    Raises Conflict for any other and when its campaign does not go on, DomainError as planning does.
    """
    message = lock(message)
    if message.status not in ("failed", "expired"):
        raise Conflict("Only a message that was not sent can be tried again.")
    address_to_write_to(message.lead, message.channel)
    _send_at_once(message)
    record(MessageRetried(**names_of(message)))
    return message


def resolve_unknown(message: Message, verdict: str) -> int:
    """A person says whether it `arrived`, or to `resend` it. Returns the fact's id.

    Raises Conflict when it is no longer unknown, or is to be sent again and its campaign does not go on.
    """
    message = lock(message)
    if message.status != "unknown":
        raise Conflict("It is already clear what became of it.")
    if verdict == "arrived":
        settle(message, status="sent", sent_at=last_attempt_at(message), reason="", **OVER)
    elif verdict == "resend":
        address_to_write_to(message.lead, message.channel)
        _send_at_once(message)
    else:
        raise DomainError("Say whether it arrived or should be sent again.", "verdict")
    return record(MessageResolved(**names_of(message), verdict=verdict))


def take_back_arrival(message: Message, fact_ids: Sequence[int], by: User) -> None:
    """It is unknown again whether it arrived, as before `by` said so in one of these facts, of the last ten minutes.

    Raises Conflict for any other fact, and once more is known of it.
    """
    message = lock(message)
    said = [fact for fact in recent_facts(fact_ids, by.id) if isinstance(fact, MessageResolved)]
    is_theirs = any((fact.message_id, fact.verdict) == (message.id, "arrived") for fact in said)
    if message.status != "sent" or not is_theirs:
        raise Conflict("This cannot be taken back any more.")
    last_try = select(Attempt.detail).where(Attempt.message_id == message.id).order_by(Attempt.n.desc()).limit(1)
    settle(message, status="unknown", sent_at=None, reason=(db.session.scalar(last_try) or "")[:200])
    record(MessageUnresolved(**names_of(message)))


def note_accepted(message: Message, verdict: str) -> bool:
    """Something proves that a mail system took the mail: its report (`accepted`) or its copy (`found`).

    Returns whether that was unknown until now.
    """
    message = lock(message)
    if message.status != "unknown":
        return False
    settle(message, status="sent", sent_at=last_attempt_at(message), reason="", **OVER)
    record(MessageResolved(**names_of(message), verdict=verdict))
    return True


def _send_at_once(message: Message) -> None:
    _refuse_where_halted(message)
    now = clock.now()
    due = {"scheduled_for": now, "due_at": now, "position_at": now}
    no_rush = {"useful_until": None, "when_late": WHEN_LATE[0]}  # what a person wants sent never comes too late
    settle(message, status="scheduled", reason="", withdrawn="", claim_token=None, **no_rush, **due)
    open_conversations([message.id])
    after_commit(jobs.ring_now)


def _refuse_where_halted(message: Message) -> None:
    """What a campaign that is paused or stopped still had to say would be held, and put off for ever."""
    theirs = (Pace.campaign_id == message.campaign_id, Pace.channel == message.channel)
    if why := db.session.scalar(select(Pace.halted).where(*theirs)):
        raise Conflict(f"{why}: nothing of it leaves.")


def settle(message: Message, **values: Any) -> None:
    """Write what became of a message, and let the screens that show it know."""
    for name, value in values.items():
        setattr(message, name, value)
    db.session.flush()
    touch_conversations([message.id])


def last_attempt_at(message: Message) -> datetime:
    """When it was last handed to the outside."""
    return (
        db.session.scalar(select(func.max(Attempt.started_at)).where(Attempt.message_id == message.id)) or clock.now()
    )


def names_of(message: Message) -> dict[str, str]:
    """What every fact about a message says of it."""
    return {
        "lead_id": message.lead_id,
        "message_id": message.id,
        "channel": message.channel,
        "origin": message.origin,
    }
