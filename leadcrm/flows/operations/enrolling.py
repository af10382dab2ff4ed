"""Leads entering flows."""

from collections.abc import Sequence

from sqlalchemy import select

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import plan_messages
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.events import record
from leadcrm.core.zones import zone
from leadcrm.flows import queries
from leadcrm.flows.events import LeadEnrolled
from leadcrm.flows.models import CHANNEL_OF_TYPE, Enrolment, Flow, FlowStep
from leadcrm.flows.operations.leaving import one_at_a_time
from leadcrm.flows.planning import PlannedMessage, own_key, plan
from leadcrm.flows.reasons import ALREADY_GREETED
from leadcrm.leads import queries as leads
from leadcrm.leads.models import Lead


def enrol(lead: Lead, flow: Flow, number: int = 1) -> Enrolment | None:
    """Let the lead enter the flow: every step that is on is planned to the lead's own clock, at once.

    `number` counts the lead's passages; a second one is a person's decision (D4). Returns None when this passage
    exists already. A step the lead cannot receive gets a skipped message that says why.
    """
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
    planned = plan(steps, enrolment, _addresses(lead, steps), zone(lead.timezone), now)
    sendable = [message for message in planned if not message.skip_reason]
    count = plan_messages([_row(message, enrolment) for message in sendable])
    _explain([message for message in planned if message.skip_reason], enrolment)
    if count < len(sendable):
        _explain_missing(sendable, enrolment)
    enrolment.last_message_at = max([message.at for message in sendable], default=now)
    record(LeadEnrolled(lead_id=lead.id, flow_id=flow.id, enrolment_id=enrolment.id, messages=count))
    return enrolment


def _addresses(lead: Lead, steps: Sequence[FlowStep]) -> dict[str, str]:
    channels = {CHANNEL_OF_TYPE[step.type] for step in steps}
    found = {channel: leads.address_of([lead.id], channel).get(lead.id) for channel in sorted(channels)}
    return {channel: address for channel, address in found.items() if address}


def _row(message: PlannedMessage, enrolment: Enrolment) -> dict:
    return {
        "lead_id": enrolment.lead_id,
        "channel": message.channel,
        "subject": message.step.subject,
        "content": message.step.content,
        "origin": "flow",
        "intent_key": message.intent_key,
        "scheduled_for": message.at,
        "enrolment_id": enrolment.id,
        "step_id": message.step.id,
    }


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
