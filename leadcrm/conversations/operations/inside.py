"""What flows do in the house at its time. It needs no address and no call, so effect and state are one transaction.

Not among the verbs that `operations` offers at once: it looks at the guards of the delivery, which stands on those.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from leadcrm.conversations import merge
from leadcrm.conversations.delivery.conditions import Conditions
from leadcrm.conversations.delivery.paces import HALTED_LOOK
from leadcrm.conversations.delivery.retiming import is_being_moved
from leadcrm.conversations.delivery.rewording import catch_up
from leadcrm.conversations.delivery.statements import archived, flow_is_deaf, why_withheld
from leadcrm.conversations.models import Message, Pace
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.leads import queries as leads

log = logging.getLogger(__name__)

BATCH = 50
NEXT_LOOK = timedelta(seconds=10)
AFTER_TROUBLE = timedelta(minutes=10)

# of its campaign, which halts on all channels at once
_halted = (
    select(Pace.halted).where(Pace.campaign_id == Message.campaign_id, Pace.halted != "").limit(1).scalar_subquery()
)
Deed = Callable[[Message, str], None]


@dataclass(frozen=True)
class _Fate:
    """What becomes of a deed whose time has come: its state, why, and when to look again."""

    status: str
    reason: str = ""
    due_at: datetime | None = None


def do_due(channel: str, deed: Deed) -> int:
    """Do what is due in the organization on a channel of INSIDE, each once. Returns how many moved, at most BATCH.

    `deed` gets the row and its words, their merge fields filled. What may not happen any more is skipped as the
    delivery skips it, what cannot be done now waits with the reason.
    """
    due = select(Message).where(Message.channel == channel, Message.due_at <= clock.now())
    oldest = due.order_by(Message.due_at).limit(BATCH).with_for_update(skip_locked=True)
    found = db.session.scalars(oldest).all()
    values = leads.merge_values({message.lead_id for message in found})
    conditions = Conditions(found, clock.now())
    for message in found:
        fate = _why_not(message, conditions) or _done(message, deed, values[message.lead_id])
        message.status, message.reason, message.due_at = fate.status, fate.reason[:200], fate.due_at
        message.sent_at = clock.now() if fate.status == "sent" else None
    return len(found)


def _why_not(message: Message, conditions: Conditions) -> _Fate | None:
    now = clock.now()
    guards = db.session.execute(
        select(
            archived.label("archived"),
            why_withheld.scalar_subquery().label("withheld"),
            flow_is_deaf.label("flow_is_deaf"),
            is_being_moved().label("is_being_moved"),
            _halted.label("halted"),
        )
        .select_from(Message)
        .where(Message.id == message.id)
    ).one()
    # what a campaign holds is not late: nobody wants it done before the campaign goes on
    if guards.halted is None and message.useful_until is not None and message.useful_until <= now:
        return _Fate("expired", "too late to be useful")
    if guards.archived:
        return _Fate("skipped", "the lead is archived")
    if guards.withheld is not None:
        return _Fate("skipped", guards.withheld)
    if guards.flow_is_deaf:
        return _Fate("held", "news of the lead is being read first", now + NEXT_LOOK)
    if guards.is_being_moved:
        return _Fate("held", "its step is being moved to another time", now + NEXT_LOOK)
    if guards.halted is not None:
        return _Fate("held", guards.halted, now + HALTED_LOOK)
    if reason := conditions.why_not(message):
        return _Fate("skipped", reason)
    return None


def _done(message: Message, deed: Deed, values: dict[str, str]) -> _Fate:
    """One deed's trouble is its own: the others of the batch are done."""
    if catch_up(message.id):
        db.session.refresh(message, ["content"])
    try:
        words = merge.render(message.content, values)
        with db.session.begin_nested():
            deed(message, words)
    except merge.Hole as hole:
        return _Fate("failed", f"nothing known for {', '.join(f'{{{name}}}' for name in hole.names)}")
    except Exception as error:
        log.exception("step %s could not be done for lead %s", message.step_id, message.lead_id)
        return _Fate("held", f"could not be done: {error}", clock.now() + AFTER_TROUBLE)
    message.content, message.rendered, message.position_at = words, True, clock.now()
    return _Fate("sent")
