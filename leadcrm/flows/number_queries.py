"""How many messages of a step wait, were sent, skipped and so on; and the leads behind each number."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, literal, select, union_all

from leadcrm.conversations.models import Message
from leadcrm.core.db import db
from leadcrm.core.paging import Keyset, MergedKeyset, Order, Page
from leadcrm.flows.fates import BUCKET_OF, BUCKETS, CLICKED, REPLIED, Fate, of_message
from leadcrm.flows.models import Enrolment, FlowStep
from leadcrm.identity.models import User
from leadcrm.identity.permissions import sees_all_leads, visible_leads_filter
from leadcrm.leads.models import Lead

NUMBERS = (*BUCKETS, REPLIED, CLICKED)
MOST_REASONS = 12
PAGE = 50

_SOONEST = Order("soonest", (Message.reason, Message.scheduled_for, Message.id), descending=False)
_NEWEST = Order("newest", (Message.reason, Message.scheduled_for, Message.id))
_LATEST_MESSAGE = Order("messages", (Message.id,))
_LATEST_PASSAGE = Order("passages", (Enrolment.id,))
_MESSAGE = (
    Message.lead_id, Message.enrolment_id, Message.step_id, Message.status, Message.reason, Message.scheduled_for,
    Message.due_at, Message.sent_at,
)  # fmt: skip


@dataclass
class StepCounts:
    """Messages of one step by what became of them; how many leads replied when it was the last they had, or clicked."""

    waiting: int = 0
    sent: int = 0
    skipped: int = 0
    failed: int = 0
    unknown: int = 0
    replied: int = 0
    clicked: int = 0


@dataclass(frozen=True)
class LeadBehind:
    """A lead that a number counts: what became of their message, the passage it belongs to, and by which step."""

    lead: Lead
    passage: Enrolment
    fate: Fate
    step: FlowStep | None


def step_counts(step_ids: Collection[str]) -> dict[str, StepCounts]:
    """Counts of the steps that have any, in one query."""
    messages = (  # rows, not ids: those would be fetched from the table, each by itself
        select(Message.step_id.label("step_id"), Message.status.label("what"), func.count().label("leads"))
        .where(Message.step_id.in_(step_ids))
        .group_by(Message.step_id, Message.status)
    )
    replies = (
        select(Enrolment.replied_step_id, literal(REPLIED), func.count(Enrolment.id))
        .where(Enrolment.replied_step_id.in_(step_ids))
        .group_by(Enrolment.replied_step_id)
    )
    clicks = (
        select(Message.step_id, literal(CLICKED), func.count(Message.id))
        .where(Message.step_id.in_(step_ids), Message.clicked_at.is_not(None))
        .group_by(Message.step_id)
    )
    counts: dict[str, StepCounts] = defaultdict(StepCounts)
    for step_id, what, leads in db.session.execute(select(union_all(messages, replies, clicks).subquery())):
        bucket = BUCKET_OF.get(what, what)
        setattr(counts[step_id], bucket, getattr(counts[step_id], bucket) + leads)
    return counts


def reasons(bucket: str, of: ColumnElement[bool]) -> list[Row]:
    """(reason, leads) of messages in this bucket that meet the criterion `of`, the most frequent first."""
    leads = func.count(Message.id)
    statement = select(Message.reason, leads.label("leads")).where(
        of, Message.status.in_(BUCKETS[bucket]), Message.reason != ""
    )
    ordered = statement.group_by(Message.reason).order_by(leads.desc(), Message.reason)
    return list(db.session.execute(ordered.limit(MOST_REASONS)).all())


def leads_behind(user: User, step_id: str, number: str, *, reason: str = "", cursor: str | None = None) -> Page:
    """A page of the leads (LeadBehind) that this person may see, of one of NUMBERS, perhaps for one reason alone.

    By reason; those that wait the soonest first, others the newest first. Raises BadCursor.
    """
    if number == REPLIED:
        return who_replied(user, Enrolment.replied_step_id == step_id, cursor)
    if number == CLICKED:
        return who_clicked(user, Message.step_id == step_id, cursor)
    is_soonest_first = number == "waiting"
    return messages_behind(
        user, Message.step_id == step_id, BUCKETS[number], reason, cursor, is_soonest_first=is_soonest_first
    )


def messages_behind(
    user: User,
    of: ColumnElement[bool],
    statuses: Collection[str],
    reason: str,
    cursor: str | None,
    *,
    is_soonest_first: bool,
) -> Page:
    """The leads of messages in these states that meet the criterion `of`, by reason. Raises BadCursor."""
    why = [Message.reason == reason] if reason else []
    visible = visible_to(user, Message.lead_id)
    parts = [select(*_MESSAGE).where(of, Message.status == status, *why, *visible) for status in statuses]
    page = MergedKeyset(parts, _SOONEST if is_soonest_first else _NEWEST, PAGE).page(cursor)
    return with_people(page, [(row.enrolment_id, row.lead_id, of_message(row), row.step_id) for row in page.items])


def who_replied(user: User, of: ColumnElement[bool], cursor: str | None) -> Page:
    """The leads who answered in passages that meet the criterion `of`, the newest passage first. Raises BadCursor."""
    answers = select(Enrolment).where(of, *visible_to(user, Enrolment.lead_id))
    page = Keyset(answers, _LATEST_PASSAGE, PAGE).page(cursor)
    found = [
        (row.id, row.lead_id, Fate(REPLIED, row.ended_at, row.exit_reason), row.replied_step_id) for row in page.items
    ]
    return with_people(page, found)


def who_clicked(user: User, of: ColumnElement[bool], cursor: str | None) -> Page:
    """The leads who followed a link of messages that meet the criterion `of`, newest first. Raises BadCursor."""
    clicked = select(Message).where(of, Message.clicked_at.is_not(None), *visible_to(user, Message.lead_id))
    page = Keyset(clicked, _LATEST_MESSAGE, PAGE).page(cursor)
    found = [(row.enrolment_id, row.lead_id, Fate(CLICKED, row.clicked_at), row.step_id) for row in page.items]
    return with_people(page, found)


def visible_to(user: User, lead_id: ColumnElement[str]) -> list[ColumnElement[bool]]:
    """Criteria on rows of leads: those whom the person may see."""
    if sees_all_leads(user):
        return []
    return [select(Lead.id).where(Lead.id == lead_id, visible_leads_filter(user, Lead.owner_id)).exists()]


def with_people(page: Page, found: Sequence[tuple[str, str, Fate, str | None]]) -> Page:
    """The same page with a LeadBehind for each (enrolment id, lead id, fate, step id)."""
    inside, people = _by_id(Enrolment, [it[0] for it in found]), _by_id(Lead, [it[1] for it in found])
    steps = _by_id(FlowStep, [it[3] for it in found])
    items = [
        LeadBehind(people[lead_id], inside[enrolment_id], fate, steps.get(step_id))
        for enrolment_id, lead_id, fate, step_id in found
    ]
    return Page(items, page.next, page.previous)


def _by_id(model: type, ids: Sequence[str | None]) -> dict[str | None, Any]:
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(set(ids) - {None})))}
