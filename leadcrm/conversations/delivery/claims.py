"""Taking due messages, a batch at a time, and giving them back."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, exists, select, update

from leadcrm.conversations.delivery.leases import CLAIM_LEASE, lease_now
from leadcrm.conversations.models import CHANNELS, Message
from leadcrm.conversations.operations.threads import open_conversations
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.values import new_id
from leadcrm.identity.models import Organization

BATCH = 20
HOLD_BATCH = 500  # rows put aside in one transaction: more would make web requests on SQLite wait


@dataclass(frozen=True)
class Claim:
    """A message that is ours to send until the lease ends, as it was when we took it."""

    id: str
    lead_id: str
    channel: str
    origin: str
    subject: str
    content: str
    rendered: bool
    at_any_hour: bool
    scheduled_for: datetime
    tries: int
    useful_until: datetime | None
    external_id: str | None
    author_id: str | None
    token: str


COLUMNS = (
    Message.id,
    Message.lead_id,
    Message.channel,
    Message.origin,
    Message.subject,
    Message.content,
    Message.rendered,
    Message.at_any_hour,
    Message.scheduled_for,
    Message.tries,
    Message.useful_until,
    Message.external_id,
    Message.author_id,
)


def queues_due() -> Iterator[tuple[str, str]]:
    """Organizations and channels with something due now. One index look-up each, however much waits."""
    for channel in CHANNELS:
        waiting = exists().where(
            Message.organization_id == Organization.id, Message.channel == channel, Message.due_at <= clock.now()
        )
        organizations = db.session.scalars(select(Organization.id).where(waiting).order_by(Organization.id)).all()
        db.session.rollback()
        yield from ((organization_id, channel) for organization_id in organizations)


def claim(channel: str, limit: int, skew: timedelta) -> list[Claim]:
    """Take up to `limit` due messages of the organization, those that waited longest first; their threads appear."""
    token = new_id()
    taken = (
        update(Message)
        .where(_is_among_due(channel, limit), Message.due_at.is_not(None))
        .values(status="claimed", claim_token=token, lease_until=lease_now(skew) + CLAIM_LEASE, due_at=None, reason="")
        .returning(*COLUMNS)
        .execution_options(synchronize_session=False)
    )
    claims = sorted((Claim(*row, token) for row in db.session.execute(taken)), key=lambda claim: claim.id)
    if claims:
        open_conversations([claim.id for claim in claims])
    return claims


def hold_due(channel: str, until: datetime, reason: str) -> int:
    """Let what is due wait until a moment, for a reason people can read. Returns how many, at most HOLD_BATCH."""
    statement = (
        update(Message)
        .where(_is_among_due(channel, HOLD_BATCH), Message.due_at.is_not(None))
        .values(status="held", due_at=until, reason=reason)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(statement).rowcount


def release(claims: Collection[Claim], *, broke_off: bool) -> None:
    """Give claims back that we will not get to.

    They keep their place, before all that was due after them. After something broke off they go behind: one of them
    may be why, and must not keep the others from leaving for ever.
    """
    if not claims:
        return
    tokens = {claim.token for claim in claims}
    statement = (
        update(Message)
        .where(
            Message.id.in_([claim.id for claim in claims]),
            Message.status == "claimed",
            Message.claim_token.in_(tokens),
        )
        .values(
            status="scheduled",
            due_at=clock.now() if broke_off else _place_in_line(),
            claim_token=None,
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)


def _place_in_line() -> ColumnElement[datetime]:
    """The time of a message that was due already, however often it was tried since."""
    return case((Message.scheduled_for < clock.now(), Message.scheduled_for), else_=clock.now())


def _is_among_due(channel: str, limit: int):
    """In the `limit` rows that waited longest. A CTE: PostgreSQL may run a locking subquery of IN more than once."""
    due = (
        select(Message.id)
        .where(
            Message.organization_id == tenancy.current_id(), Message.channel == channel, Message.due_at <= clock.now()
        )
        .order_by(Message.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return Message.id.in_(select(due.c.id))
