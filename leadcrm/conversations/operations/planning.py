"""Planning messages: the same intent is written once, for ever, whoever comes second."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Required, TypedDict, Unpack

from leadcrm.conversations import merge
from leadcrm.conversations.events import MessageScheduled
from leadcrm.conversations.models import CHANNELS, WHEN_LATE, Message
from leadcrm.conversations.operations.consent import why_suppressed
from leadcrm.conversations.operations.threads import open_conversations, refresh_conversation
from leadcrm.conversations.optout import refusal
from leadcrm.conversations.wording import ADDRESS_WORDS
from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.bulk import Row, fill
from leadcrm.core.db import after_commit, db, get_or_404
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.core.upserts import upsert
from leadcrm.core.values import new_id
from leadcrm.leads import queries as leads
from leadcrm.leads.models import Lead

STALE_AFTER = timedelta(hours=72)  # what a machine says is useless three days late; what a person says never is
MACHINE_ORIGINS = ("flow", "automation", "follow_up")
ADDRESS_FIELDS = {"email": "email", "sms": "phone", "whatsapp": "phone"}
OPTIONAL = ("author_id", "enrolment_id", "step_id", "automation_id", "campaign_id", "invitation")
BULK = 1000


class Plan(TypedDict, total=False):
    """What is to be said to whom, why, and when. Of the optional parts, None is the same as left out."""

    lead_id: Required[str]
    channel: Required[str]
    content: Required[str]
    origin: Required[str]
    intent_key: Required[str]
    subject: str
    scheduled_for: datetime | None
    useful_until: datetime | None
    author_id: str | None
    enrolment_id: str | None
    step_id: str | None
    automation_id: str | None
    campaign_id: str | None
    when_late: str  # a step's choice, see sending_policy
    invitation: str | None  # an iCalendar object that goes with a mail


def plan_message(**plan: Unpack[Plan]) -> Message | None:
    """Write down one message; `content` and `subject` may hold merge fields, filled when it is sent.

    Without `scheduled_for`, or with one that is past, it is due at once and its thread appears. Returns None when this
    intent was planned before. Raises DomainError when the lead is archived, has no address on the channel, or must
    not be written to there; NotFound for another organization's lead.
    """
    lead, channel = get_or_404(Lead, plan["lead_id"]), plan["channel"]
    row = _row(plan) | {"address": address_to_write_to(lead, channel)}
    if not _insert_unless_known([row]):
        return None
    if row["due_at"] <= clock.now():
        open_conversations([row["id"]])
        refresh_conversation(lead.id, channel, "outbound", plan["content"], row["due_at"])
        after_commit(jobs.ring_now)
    record(MessageScheduled(lead_id=lead.id, message_id=row["id"], channel=channel, origin=plan["origin"]))
    return get_or_404(Message, row["id"])


def plan_messages(plans: Sequence[Plan]) -> int:
    """Write down many messages. Returns how many were new.

    Made for flows: thousands of rows in a few statements, no event per row, and no look at addresses or opt-outs,
    which the delivery checks anyway. Threads appear for those that are due.
    """
    added = 0
    for start in range(0, len(plans), BULK):
        new = _insert_unless_known([_row(plan) for plan in plans[start : start + BULK]])
        due = [row for row in new if row.due_at <= clock.now()]
        if due:
            open_conversations([row.id for row in due if row.channel in CHANNELS])
            after_commit(jobs.ring_now)
        added += len(new)
    return added


def common_part(**plan: Unpack[Plan]) -> Row:
    """What messages to many leads have in common: a row for `write_down`, which takes the rest from each."""
    return _row(plan)


def write_down(rows: Sequence[Row]) -> None:
    """Add messages whose intents nobody can have had, keys of new enrolments, as fast as the database takes them.

    All rows have the same columns. Threads appear when the delivery takes what is due. Raises IntegrityError for an
    intent that is known.
    """
    fill(Message.__table__, rows)
    if any(row["due_at"] is not None and row["due_at"] <= clock.now() for row in rows):
        after_commit(jobs.ring_now)


def missing_fields(lead: Lead, subject: str, content: str) -> list[str]:
    """Merge fields without a fallback that this lead cannot fill, in reading order, each once."""
    values = {**leads.merge_values([lead.id])[lead.id], "unsubscribe_url": "given to every recipient"}
    try:
        merge.render(f"{subject}\n{content}", values)
    except merge.Hole as hole:
        return hole.names
    return []


def address_to_write_to(lead: Lead, channel: str) -> str:
    """Where the lead is reached on a channel. Raises DomainError when they cannot or must not be."""
    if lead.archived_at is not None:
        raise DomainError(f"{lead.name} is archived. Restore the lead to write to them.")
    address = leads.address_of([lead.id], channel).get(lead.id)
    if address is None:
        raise DomainError(f"{lead.name} has no {ADDRESS_WORDS[channel]}. Add one first.", ADDRESS_FIELDS[channel])
    if (reason := why_suppressed(channel, address)) is not None:
        raise DomainError(refusal(reason, lead.name, address), ADDRESS_FIELDS[channel])
    return address


def _row(plan: Plan) -> dict[str, Any]:
    now = clock.now()
    when = max(plan.get("scheduled_for") or now, now)
    useful_until = plan.get("useful_until")
    if useful_until is None and plan["origin"] in MACHINE_ORIGINS:
        useful_until = when + STALE_AFTER
    return {
        "id": new_id(),
        "organization_id": tenancy.current_id(),
        "created_at": now,
        "lead_id": plan["lead_id"],
        "channel": plan["channel"],
        "direction": "outbound",
        "origin": plan["origin"],
        "status": "scheduled",
        "subject": plan.get("subject", ""),
        "content": plan["content"],
        "scheduled_for": when,
        "due_at": when,
        "position_at": when,
        "useful_until": useful_until,
        "when_late": plan.get("when_late", WHEN_LATE[0]),
        "intent_key": plan["intent_key"],
        **{name: plan.get(name) for name in OPTIONAL},
    }


def _insert_unless_known(rows: list[dict[str, Any]]) -> list[Any]:
    """Insert the rows whose intent is new; returns (id, channel, due_at) of those."""
    statement = upsert(Message).on_conflict_do_nothing().returning(Message.id, Message.channel, Message.due_at)
    return list(db.session.execute(statement, rows).all())
