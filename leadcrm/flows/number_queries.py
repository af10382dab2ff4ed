"""How many messages of a step wait, were sent, skipped and so on; and the leads behind each number."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, union_all

from leadcrm.conversations.models import Message
from leadcrm.core.db import db
from leadcrm.core.paging import Keyset, MergedKeyset, Order, Page
from leadcrm.flows.fates import BUCKET_OF, BUCKETS, CLICKED, REPLIED, Fate, of_message
from leadcrm.flows.models import Enrolment
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
    Message.lead_id, Message.enrolment_id, Message.status, Message.reason, Message.scheduled_for, Message.due_at,
    Message.sent_at,
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
    """A lead that a number counts: what became of their message, and the passage it belongs to."""

    lead: Lead
    passage: Enrolment
    fate: Fate


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


def reasons(step_id: str, bucket: str) -> list[Row]:
    """(reason, leads) of one step's messages in this bucket, the most frequent first."""
    leads = func.count(Message.id)
    statement = select(Message.reason, leads.label("leads")).where(
        Message.step_id == step_id, Message.status.in_(BUCKETS[bucket]), Message.reason != ""
    )
    ordered = statement.group_by(Message.reason).order_by(leads.desc(), Message.reason)
    return list(db.session.execute(ordered.limit(MOST_REASONS)).all())


def leads_behind(user: User, step_id: str, number: str, *, reason: str = "", cursor: str | None = None) -> Page:
    """A page of the leads (LeadBehind) that this person may see, of one of NUMBERS, perhaps for one reason alone.

    By reason; those that wait the soonest first, others the newest first. Raises BadCursor.
    """
    if number == REPLIED:
        page = _replied(user, step_id).page(cursor)
        found = [(row.id, row.lead_id, Fate(REPLIED, row.ended_at, row.exit_reason)) for row in page.items]
    elif number == CLICKED:
        page = _clicked(user, step_id).page(cursor)
        found = [(row.enrolment_id, row.lead_id, Fate(CLICKED, row.clicked_at)) for row in page.items]
    else:
        parts = [_of_status(user, step_id, status, reason) for status in BUCKETS[number]]
        page = MergedKeyset(parts, _SOONEST if number == "waiting" else _NEWEST, PAGE).page(cursor)
        found = [(row.enrolment_id, row.lead_id, of_message(row)) for row in page.items]
    return Page(_with_people(found), page.next, page.previous)


def _of_status(user: User, step_id: str, status: str, reason: str) -> Select:
    statement = select(*_MESSAGE).where(Message.step_id == step_id, Message.status == status)
    if reason:
        statement = statement.where(Message.reason == reason)
    return statement.where(*_visible(user, Message.lead_id))


def _replied(user: User, step_id: str) -> Keyset:
    answers = select(Enrolment).where(Enrolment.replied_step_id == step_id, *_visible(user, Enrolment.lead_id))
    return Keyset(answers, _LATEST_PASSAGE, PAGE)


def _clicked(user: User, step_id: str) -> Keyset:
    clicked = select(Message).where(Message.step_id == step_id, Message.clicked_at.is_not(None))
    return Keyset(clicked.where(*_visible(user, Message.lead_id)), _LATEST_MESSAGE, PAGE)


def _visible(user: User, lead_id: ColumnElement[str]) -> list[ColumnElement[bool]]:
    if sees_all_leads(user):
        return []
    return [select(Lead.id).where(Lead.id == lead_id, visible_leads_filter(user, Lead.owner_id)).exists()]


def _with_people(found: Sequence[tuple[str, str, Fate]]) -> list[LeadBehind]:
    """From (enrolment id, lead id, fate)."""
    passages = select(Enrolment).where(Enrolment.id.in_({enrolment_id for enrolment_id, _, _ in found}))
    leads = select(Lead).where(Lead.id.in_({lead_id for _, lead_id, _ in found}))
    inside = {passage.id: passage for passage in db.session.scalars(passages)}
    people = {lead.id: lead for lead in db.session.scalars(leads)}
    return [LeadBehind(people[lead_id], inside[enrolment_id], fate) for enrolment_id, lead_id, fate in found]
