"""Dropping what still waits, when a rule says it must not be said any more.

Rows are picked and locked first, then changed by their ids: the statistics-less planner of SQLite would take an index
over states, and look at everything that waits in the organization to find one lead's.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, or_, select, update

from leadcrm.conversations.models import WAITING, Message
from leadcrm.conversations.operations.threads import touch_threads
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.leads.models import Lead

OVER = {"due_at": None, "claim_token": None, "lease_until": None}  # of a message that nobody will look at again
MESSAGES = Message.__table__
_picked = select(Message.id, Message.status, Message.reason, Message.scheduled_for, Message.conversation_id)


def hold_what_waits(lead_id: str) -> None:
    """Keep the lead, and what waits to be said to them, to ourselves until the transaction's end.

    For whoever changes a thread and may then have to drop messages: everybody takes leads first, then messages, then
    threads.
    """
    db.session.execute(select(Lead.id).where(Lead.id == lead_id).with_for_update(key_share=True))
    waiting = select(Message.id).where(Message.lead_id == lead_id, Message.status.in_((*WAITING, "sending")))
    db.session.execute(waiting.order_by(Message.id).with_for_update())


def skip_waiting(enrolment_id: str, reason: str) -> int:
    """Drop what a flow still wanted to say in this enrolment. Returns how many messages that were."""
    return _skip(_picked.where(Message.enrolment_id == enrolment_id), reason)


def skip_waiting_of_enrolments(enrolment_ids: Collection[str], reason: str) -> int:
    """Drop what a flow still wanted to say in these enrolments. Returns how many messages that were."""
    return _skip(_picked.where(Message.enrolment_id.in_(enrolment_ids)), reason)


def skip_waiting_of_steps(step_ids: Collection[str], reason: str, limit: int) -> int:
    """Drop at most `limit` of what these steps of a flow still wanted to say. Returns how many messages that were."""
    return _skip(_picked.where(Message.step_id.in_(step_ids), Message.status.in_(WAITING)).limit(limit), reason)


def skip_waiting_of_passages(enrolment_ids: Collection[str], step_ids: Collection[str], reason: str) -> int:
    """Drop what these steps of a flow still wanted to say in these enrolments. Returns how many messages that were."""
    return _skip(_picked.where(Message.enrolment_id.in_(enrolment_ids), Message.step_id.in_(step_ids)), reason)


def skip_waiting_of_lead(lead_id: str, reason: str, channel: str | None = None) -> int:
    """Drop everything that still waits to be said to the lead (on one channel). Returns how many messages that were."""
    on_channel = [] if channel is None else [Message.channel == channel]
    return _skip(_picked.where(Message.lead_id == lead_id, *on_channel), reason)


def skip_waiting_of_intents(intent_keys: Collection[str], reason: str) -> int:
    """Drop what of this still waits to be said. Returns how many messages that were.

    What was dropped already has this reason from now on: whoever takes the other one back does not find it.
    """
    pick = _picked.where(Message.intent_key.in_(intent_keys))
    found = db.session.execute(pick.with_for_update()).all()
    _change([row for row in found if row.status == "skipped"], {"reason": reason})
    return _skip(pick, reason)


def resume_skipped(*which: Any, reasons: Collection[str]) -> int:
    """Let what was dropped for one of these reasons go out after all, as far as its time is still ahead.

    What was dropped on its way may be tried again. `which` are criteria that few messages meet. Returns how many
    messages went back or on.
    """
    now = clock.now()
    found = db.session.execute(_picked.where(*which).with_for_update()).all()
    ahead = [row for row in found if row.status == "skipped" and row.reason in reasons and row.scheduled_for > now]
    return _resume(ahead) + _take_along([row.id for row in found if row.status == "sending"], reasons)


def resume_skipped_of_steps(
    step_ids: Collection[str], *which: Any, reasons: Collection[str], since: datetime, limit: int
) -> int:
    """The same for at most `limit` messages of these steps whose time was still ahead at `since`."""
    dropped = (Message.status == "skipped", Message.reason.in_(reasons), Message.scheduled_for > since)
    some = _picked.where(Message.step_id.in_(step_ids), *dropped, *which).limit(limit)
    return _resume(db.session.execute(some.with_for_update()).all())


def _resume(rows: Collection[Any]) -> int:
    when = MESSAGES.c.scheduled_for
    again = {"status": "scheduled", "reason": "", "due_at": when, "position_at": when}
    _change(rows, again)
    touch_threads(row.conversation_id for row in rows)
    return len(rows)


def _take_along(on_their_way: Collection[str], reasons: Collection[str]) -> int:
    dropped = update(MESSAGES).where(MESSAGES.c.id.in_(on_their_way), MESSAGES.c.withdrawn.in_(reasons))
    return db.session.execute(dropped.values(withdrawn="")).rowcount if on_their_way else 0


def _skip(pick: Select, reason: str) -> int:
    """What is on its way cannot be stopped, but is not tried again when it turns out not to have been accepted.

    Both at once: between two looks the other worker could write that it was not. What will not be said stands in the
    thread where that was decided, not for ever below what is said later. What was held for a later moment, the end of
    quiet hours or a second try, was meant for that one: whoever takes the drop back finds it still ahead.
    """
    found = db.session.execute(pick.with_for_update()).all()
    rows = [row for row in found if row.status in WAITING or row.status == "sending"]
    message, now = MESSAGES.c, clock.now()
    is_on_its_way = message.status == "sending"
    _change(
        rows,
        {
            "status": case((is_on_its_way, message.status), else_="skipped"),
            "reason": case((is_on_its_way, message.reason), else_=reason),
            "withdrawn": case((is_on_its_way, reason), else_=""),
            "scheduled_for": case((message.due_at > now, message.due_at), else_=message.scheduled_for),
            "due_at": None,
            "claim_token": case((is_on_its_way, message.claim_token), else_=None),
            "lease_until": case((is_on_its_way, message.lease_until), else_=None),
            "position_at": case((or_(is_on_its_way, message.position_at < now), message.position_at), else_=now),
        },
    )
    skipped = [row for row in rows if row.status != "sending"]
    touch_threads(row.conversation_id for row in skipped)
    return len(skipped)


def _change(rows: Collection[Any], values: dict[str, Any]) -> None:
    if rows:
        db.session.execute(update(MESSAGES).where(MESSAGES.c.id.in_([row.id for row in rows])).values(values))
