"""What is written about each call: before it, that it begins; after it, how it ended. Both in one short transaction."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from leadcrm.adapters.ports import OutgoingEmail
from leadcrm.conversations.delivery import statements
from leadcrm.conversations.delivery.claims import Claim
from leadcrm.conversations.delivery.leases import SEND_LEASE, lease_now
from leadcrm.conversations.delivery.rendering import Aside, Ready
from leadcrm.conversations.delivery.setting_aside import about, confirms_an_opt_out, explain, put_aside, refusal
from leadcrm.conversations.events import (
    MessageCanceled,
    MessageEvent,
    MessageFailed,
    MessageOutcomeUnknown,
    MessageSent,
)
from leadcrm.conversations.models import Message
from leadcrm.conversations.operations.bouncing import take_refusal
from leadcrm.conversations.operations.consent import shapes_of
from leadcrm.conversations.operations.skipping import hold_what_waits
from leadcrm.conversations.operations.threads import snippet_of, touch_conversations
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.events import call_to_record, owe, record
from leadcrm.core.prepared import Call, run_together
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead

TYPED_ORIGINS = ("manual", "follow_up")  # a person meant this lead


@dataclass(frozen=True)
class Outcome:
    """How a call ended: the message's next state, the attempt's verdict, and when to look again if it goes on."""

    status: str  # sent, failed, scheduled, skipped, expired, unknown
    verdict: str  # sent, refused, try_later, unknown
    reason: str = ""
    provider_message_id: str | None = None
    sandbox: bool = False
    due_at: datetime | None = None


@dataclass(frozen=True)
class Made:
    """A call that was made, its message's attempt number, and how it ended."""

    ready: Ready
    n: int
    outcome: Outcome

    @property
    def is_plain(self) -> bool:
        """Whether writing it down changes nothing that the next message's guards look at."""
        return self.outcome.status == "sent" and self.ready.claim.origin not in TYPED_ORIGINS


def hold_leads(ready: Ready | None, made: Made | None) -> None:
    """Keep the leads whom two calls are about to ourselves, as far as more than the messages' own rows is changed.

    Until the transaction's end no other message that keeps a gap begins to who is about to be written to, on whatever
    channel; what a call's end does to its lead comes after. Before anything else is locked: everybody takes leads
    first, then messages, then threads. SQLite has one writer at a time anyway.
    """
    lead_ids = {ready.claim.lead_id} if ready is not None and ready.gap else set()
    if made is not None and not made.is_plain:
        lead_ids.add(made.ready.claim.lead_id)
    if lead_ids:
        held = select(Lead.id).where(Lead.id.in_(lead_ids)).order_by(Lead.id).with_for_update(key_share=True)
        db.session.execute(held)


def begin(ready: Ready, skew: timedelta, after: Made | None = None) -> int | None:
    """Mark the message as on its way and open its attempt; returns the attempt's number.

    Every guard is looked at again here, under the lock. None when it may not leave: then it has been put aside with
    the reason, or someone else holds it by now. `after` is a plain call to write down in the same two round trips.
    """
    connection = db.session.connection()
    closing = _closing(after) if after is not None else []
    opening = _opening(ready, skew)
    answers = run_together(connection, closing + opening)
    n = answers[-1] if opening else None
    consequences: list[Call] = []
    if n is not None:
        attempt = {**_names(ready), "the_n": n, "new_started_at": clock.now()}
        consequences.append((statements.open_attempt, attempt))
    if after is not None and answers[0] is not None:
        fact = MessageSent(**about(after.ready.claim))
        *_, event_id = run_together(connection, [*consequences, _shown(after.ready), call_to_record(fact)])
        owe([(event_id, fact)])
    else:
        run_together(connection, consequences)
    if opening and n is None:
        explain(ready)
    return n


