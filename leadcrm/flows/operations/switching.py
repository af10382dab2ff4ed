"""Turning flows and steps on and off, and what that does to leads inside.

Switching off skips what waits; switching on again takes back exactly those whose time is still ahead, so a slip of the
finger costs nothing. A message that was skipped for another reason (a reply, no address) stays skipped.
"""

from dataclasses import dataclass

from sqlalchemy import select, update

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import resume_skipped, skip_waiting_of_steps
from leadcrm.core import clock
from leadcrm.core.db import db, lock
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.flows.events import FlowChanged
from leadcrm.flows.models import Enrolment, Flow, FlowStep

STEP_OFF = "The step was switched off"
STEP_DELETED = "The step was deleted"
FLOW_OFF = "The flow was switched off"
PARKED = (STEP_OFF, STEP_DELETED, FLOW_OFF)


@dataclass(frozen=True)
class Effect:
    """What a switch did to waiting messages of running leads."""

    skipped: int = 0
    resumed: int = 0


def set_step_enabled(step: FlowStep, enabled: bool) -> Effect:
    """Switch one step. Does not disturb a person who edits the step's text at the same time."""
    flow = lock(step_flow(step))
    db.session.execute(update(FlowStep).where(FlowStep.id == step.id).values(enabled=enabled))
    return _changed(flow, [lock(step)], "step_enabled" if enabled else "step_disabled")


def delete_step(step: FlowStep) -> Effect:
    """Take the step out of the flow. Its row stays, because sent messages name it and so that undo finds it."""
    flow = lock(step_flow(step))
    db.session.execute(update(FlowStep).where(FlowStep.id == step.id).values(deleted_at=clock.now()))
    return _changed(flow, [lock(step)], "step_deleted")


def restore_step(step: FlowStep) -> Effect:
    """Undo `delete_step`."""
    flow = lock(step_flow(step))
    db.session.execute(update(FlowStep).where(FlowStep.id == step.id).values(deleted_at=None))
    return _changed(flow, [lock(step)], "step_restored")


def set_flow_enabled(flow: Flow, enabled: bool) -> Effect:
    """Switch the flow: off, no lead enters and nothing more is sent. Raises DomainError for a second welcome flow."""
    flow = lock(flow)
    if enabled and flow.trigger == "new_lead":
        other = select(Flow.name).where(Flow.trigger == "new_lead", Flow.enabled, Flow.id != flow.id)
        name = db.session.scalar(other)
        if name is not None:
            raise DomainError(f"“{name}” already welcomes new leads. Switch it off first: a lead enters one only.")
    flow.enabled = enabled
    steps = db.session.scalars(select(FlowStep).where(FlowStep.flow_id == flow.id)).all()
    return _changed(flow, steps, "enabled" if enabled else "disabled")


def step_flow(step: FlowStep) -> Flow:
    """The flow a step belongs to."""
    return db.session.scalars(select(Flow).where(Flow.id == step.flow_id)).one()


def _changed(flow: Flow, steps: list[FlowStep], change: str) -> Effect:
    db.session.flush()
    flow.version += 1
    skipped = resumed = 0
    for reason in (FLOW_OFF, STEP_DELETED, STEP_OFF, None):
        ids = [step.id for step in steps if _why_off(flow, step) == reason]
        if ids and reason is None:
            resumed += _resume(ids)
        elif ids:
            skipped += skip_waiting_of_steps(ids, reason)
    record(FlowChanged(flow_id=flow.id, change=change, step_id=steps[0].id if len(steps) == 1 else None))
    return Effect(skipped, resumed)


def _why_off(flow: Flow, step: FlowStep) -> str | None:
    if step.deleted_at is not None:
        return STEP_DELETED
    if not step.enabled:
        return STEP_OFF
    return None if flow.enabled else FLOW_OFF


def _resume(step_ids: list[str]) -> int:
    running = select(Enrolment.id).where(Enrolment.id == Message.enrolment_id, Enrolment.state == "running").exists()
    _unwithdraw(step_ids)
    return resume_skipped(Message.step_id.in_(step_ids), running, reasons=PARKED)


def _unwithdraw(step_ids: list[str]) -> None:
    """What is on its way since before the switch may be tried again."""
    on_its_way = update(Message).where(
        Message.step_id.in_(step_ids), Message.status == "sending", Message.withdrawn.in_(PARKED)
    )
    db.session.execute(on_its_way.values(withdrawn="").execution_options(synchronize_session=False))
