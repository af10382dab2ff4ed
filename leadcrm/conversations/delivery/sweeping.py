"""What became of messages whose holder died: given back when nothing was sent, unknown when something may have been."""

from collections import defaultdict
from datetime import timedelta

from sqlalchemy import or_, select, update

from leadcrm.conversations.delivery.leases import LONGEST_LEASE, clock_skew, lease_now
from leadcrm.conversations.events import MessageOutcomeUnknown
from leadcrm.conversations.models import Attempt, Message
from leadcrm.conversations.operations.threads import touch_conversations
from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.db import after_commit, db, perform
from leadcrm.core.events import record

BATCH = 200
REASON = "sending broke off before we heard whether it was accepted"


def sweep() -> int:
    """End the leases that are over. Returns how many messages moved."""
    with tenancy.everyone():
        skew = clock_skew()
        rows = db.session.execute(select(Message.organization_id, Message.id).where(_is_over(skew)).limit(BATCH)).all()
        db.session.rollback()
        by_organization = defaultdict(list)
        for organization_id, message_id in rows:
            by_organization[organization_id].append(message_id)
    moved = 0
    for organization_id, message_ids in by_organization.items():
        with tenancy.organization(organization_id):
            moved += perform(_end_leases, message_ids, skew)
    return moved


def _is_over(skew: timedelta):
    """A lease further away than the longest one was written by a clock that has since been set back."""
    now = lease_now(skew)
    return or_(Message.lease_until <= now, Message.lease_until > now + LONGEST_LEASE)


def _end_leases(message_ids: list[str], skew: timedelta) -> int:
    return _give_back(message_ids, skew) + _call_unknown(message_ids, skew)


def _give_back(message_ids: list[str], skew: timedelta) -> int:
    """Nothing had left: they are due again."""
    statement = (
        update(Message)
        .where(Message.id.in_(message_ids), Message.status == "claimed", _is_over(skew))
        .values(status="scheduled", due_at=clock.now(), claim_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    count = db.session.execute(statement).rowcount
    if count:
        after_commit(jobs.ring_now)
    return count


def _call_unknown(message_ids: list[str], skew: timedelta) -> int:
    """They may have left. The token stays, so that a holder who is only slow can still say how it ended."""
    statement = (
        update(Message)
        .where(Message.id.in_(message_ids), Message.status == "sending", _is_over(skew))
        .values(status="unknown", reason=REASON, lease_until=None)
        .returning(Message.id, Message.lead_id, Message.channel, Message.origin)
        .execution_options(synchronize_session=False)
    )
    rows = db.session.execute(statement).all()
    if not rows:
        return 0
    swept = [row.id for row in rows]
    db.session.execute(
        update(Attempt)
        .where(Attempt.message_id.in_(swept), Attempt.ended_at.is_(None))
        .values(ended_at=clock.now(), outcome="unknown", detail=REASON)
        .execution_options(synchronize_session=False)
    )
    touch_conversations(swept)
    for row in rows:
        record(
            MessageOutcomeUnknown(
                lead_id=row.lead_id, message_id=row.id, channel=row.channel, origin=row.origin, reason=REASON
            )
        )
    return len(rows)
