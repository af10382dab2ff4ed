"""Leads entering flows."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import plan_messages
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.core.zones import zone
from leadcrm.flows import queries
from leadcrm.flows.events import LeadEnrolled
from leadcrm.flows.models import Enrolment, Flow
from leadcrm.flows.operations.leaving import one_at_a_time
from leadcrm.flows.planning import PlannedMessage, own_key, plan
from leadcrm.flows.reach_queries import reach_of
from leadcrm.flows.reasons import ALREADY_GREETED
from leadcrm.leads.models import Lead

HEAD_START = timedelta(seconds=10)  # in which a person can take back that a lead entered


def enrol(lead: Lead, flow: Flow, number: int = 1, *, head_start: timedelta = timedelta()) -> Enrolment | None:
    """Let the lead enter the flow: every step that is on is planned to the lead's own clock, at once.

    `number` counts the lead's passages; a second one is a person's decision. Returns None when this passage
    exists already. A step the lead cannot receive gets a skipped message that says why. Nothing leaves before the
    `head_start` is over, which is when a person may still take it back. Raises DomainError for a campaign's own flow.
    """
    refuse_campaigns_own(flow)
    one_at_a_time([lead.id])
    key = (Enrolment.flow_id == flow.id, Enrolment.lead_id == lead.id, Enrolment.number == number)
    if db.session.scalar(select(Enrolment.id).where(*key)) is not None:
        return None
    now = clock.now()
    enrolment = Enrolment(
        flow_id=flow.id, lead_id=lead.id, number=number, started_at=now, timezone=lead.timezone, last_message_at=now
    )
    db.session.add(enrolment)
    db.session.flush()
    steps = [step for step in queries.steps_of(flow.id) if step.enabled]
    reach = reach_of([lead.id], steps)[lead.id]
    planned = plan(steps, enrolment, reach.addresses, zone(lead.timezone), now + head_start, reach.barred)
    sendable = [message for message in planned if not message.skip_reason]
    count = plan_messages([_row(message, enrolment) for message in sendable])
    _explain([message for message in planned if message.skip_reason], enrolment)
    if count < len(sendable):
        _explain_missing(sendable, enrolment)
    enrolment.last_message_at = max([message.at for message in sendable], default=now)
    record(LeadEnrolled(lead_id=lead.id, flow_id=flow.id, enrolment_id=enrolment.id, messages=count))
    return enrolment


def enrol_by_hand(lead: Lead, flow: Flow, *, again: bool = False) -> Enrolment:
    """A person lets the lead in; `again` although they were inside before, which only a person may decide.

    Nothing leaves before HEAD_START is over. Raises DomainError when the flow is off, when the lead is archived or
    inside, and without `again` when they were inside before.
    """
    flow = flow_that_is_on(flow)
    one_at_a_time([lead.id])
    theirs = select(Enrolment).where(Enrolment.flow_id == flow.id, Enrolment.lead_id == lead.id)
    last = db.session.scalars(theirs.order_by(Enrolment.number.desc()).limit(1)).one_or_none()
    if db.session.scalar(select(Lead.archived_at).where(Lead.id == lead.id)) is not None:
        raise DomainError(f"{lead.name} is archived. Restore the lead first.")
    if last is not None and last.state == "running":
        raise DomainError(f"{lead.name} is in “{flow.name}” already.", "flow_id")
    if last is not None and not again:
        raise DomainError(f"{lead.name} was in “{flow.name}” before. Tick that it is sent to them again.", "again")
    passage = enrol(lead, flow, last.number + 1 if last is not None else 1, head_start=HEAD_START)
    if passage is None:
        raise DomainError(f"{lead.name} is in “{flow.name}” already.", "flow_id")
    return passage


def flow_that_is_on(flow: Flow) -> Flow:
    """The flow, which stays as it is until the transaction's end. Raises DomainError: it is off, or a campaign's."""
    fresh = db.session.scalars(select(Flow).where(Flow.id == flow.id).with_for_update(read=True)).one()
    refuse_campaigns_own(fresh)
    if not fresh.enabled:
        raise DomainError(f"“{fresh.name}” is off. Switch it on first.", "flow_id")
    return fresh


def refuse_campaigns_own(flow: Flow) -> None:
    """Raises DomainError for what a campaign says: it may wait, be paused or stopped, and keeps a pace."""
    if flow.trigger == "campaign":
        raise DomainError(f"“{flow.name}” belongs to a campaign, and only the campaign lets leads in.", "flow_id")


def _row(message: PlannedMessage, enrolment: Enrolment) -> dict:
    whom = {"lead_id": enrolment.lead_id, "enrolment_id": enrolment.id, "intent_key": message.intent_key}
    return message.row() | whom


def _explain(messages: Sequence[PlannedMessage], enrolment: Enrolment) -> None:
    """A step that will not go out is a row too: the reason must be seen where the message would have been."""
    db.session.add_all(_skipped(message, enrolment, message.skip_reason) for message in messages)


def _explain_missing(messages: Sequence[PlannedMessage], enrolment: Enrolment) -> None:
    """An automation said hello first: its message holds the greeting's key, ours becomes a skipped row."""
    there = set(db.session.scalars(select(Message.step_id).where(Message.enrolment_id == enrolment.id)))
    db.session.add_all(
        _skipped(message, enrolment, ALREADY_GREETED) for message in messages if message.step.id not in there
    )


def _skipped(message: PlannedMessage, enrolment: Enrolment, reason: str) -> Message:
    row = _row(message, enrolment) | {"intent_key": own_key(message.step.id, enrolment.id)}
    return Message(**row, status="skipped", reason=reason, due_at=None)
