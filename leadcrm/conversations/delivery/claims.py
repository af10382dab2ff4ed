"""Taking due messages, a batch at a time, and giving them back."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, exists, select, update

from leadcrm.conversations.delivery.leases import CLAIM_LEASE, lease_now
from leadcrm.conversations.delivery.paces import in_pace
from leadcrm.conversations.models import CHANNELS, Message
from leadcrm.conversations.operations.threads import open_conversations
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, end_reading
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
    when_late: str
    scheduled_for: datetime
    tries: int
    useful_until: datetime | None
    external_id: str | None
    author_id: str | None
    campaign_id: str | None
    step_id: str | None
    invitation: str | None
    token: str


MESSAGES = Message.__table__
_COLUMNS = (
    MESSAGES.c.id,
    MESSAGES.c.lead_id,
    MESSAGES.c.channel,
    MESSAGES.c.origin,
    MESSAGES.c.subject,
    MESSAGES.c.content,
    MESSAGES.c.rendered,
    MESSAGES.c.at_any_hour,
    MESSAGES.c.when_late,
    MESSAGES.c.scheduled_for,
    MESSAGES.c.tries,
    MESSAGES.c.useful_until,
    MESSAGES.c.external_id,
    MESSAGES.c.author_id,
    MESSAGES.c.campaign_id,
    MESSAGES.c.step_id,
    MESSAGES.c.invitation,
)
# a CTE: PostgreSQL may run a locking subquery of IN more than once
_due = (
    select(MESSAGES.c.id)
    .where(
        MESSAGES.c.organization_id == bindparam("the_organization"),
        MESSAGES.c.channel == bindparam("the_channel"),
        MESSAGES.c.due_at <= bindparam("the_moment"),
    )
    .order_by(MESSAGES.c.due_at)
    .limit(bindparam("the_limit"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_is_among_due = MESSAGES.c.id.in_(select(_due.c.id))  # the rows that waited longest
_claim = (
    update(MESSAGES)
    .where(_is_among_due, MESSAGES.c.due_at.is_not(None))
    .values(
        status="claimed", claim_token=bindparam("new_token"), lease_until=bindparam("new_lease"), due_at=None, reason=""
    )
    .returning(*_COLUMNS)
)


def queues_due() -> Iterator[tuple[str, str]]:
    """Organizations and channels with something due now. One index look-up each, however much waits."""
    for channel in CHANNELS:
        waiting = exists().where(
            Message.organization_id == Organization.id, Message.channel == channel, Message.due_at <= clock.now()
        )
        organizations = db.session.scalars(select(Organization.id).where(waiting).order_by(Organization.id)).all()
        end_reading()
        yield from ((organization_id, channel) for organization_id in organizations)


@dataclass(frozen=True)
class Taken:
    """What was claimed, and how many messages that were due have to wait for their campaign's pace."""

    claims: list[Claim]
    held: int


def claim(channel: str, limit: int, skew: timedelta) -> Taken:
    """Take up to `limit` due messages of the organization, those that waited longest first; their threads appear."""
    token = new_id()
    taken = db.session.connection().execute(
        _claim,
        {
            "the_organization": tenancy.current_id(),
            "the_channel": channel,
            "the_moment": clock.now(),
            "the_limit": limit,
            "new_token": token,
            "new_lease": lease_now(skew) + CLAIM_LEASE,
        },
    )
    due = sorted((Claim(*row, token) for row in taken), key=lambda claim: claim.id)
    claims = in_pace(channel, due)
    if claims:
        open_conversations([claim.id for claim in claims])
    return Taken(claims, len(due) - len(claims))


def hold_due(channel: str, until: datetime, reason: str, *which: ColumnElement[bool], **also: Any) -> int:
    """Let what is due wait until a moment, for a reason people can read. Returns how many, at most HOLD_BATCH.

    Of those that waited longest only the ones that meet the criteria `which`. `also` are further values of their rows.
    """
    statement = (
        update(MESSAGES)
        .where(_is_among_due, MESSAGES.c.due_at.is_not(None), *which)
        .values(status="held", due_at=until, reason=reason, **also)
    )
    due = {
        "the_organization": tenancy.current_id(),
        "the_channel": channel,
        "the_moment": clock.now(),
        "the_limit": HOLD_BATCH,
    }
    return db.session.connection().execute(statement, due).rowcount


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
