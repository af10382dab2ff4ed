"""Reads of campaigns: what the worker has to do, and what the pages show."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import joinedload

from leadcrm.conversations.models import Message, Pace
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.flows.campaign_number_queries import DELIVERED, DELIVERED_STATUSES, NUMBERS, has_answered
from leadcrm.flows.fates import BUCKET_OF, CLICKED, INSIDE, REPLIED
from leadcrm.flows.models import Campaign, Enrolment

AT_WORK = ("enrolling", "running", "stopped")


@dataclass(frozen=True)
class Results:
    """What became of a campaign's messages and leads.

    `counts` by campaign_number_queries.NUMBERS; `reasons`: (skipped or failed, reason or "", messages).
    """

    counts: dict[str, int]
    reasons: tuple[tuple[str, str, int], ...]


def under_way() -> list[Row]:
    """(organization_id, id) of campaigns the worker has to look after, of every organization when all are in scope."""
    due = or_(Campaign.state.in_(AT_WORK), (Campaign.state == "scheduled") & (Campaign.starts_at <= clock.now()))
    statement = select(Campaign.organization_id, Campaign.id).where(Campaign.settled_at.is_(None), due)
    return list(db.session.execute(statement.order_by(Campaign.starts_at, Campaign.id)).all())


def campaign_that_says(flow_id: str) -> str:
    """The id of the campaign whose one message is this flow's, which it was made for."""
    return db.session.scalars(select(Campaign.id).where(Campaign.flow_id == flow_id)).one()


def inside(campaign_id: str) -> int:
    """How many leads are in the flow because of the campaign."""
    passages = select(func.count(Enrolment.id)).where(
        Enrolment.campaign_id == campaign_id, Enrolment.state == "running"
    )
    return db.session.scalar(passages) or 0


def results_of(campaign_id: str) -> Results:
    """Counts over all its messages and leads, by one index range each."""
    counts = dict.fromkeys(NUMBERS, 0)
    reasons: Counter[tuple[str, str]] = Counter()
    by_state = (
        select(Message.status, Message.reason, func.count(Message.id))
        .where(Message.campaign_id == campaign_id)
        .group_by(Message.status, Message.reason)
    )
    for status, reason, number in db.session.execute(by_state):
        bucket = BUCKET_OF[status]
        counts[bucket] += number
        counts[DELIVERED] += number if status in DELIVERED_STATUSES else 0
        if bucket in ("skipped", "failed"):
            reasons[bucket, reason] += number
    clicked = select(func.count(Message.lead_id.distinct())).where(
        Message.campaign_id == campaign_id, Message.clicked_at.is_not(None)
    )
    counts[CLICKED] = db.session.scalar(clicked) or 0
    counts[REPLIED] = _replied(campaign_id)
    counts[INSIDE] = inside(campaign_id)
    most_first = sorted(reasons.items(), key=lambda it: (-it[1], it[0]))
    return Results(counts, tuple((*what, number) for what, number in most_first))


def _replied(campaign_id: str) -> int:
    """How many leads answered it; also those who did when all had been said, and were no longer inside."""
    answered = select(func.count(Enrolment.lead_id.distinct())).where(has_answered(campaign_id))
    return db.session.scalar(answered) or 0


def paces_of(campaign_id: str) -> dict[str, int | None]:
    """At most so many messages an hour, by channel; None: no limit."""
    rows = select(Pace.channel, Pace.per_hour).where(Pace.campaign_id == campaign_id)
    return dict(db.session.execute(rows).all())


def campaign_page(cursor: str | None, limit: int = 25) -> Page:
    """Campaigns with their flows, the newest first. Raises BadCursor."""
    order = Order("newest", (Campaign.created_at, Campaign.id))
    return keyset_page(select(Campaign).options(joinedload(Campaign.flow)), order, cursor, limit)