def finish(made: Made) -> None:
    """Write down how the call ended, unless a person or the sweep's successor has decided since."""
    may_be_dead = made.outcome.verdict == "refused" and made.ready.claim.channel == "email"
    if may_be_dead:
        hold_what_waits(made.ready.claim.lead_id)
    if made.outcome.status == "scheduled":
        made = replace(made, outcome=_unless_withdrawn(made))
    connection = db.session.connection()
    closed, _ = run_together(connection, _closing(made))
    if closed is None:
        return
    if made.outcome.status == "sent":
        run_together(connection, [_shown(made.ready)])
    else:
        touch_conversations([made.ready.claim.id])
    _tell(made.ready.claim, made.outcome)
    if may_be_dead:
        take_refusal(made.ready.claim.id, made.outcome.reason)


def _opening(ready: Ready, skew: timedelta) -> list[Call]:
    """What marks the message as on its way; nothing when it has been put aside before that."""
    if ready.not_after is not None and clock.now() >= ready.not_after:
        put_aside(Aside(ready.claim, "held", "it waited too long for its turn", clock.now()))  # and is looked at anew
        return []
    _, newest_hash, *older_hashes = shapes_of(ready.address)
    if older_hashes and refusal(ready):  # the statement looks for one hash alone
        explain(ready)
        return []
    claim = ready.claim
    mail = ready.outgoing if isinstance(ready.outgoing, OutgoingEmail) else None
    moment = lease_now(skew)
    values = {
        **_names(ready),
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
    }
    if not ready.gap:
        return [(statements.begin, values)]
    return [(statements.begin_with_gap, {**values, "the_gaps_start": clock.now() - ready.gap})]


def _closing(made: Made) -> list[Call]:
    """What ends the message's journey, and its attempt's. The first returns nothing when somebody else has."""
    outcome, now = made.outcome, clock.now()
    message = {
        **_names(made.ready),
        "new_status": outcome.status,
        "new_reason": outcome.reason[:200],
        "new_due_at": outcome.due_at,
        "new_sent_at": now if outcome.status == "sent" else None,
        "new_position_at": outcome.due_at or now,
        "new_provider_message_id": outcome.provider_message_id,
        "new_sandbox": outcome.sandbox,
    }
    attempt = {
        "the_id": made.ready.claim.id,
        "the_n": made.n,
        "new_ended_at": now,
        "new_outcome": outcome.verdict,
        "new_detail": outcome.reason[:500],
    }
    return [(statements.finish, message), (statements.close_attempt, attempt)]


def _shown(ready: Ready) -> Call:
    """What makes a sent message its thread's newest."""
    shown = {"the_id": ready.conversation_id, "new_at": clock.now(), "new_snippet": snippet_of(ready.content)}
    return statements.show_in_thread, shown


def _unless_withdrawn(made: Made) -> Outcome:
    """Not tried again when a rule dropped it while it was on its way: an exit, a step that was switched off."""
    withdrawn = db.session.scalar(select(Message.withdrawn).where(Message.id == made.ready.claim.id).with_for_update())
    return Outcome("skipped", made.outcome.verdict, withdrawn) if withdrawn else made.outcome


def _tell(claim: Claim, outcome: Outcome) -> None:
    said = about(claim)
    fact: MessageEvent | None = None
    if outcome.status == "sent":
        fact = MessageSent(**said)
        if claim.origin in TYPED_ORIGINS and not confirms_an_opt_out(claim):
            leads.note_contact(claim.lead_id)
    elif outcome.status in ("failed", "expired"):
        fact = MessageFailed(**said, reason=outcome.reason)
    elif outcome.status == "unknown":
        fact = MessageOutcomeUnknown(**said, reason=outcome.reason)
    elif outcome.status == "skipped":
        fact = MessageCanceled(**said, reason=outcome.reason)
    if fact is not None:
        record(fact)


def _names(ready: Ready) -> dict[str, Any]:
    return {
        "the_id": ready.claim.id,
        "the_organization": tenancy.current_id(),
        "the_token": ready.claim.token,
    }
