"""What is written about each call: before it, that it begins; after it, how it ended. One short transaction for both.

This is the hot path of a campaign, so the statements are Core ones on the tables; each names its organization itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update

from leadcrm.adapters.ports import OutgoingEmail
from leadcrm.conversations.delivery.claims import Claim
from leadcrm.conversations.delivery.leases import SEND_LEASE, lease_now
from leadcrm.conversations.delivery.prepared import Prepared
from leadcrm.conversations.delivery.rendering import Aside, Ready
from leadcrm.conversations.delivery.rewording import catch_up, is_behind
from leadcrm.conversations.events import (
    MessageCanceled,
    MessageEvent,
    MessageFailed,
    MessageOutcomeUnknown,
    MessageSent,
)
from leadcrm.conversations.models import Attempt, Conversation, Message, SendingPause, Suppression, WithheldStep
from leadcrm.conversations.operations.consent import BOUNCED, EVERY_CHANNEL, REASON_BOUNCED, shapes_of, why_suppressed
from leadcrm.conversations.operations.releasing import RESTORED
from leadcrm.conversations.operations.threads import snippet_of, touch_conversations
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.events import record
from leadcrm.core.models import Debt
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead

TYPED_ORIGINS = ("manual", "follow_up")  # a person meant this lead
MESSAGES, ATTEMPTS, CONVERSATIONS = Message.__table__, Attempt.__table__, Conversation.__table__
SUPPRESSIONS, LEADS, DEBTS = Suppression.__table__, Lead.__table__, Debt.__table__
PAUSES, WITHHELD = SendingPause.__table__, WithheldStep.__table__
NEXT_LOOK_SECONDS = 2  # doubled with each failure of the listener that has to read the news
LONGEST_DOUBLING = 8


@dataclass(frozen=True)
class Outcome:
    """How a call ended: the message's next state, the attempt's verdict, and when to look again if it goes on."""

    status: str  # sent, failed, scheduled, skipped, expired, unknown
    verdict: str  # sent, refused, try_later, unknown
    reason: str = ""
    provider_message_id: str | None = None
    sandbox: bool = False
    due_at: datetime | None = None


_suppressed = exists().where(
    SUPPRESSIONS.c.organization_id == bindparam("the_organization"),
    SUPPRESSIONS.c.channel.in_([MESSAGES.c.channel, EVERY_CHANNEL]),
    SUPPRESSIONS.c.address.in_([bindparam("the_address"), bindparam("its_hash")]),
)
# a reply, an opt-out, a new status that the flows have not heard of yet: what they would skip must not slip out
_flow_is_deaf = and_(MESSAGES.c.origin == "flow", exists().where(DEBTS.c.holds_lead_id == MESSAGES.c.lead_id))
_archived = exists().where(LEADS.c.id == MESSAGES.c.lead_id, LEADS.c.archived_at.is_not(None))
_paused = exists().where(
    PAUSES.c.organization_id == MESSAGES.c.organization_id,
    PAUSES.c.channel == MESSAGES.c.channel,
    PAUSES.c.released_at.is_(None),
)
_why_withheld = select(WITHHELD.c.reason).where(WITHHELD.c.step_id == MESSAGES.c.step_id)
_mine = (
    MESSAGES.c.id == bindparam("the_id"),
    MESSAGES.c.organization_id == bindparam("the_organization"),
    MESSAGES.c.claim_token == bindparam("the_token"),
)
_begin = Prepared(
    update(MESSAGES)
    .where(*_mine, MESSAGES.c.status == "claimed", MESSAGES.c.lease_until > bindparam("the_moment"))
    .where(MESSAGES.c.subject == bindparam("read_subject"), MESSAGES.c.content == bindparam("read_content"))
    .where(~_suppressed, ~_archived, ~_why_withheld.exists(), ~_flow_is_deaf, ~_paused, ~is_behind())
    .values(
        status="sending",
        lease_until=bindparam("new_lease"),
        tries=MESSAGES.c.tries + 1,
        rendered=True,
        subject=bindparam("new_subject"),
        content=bindparam("new_content"),
        address=bindparam("the_address"),
        external_id=bindparam("new_external_id"),
        in_reply_to=bindparam("new_in_reply_to"),
    )
    .returning(MESSAGES.c.tries)
)
_finish = Prepared(
    update(MESSAGES)
    .where(*_mine, or_(MESSAGES.c.status == "sending", MESSAGES.c.status == "unknown"))
    .values(
        status=bindparam("new_status"),
        reason=bindparam("new_reason"),
        due_at=bindparam("new_due_at"),
        sent_at=bindparam("new_sent_at"),
        position_at=bindparam("new_position_at"),
        provider_message_id=bindparam("new_provider_message_id"),
        sandbox=bindparam("new_sandbox"),
        claim_token=None,
        lease_until=None,
    )
    .returning(MESSAGES.c.id)
)
_open_attempt = Prepared(
    insert(ATTEMPTS).values(
        message_id=bindparam("the_id"),
        n=bindparam("the_n"),
        organization_id=bindparam("the_organization"),
        started_at=bindparam("new_started_at"),
        detail="",
    )
)
_close_attempt = Prepared(
    update(ATTEMPTS)
    .where(ATTEMPTS.c.message_id == bindparam("the_id"), ATTEMPTS.c.n == bindparam("the_n"))
    .values(ended_at=bindparam("new_ended_at"), outcome=bindparam("new_outcome"), detail=bindparam("new_detail"))
)
_show_in_thread = Prepared(
    update(CONVERSATIONS)
    .where(CONVERSATIONS.c.id == bindparam("the_id"))
    .values(
        last_message_at=bindparam("new_at"),
        last_direction="outbound",
        snippet=bindparam("new_snippet"),
        revision=CONVERSATIONS.c.revision + 1,
    )
)


def begin(ready: Ready, skew: timedelta) -> int | None:
    """Mark the message as on its way and open its attempt; returns the attempt's number.

    Every guard is looked at again here, under the lock. None when it may not leave: then it has been put aside with
    the reason, or someone else holds it by now.
    """
    if ready.not_after is not None and clock.now() >= ready.not_after:
        put_aside(Aside(ready.claim, "held", "it waited too long for its turn", clock.now()))  # and is looked at anew
        return None
    _, newest_hash, *older_hashes = shapes_of(ready.address)
    if older_hashes and why_suppressed(ready.claim.channel, ready.address):  # the statement looks for one hash alone
        _explain(ready)
        return None
    connection, claim = db.session.connection(), ready.claim
    mail = ready.outgoing if isinstance(ready.outgoing, OutgoingEmail) else None
    moment = lease_now(skew)
    names = _names(ready)
    n = _begin.run(
        connection,
        {
            **names,
            "the_address": ready.address,
            "its_hash": newest_hash,
            "the_moment": moment,
            "new_lease": moment + SEND_LEASE,
            "read_subject": claim.subject,
            "read_content": claim.content,
            "new_subject": ready.subject,
            "new_content": ready.content,
            "new_external_id": mail.message_id if mail else claim.external_id,
            "new_in_reply_to": mail.in_reply_to if mail else None,
        },
    )
    if n is None:
        _explain(ready)
        return None
    _open_attempt.run(connection, {**names, "the_n": n, "new_started_at": clock.now()})
    return n


def finish(ready: Ready, n: int, outcome: Outcome) -> None:
    """Write down how the call ended, unless a person or the sweep's successor has decided since."""
    connection, now = db.session.connection(), clock.now()
    if outcome.status == "scheduled":
        outcome = _unless_withdrawn(ready, outcome)
    sent = outcome.status == "sent"
    closed = _finish.run(
        connection,
        {
            **_names(ready),
            "new_status": outcome.status,
            "new_reason": outcome.reason[:200],
            "new_due_at": outcome.due_at,
            "new_sent_at": now if sent else None,
            "new_position_at": outcome.due_at or now,
            "new_provider_message_id": outcome.provider_message_id,
            "new_sandbox": outcome.sandbox,
        },
    )
    _close_attempt.run(
        connection,
        {
            "the_id": ready.claim.id,
            "the_n": n,
            "new_ended_at": now,
            "new_outcome": outcome.verdict,
            "new_detail": outcome.reason[:500],
        },
    )
    if closed is None:
        return
    if sent:
        shown = {"the_id": ready.conversation_id, "new_at": now, "new_snippet": snippet_of(ready.content)}
        _show_in_thread.run(connection, shown)
    else:
        touch_conversations([ready.claim.id])
    _tell(ready, outcome)


