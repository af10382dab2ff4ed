"""The statements that run for every single message. Core ones on the tables; each names its organization itself."""

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, insert, or_, select, update

from leadcrm.conversations.delivery.paces import halted
from leadcrm.conversations.delivery.retiming import is_being_moved
from leadcrm.conversations.delivery.rewording import is_behind
from leadcrm.conversations.models import (
    AUTOMATIC,
    INSIDE,
    Attempt,
    Conversation,
    Message,
    SendingPause,
    Suppression,
    WithheldStep,
)
from leadcrm.conversations.operations.consent import ASKED_FOR, CONFIRMS, EVERY_CHANNEL
from leadcrm.core.models import Debt
from leadcrm.core.prepared import Prepared
from leadcrm.leads.models import Lead

MESSAGES, ATTEMPTS, CONVERSATIONS = Message.__table__, Attempt.__table__, Conversation.__table__
SUPPRESSIONS, LEADS, DEBTS = Suppression.__table__, Lead.__table__, Debt.__table__
PAUSES, WITHHELD = SendingPause.__table__, WithheldStep.__table__

# the one answer to an opt-out may leave although it is obeyed, but not where mail comes back or is complained about
is_confirmation = MESSAGES.c.intent_key.startswith(CONFIRMS)
suppressed = exists().where(
    or_(~is_confirmation, and_(*(SUPPRESSIONS.c.reason != reason for reason in ASKED_FOR))),
    SUPPRESSIONS.c.organization_id == bindparam("the_organization"),
    SUPPRESSIONS.c.channel.in_([MESSAGES.c.channel, EVERY_CHANNEL]),
    SUPPRESSIONS.c.address.in_([bindparam("the_address"), bindparam("its_hash")]),
)
# a reply, an opt-out, a new status that the flows have not heard of yet: what they would skip must not slip out
flow_is_deaf = and_(MESSAGES.c.origin == "flow", exists().where(DEBTS.c.holds_lead_id == MESSAGES.c.lead_id))
archived = exists().where(LEADS.c.id == MESSAGES.c.lead_id, LEADS.c.archived_at.is_not(None))
paused = exists().where(
    PAUSES.c.organization_id == MESSAGES.c.organization_id,
    PAUSES.c.channel == MESSAGES.c.channel,
    PAUSES.c.released_at.is_(None),
)
why_withheld = select(WITHHELD.c.reason).where(WITHHELD.c.step_id == MESSAGES.c.step_id)


def sent_too_recently(since: Any) -> ColumnElement[bool]:
    """Criterion on a message: a machine is sending its lead another one, or has since then; unknown ones may have left.

    True only for who holds the lead's row (`books.hold_leads`): of two that begin at once neither sees the other.
    """
    other = MESSAGES.alias("other")
    tried = exists().where(ATTEMPTS.c.message_id == other.c.id, ATTEMPTS.c.started_at > since)
    return exists().where(
        other.c.lead_id == MESSAGES.c.lead_id,
        other.c.id != MESSAGES.c.id,
        or_(*(other.c.origin == origin for origin in AUTOMATIC)),
        *(other.c.channel != channel for channel in INSIDE),  # a task keeps no gap
        or_(other.c.status == "sending", other.c.sent_at > since, and_(other.c.status == "unknown", tried)),
    )


_mine = (
    MESSAGES.c.id == bindparam("the_id"),
    MESSAGES.c.organization_id == bindparam("the_organization"),
    MESSAGES.c.claim_token == bindparam("the_token"),
)
_begin = (
    update(MESSAGES)
    .where(*_mine, MESSAGES.c.status == "claimed", MESSAGES.c.lease_until > bindparam("the_moment"))
    .where(MESSAGES.c.subject == bindparam("read_subject"), MESSAGES.c.content == bindparam("read_content"))
    .where(~suppressed, ~archived, ~why_withheld.exists(), ~flow_is_deaf, ~paused, ~is_behind(), ~is_being_moved())
    .where(~halted.exists())
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
begin = Prepared(_begin)
begin_with_gap = Prepared(_begin.where(~sent_too_recently(bindparam("the_gaps_start"))))
finish = Prepared(
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
open_attempt = Prepared(
    insert(ATTEMPTS).values(
        message_id=bindparam("the_id"),
        n=bindparam("the_n"),
        organization_id=bindparam("the_organization"),
        started_at=bindparam("new_started_at"),
        detail="",
    )
)
close_attempt = Prepared(
    update(ATTEMPTS)
    .where(ATTEMPTS.c.message_id == bindparam("the_id"), ATTEMPTS.c.n == bindparam("the_n"))
    .values(ended_at=bindparam("new_ended_at"), outcome=bindparam("new_outcome"), detail=bindparam("new_detail"))
)
show_in_thread = Prepared(
    update(CONVERSATIONS)
    .where(CONVERSATIONS.c.id == bindparam("the_id"))
    .values(
        last_message_at=bindparam("new_at"),
        last_direction="outbound",
        snippet=bindparam("new_snippet"),
        revision=CONVERSATIONS.c.revision + 1,
    )
)
