"""Leads entering and leaving flows."""

from collections.abc import Sequence

from sqlalchemy import Select, select, update

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import plan_messages, resume_skipped, skip_waiting
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.events import record, record_all
from leadcrm.core.zones import zone
from leadcrm.flows import queries
from leadcrm.flows.events import LeadEnrolled, LeadLeftFlow
from leadcrm.flows.models import CHANNEL_OF_TYPE, Enrolment, Flow, FlowStep
from leadcrm.flows.operations.rewording import reword_passage
from leadcrm.flows.planning import PlannedMessage, own_key, plan
from leadcrm.flows.reasons import ALREADY_GREETED
from leadcrm.leads import queries as leads
from leadcrm.leads.models import Lead


def enrol(lead: Lead, flow: Flow, number: int = 1) -> Enrolment | None:
    """Let the lead enter the flow: every step that is on is planned to the lead's own clock, at once.

    `number` counts the lead's passages; a second one is a person's decision (D4). Returns None when this passage
    exists already. A step the lead cannot receive gets a skipped message that says why.
    """
    _one_at_a_time(lead.id)
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


def exit_lead(lead_id: str, reason: str) -> int:
    """End the lead's running passages: what still waits is skipped with the reason. Returns how many messages."""
    _one_at_a_time(lead_id)
    running = select(Enrolment).where(Enrolment.lead_id == lead_id, Enrolment.state == "running")
    skipped = 0
    for enrolment in db.session.scalars(running.order_by(Enrolment.id).with_for_update()).all():
        skipped += skip_waiting(enrolment.id, reason)
        enrolment.state, enrolment.exit_reason, enrolment.ended_at = "exited", reason, clock.now()
        record(LeadLeftFlow(lead_id=lead_id, flow_id=enrolment.flow_id, enrolment_id=enrolment.id, reason=reason))
    return skipped


def readmit_lead(lead_id: str, reason: str) -> int:
    """Undo `exit_lead` for this reason: what was dropped and is still ahead will be sent. Returns how many messages.

    A passage with nothing ahead stays ended, and so does what its flow or step would not say any more.
    """
    left = (Enrolment.lead_id == lead_id, Enrolment.state == "exited", Enrolment.exit_reason == reason)
    _keep_as_they_are(select(Enrolment.flow_id).where(*left))
    _one_at_a_time(lead_id)
    resumed = 0
    for enrolment in db.session.scalars(select(Enrolment).where(*left).order_by(Enrolment.id)).all():
        reword_passage(enrolment, Message.status == "skipped", Message.reason == reason)
        theirs = (
            Message.enrolment_id == enrolment.id,
            Message.step_id.in_(queries.steps_that_are_on(enrolment.flow_id)),
        )
        count = resume_skipped(*theirs, reasons=[reason])
        if count:
            enrolment.state, enrolment.exit_reason, enrolment.ended_at = "running", "", None
            record(LeadEnrolled(lead_id=lead_id, flow_id=enrolment.flow_id, enrolment_id=enrolment.id, messages=count))
            resumed += count
    return resumed


def finish_passages(enrolment_ids: Sequence[str]) -> int:
    """Close those of the passages that run and have no message under way. Returns how many."""
    over = (
        update(Enrolment)
        .where(Enrolment.id.in_(enrolment_ids), *queries.is_over())
        .values(state="finished", ended_at=clock.now())
        .execution_options(synchronize_session=False)
        .returning(Enrolment.id, Enrolment.flow_id, Enrolment.lead_id)
    )
    done = db.session.execute(over).all()
    record_all(
        LeadLeftFlow(lead_id=row.lead_id, flow_id=row.flow_id, enrolment_id=row.id, reason="All steps are done")
        for row in done
    )
    return len(done)


def _keep_as_they_are(flow_ids: Select[tuple[str]]) -> None:
    """No step is edited or switched until the transaction's end: who returns must not bring back older words."""
    flows = select(Flow.id).where(Flow.id.in_(flow_ids)).order_by(Flow.id)
    db.session.execute(flows.with_for_update(read=True))


def _one_at_a_time(lead_id: str) -> None:
    """Entering and leaving wait for each other: an exit must see the passage that another worker is just writing."""
    db.session.execute(select(Lead.id).where(Lead.id == lead_id).with_for_update())


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
