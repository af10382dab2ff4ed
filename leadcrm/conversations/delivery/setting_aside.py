"""Why a claimed message does not leave now, and what is written about it: settled, or looked at again later."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from leadcrm.conversations.delivery import statements
from leadcrm.conversations.delivery.claims import Claim
from leadcrm.conversations.delivery.paces import HALTED_LOOK
from leadcrm.conversations.delivery.rendering import Aside, Ready
from leadcrm.conversations.delivery.retiming import is_being_moved
from leadcrm.conversations.delivery.rewording import catch_up
from leadcrm.conversations.events import MessageCanceled, MessageFailed
from leadcrm.conversations.models import Message
from leadcrm.conversations.operations.consent import ASKED_FOR, BOUNCED, REASON_BOUNCED, why_suppressed
from leadcrm.conversations.operations.releasing import RESTORED
from leadcrm.conversations.operations.threads import touch_conversations
from leadcrm.conversations.sending_policy import TOO_SOON
from leadcrm.conversations.sending_queries import last_automatic
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.events import record
from leadcrm.core.models import Debt

NEXT_LOOK_AT_ANOTHER = timedelta(seconds=30)
NEXT_LOOK_SECONDS = 2  # doubled with each failure of the listener that has to read the news
LONGEST_DOUBLING = 8


def put_aside(aside: Aside, **also: Any) -> None:
    """Settle or postpone a claimed message that does not leave now. `also` are further values of its row."""
    claim = aside.claim
    statement = (
        update(Message)
        .where(Message.id == claim.id, Message.claim_token == claim.token, Message.status == "claimed")
        .values(status=aside.status, reason=aside.reason[:200], due_at=aside.due_at, claim_token=None, lease_until=None)
        .values(**also)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(statement).rowcount != 1:
        return
    touch_conversations([claim.id])
    if aside.status in ("failed", "expired"):
        record(MessageFailed(**about(claim), reason=aside.reason))
    elif aside.status == "skipped":
        record(MessageCanceled(**about(claim), reason=aside.reason))


def explain(ready: Ready) -> None:
    """Why a claimed message could not begin: only a rule puts it aside; a lost lease is someone else's business."""
    row = db.session.execute(
        select(
            Message.claim_token,
            Message.status,
            Message.subject,
            Message.content,
            statements.archived.label("archived"),
            statements.why_withheld.scalar_subquery().label("withheld"),
            statements.flow_is_deaf.label("flow_is_deaf"),
            statements.paused.label("paused"),
            statements.halted.scalar_subquery().label("halted"),
            is_being_moved().label("is_being_moved"),
            statements.sent_too_recently(clock.now() - ready.gap).label("sent_too_recently"),
        ).where(Message.id == ready.claim.id)
    ).one_or_none()
    if row is None or row.claim_token != ready.claim.token or row.status != "claimed":
        return
    reason = refusal(ready)
    if reason is not None:
        put_aside(Aside(ready.claim, "skipped", REASON_BOUNCED if reason == BOUNCED else "opted out"))
    elif row.archived:
        put_aside(Aside(ready.claim, "skipped", "the lead is archived"))
    elif row.withheld is not None:
        put_aside(Aside(ready.claim, "skipped", row.withheld))
    elif row.paused:
        put_aside(Aside(ready.claim, "held", RESTORED, clock.now()))  # the next claim finds the pause
    elif row.halted is not None:
        put_aside(Aside(ready.claim, "held", row.halted, clock.now() + HALTED_LOOK))
    elif row.flow_is_deaf:
        put_aside(Aside(ready.claim, "held", "news of the lead is being read first", _after_the_news(ready.claim)))
    elif ready.gap and row.sent_too_recently:
        put_aside(Aside(ready.claim, "held", TOO_SOON, _after_the_gap(ready)))
    elif row.is_being_moved:
        wakes = clock.now() + timedelta(seconds=NEXT_LOOK_SECONDS)
        put_aside(Aside(ready.claim, "held", "its step is being moved to another time", wakes))
    elif catch_up(ready.claim.id) or (row.subject, row.content) != (ready.claim.subject, ready.claim.content):
        put_aside(Aside(ready.claim, "held", "its words were just changed", clock.now()))  # and is read anew


def refusal(ready: Ready) -> str | None:
    """Why the address is not written to; an opt-out does not stop its own confirmation."""
    reason = why_suppressed(ready.claim.channel, ready.address)
    return None if reason in ASKED_FOR and confirms_an_opt_out(ready.claim) else reason


def about(claim: Claim) -> dict[str, str]:
    """What every fact says of its message."""
    return {"lead_id": claim.lead_id, "message_id": claim.id, "channel": claim.channel, "origin": claim.origin}


def confirms_an_opt_out(claim: Claim) -> bool:
    """Whether the message is what we say to somebody who has just opted out."""
    return bool(db.session.scalar(select(statements.is_confirmation).where(Message.id == claim.id)))


def _after_the_news(claim: Claim) -> datetime:
    tries = db.session.scalar(select(func.max(Debt.tries)).where(Debt.holds_lead_id == claim.lead_id)) or 0
    return clock.now() + timedelta(seconds=NEXT_LOOK_SECONDS * 2 ** min(tries, LONGEST_DOUBLING))


def _after_the_gap(ready: Ready) -> datetime:
    """When the gap is over, or when to look again at what is just being sent."""
    now = clock.now()
    last = last_automatic([ready.claim.lead_id], now - ready.gap).get(ready.claim.lead_id)
    return now + min(ready.gap, NEXT_LOOK_AT_ANOTHER) if last is None else max(last + ready.gap, now)
