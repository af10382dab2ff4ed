"""Turning flows and steps on and off, and what that does to leads inside.

A switch holds at once: nothing of a step that is off leaves. Its waiting messages are then put aside, or taken back as
far as their time is still ahead, so a slip of the finger costs nothing; see settling.py. A message that was skipped for
another reason (a reply, no address) stays skipped.
"""

from collections.abc import Sequence

from sqlalchemy import select, update

from leadcrm.conversations.operations import release_steps, withhold_steps
from leadcrm.core import clock
from leadcrm.core.db import db, lock
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.flows.events import FlowChanged
from leadcrm.flows.models import AUTOMATIC, Flow, FlowStep
from leadcrm.flows.operations.settling import Effect, begin_settling, by_reason
from leadcrm.flows.reasons import PARKED

TAKES_IN = {"new_lead": "welcomes new leads", "disqualified": "takes in disqualified leads"}


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
    """Switch the flow: off, no lead enters and nothing more is sent. Raises DomainError for a second automatic one."""
    flow = lock(flow)
    if enabled and flow.trigger in AUTOMATIC:
        other = select(Flow.name).where(Flow.trigger == flow.trigger, Flow.enabled, Flow.id != flow.id)
        name = db.session.scalar(other)
        if name is not None:
            does = TAKES_IN[flow.trigger]
            raise DomainError(f"“{name}” already {does}. Switch it off first: a lead enters one only.")
    flow.enabled = enabled
    steps = db.session.scalars(select(FlowStep).where(FlowStep.flow_id == flow.id)).all()
    return _changed(flow, steps, "enabled" if enabled else "disabled")


def step_flow(step: FlowStep) -> Flow:
    """The flow a step belongs to."""
    return db.session.scalars(select(Flow).where(Flow.id == step.flow_id)).one()


def _changed(flow: Flow, steps: Sequence[FlowStep], change: str) -> Effect:
    db.session.flush()
    flow.version += 1
    for reason, step_ids in by_reason(flow, steps):
        if reason is None:
            release_steps(step_ids, PARKED)
        else:
            withhold_steps(step_ids, reason)
    effect = begin_settling(flow, steps)
    record(FlowChanged(flow_id=flow.id, change=change, step_id=steps[0].id if len(steps) == 1 else None))
    return effect