def _unless_withdrawn(ready: Ready, outcome: Outcome) -> Outcome:
    """Not tried again when a rule dropped it while it was on its way: an exit, a step that was switched off."""
    withdrawn = db.session.scalar(select(Message.withdrawn).where(Message.id == ready.claim.id).with_for_update())
    return Outcome("skipped", outcome.verdict, withdrawn) if withdrawn else outcome


def put_aside(aside: Aside) -> None:
    """Settle or postpone a claimed message that does not leave now."""
    claim = aside.claim
    statement = (
        update(Message)
        .where(Message.id == claim.id, Message.claim_token == claim.token, Message.status == "claimed")
        .values(status=aside.status, reason=aside.reason[:200], due_at=aside.due_at, claim_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(statement).rowcount != 1:
        return
    touch_conversations([claim.id])
    names = {"lead_id": claim.lead_id, "message_id": claim.id, "channel": claim.channel, "origin": claim.origin}
    if aside.status in ("failed", "expired"):
        record(MessageFailed(**names, reason=aside.reason))
    elif aside.status == "skipped":
        record(MessageCanceled(**names, reason=aside.reason))


def _explain(ready: Ready) -> None:
    """Why a claimed message could not begin: only a rule puts it aside; a lost lease is someone else's business."""
    row = db.session.execute(
        select(
            Message.claim_token,
            Message.status,
            Message.subject,
            Message.content,
            _archived.label("archived"),
            _why_withheld.scalar_subquery().label("withheld"),
            _flow_is_deaf.label("flow_is_deaf"),
            _paused.label("paused"),
        ).where(Message.id == ready.claim.id)
    ).one_or_none()
    if row is None or row.claim_token != ready.claim.token or row.status != "claimed":
        return
    reason = why_suppressed(ready.claim.channel, ready.address)
    if reason is not None:
        put_aside(Aside(ready.claim, "skipped", REASON_BOUNCED if reason == BOUNCED else "opted out"))
    elif row.archived:
        put_aside(Aside(ready.claim, "skipped", "the lead is archived"))
    elif row.withheld is not None:
        put_aside(Aside(ready.claim, "skipped", row.withheld))
    elif row.paused:
        put_aside(Aside(ready.claim, "held", RESTORED, clock.now()))  # the next claim finds the pause
    elif row.flow_is_deaf:
        put_aside(Aside(ready.claim, "held", "news of the lead is being read first", _after_the_news(ready.claim)))
    elif catch_up(ready.claim.id) or (row.subject, row.content) != (ready.claim.subject, ready.claim.content):
        put_aside(Aside(ready.claim, "held", "its words were just changed", clock.now()))  # and is read anew


def _after_the_news(claim: Claim) -> datetime:
    tries = db.session.scalar(select(func.max(Debt.tries)).where(Debt.holds_lead_id == claim.lead_id)) or 0
    return clock.now() + timedelta(seconds=NEXT_LOOK_SECONDS * 2 ** min(tries, LONGEST_DOUBLING))


def _tell(ready: Ready, outcome: Outcome) -> None:
    claim = ready.claim
    names = {"lead_id": claim.lead_id, "message_id": claim.id, "channel": claim.channel, "origin": claim.origin}
    fact: MessageEvent | None = None
    if outcome.status == "sent":
        fact = MessageSent(**names)
        if claim.origin in TYPED_ORIGINS:
            leads.note_contact(claim.lead_id)
    elif outcome.status in ("failed", "expired"):
        fact = MessageFailed(**names, reason=outcome.reason)
    elif outcome.status == "unknown":
        fact = MessageOutcomeUnknown(**names, reason=outcome.reason)
    elif outcome.status == "skipped":
        fact = MessageCanceled(**names, reason=outcome.reason)
    if fact is not None:
        record(fact)


def _names(ready: Ready) -> dict[str, Any]:
    return {
        "the_id": ready.claim.id,
        "the_organization": tenancy.current_id(),
        "the_token": ready.claim.token,
    }
