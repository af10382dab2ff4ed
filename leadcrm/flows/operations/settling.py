"""Bringing waiting messages in line with a switch: a first chunk with the switch itself, the rest by the worker.

A flow may have a hundred thousand messages waiting; to change them all at once would hold the write lock for seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import resume_skipped_of_steps, skip_waiting_of_steps
from leadcrm.core import clock, events, jobs
from leadcrm.core.db import after_commit, db, get_or_404, lock
from leadcrm.flows.models import Enrolment, Flow, FlowSettling, FlowStep
from leadcrm.flows.reasons import FLOW_OFF, PARKED, STEP_DELETED, STEP_OFF
from leadcrm.notifications.operations import notify

CHUNK = 500  # messages in one transaction: about 20 ms of the write lock
LOST_TO_SENDERS = 0.1  # of a full chunk at most: PostgreSQL drops picked rows that someone else changed meanwhile


@dataclass(frozen=True)
class Effect:
    """What a switch did to waiting messages of running leads; `goes_on` when the worker does the rest."""

    skipped: int = 0
    resumed: int = 0
    goes_on: bool = False


def by_reason(flow: Flow, steps: Sequence[FlowStep]) -> Iterator[tuple[str | None, list[str]]]:
    """Ids of the steps by why their messages may not leave, last those that may (None)."""
    for reason in (*PARKED, None):
        step_ids = [step.id for step in steps if _why_off(flow, step) == reason]
        if step_ids:
            yield reason, step_ids


def came_back() -> ColumnElement[bool]:
    """Criterion on a message: it was put aside before its step came back into the flow, for new leads only."""
    return select(FlowStep.id).where(FlowStep.id == Message.step_id, FlowStep.joined_at > Message.position_at).exists()


def begin_settling(flow: Flow, steps: Sequence[FlowStep]) -> Effect:
    """Settle a first chunk of the messages of these steps, and leave the rest to the worker. The flow is locked."""
    work = db.session.scalar(select(FlowSettling).where(FlowSettling.flow_id == flow.id))
    effect = _settle(flow, steps, work.since if work else clock.now())
    if work is None and effect.goes_on:
        work = FlowSettling(flow_id=flow.id, actor=events.actor(), skipped=0, resumed=0)
        db.session.add(work)
        after_commit(jobs.ring_slow)
    if work is not None:
        work.skipped += effect.skipped
        work.resumed += effect.resumed
    return effect


def go_on_settling(flow_id: str) -> bool:
    """Settle the next chunk; who switched hears of the last. Returns whether there may be more."""
    flow = lock(get_or_404(Flow, flow_id))
    work = db.session.scalar(select(FlowSettling).where(FlowSettling.flow_id == flow_id))
    if work is None:
        return False
    effect = _settle(flow, db.session.scalars(select(FlowStep).where(FlowStep.flow_id == flow_id)).all(), work.since)
    work.skipped += effect.skipped
    work.resumed += effect.resumed
    if not effect.goes_on:
        _tell(flow, work)
        db.session.delete(work)
    return effect.goes_on


def _settle(flow: Flow, steps: Sequence[FlowStep], since: datetime) -> Effect:
    room, skipped, resumed = CHUNK, 0, 0
    for reason, step_ids in by_reason(flow, steps):
        if reason is None:
            resumed += _resume(step_ids, since, room)
        else:
            skipped += skip_waiting_of_steps(step_ids, reason, room)
        room = CHUNK - skipped - resumed
    return Effect(skipped, resumed, goes_on=room <= CHUNK * LOST_TO_SENDERS)


def _resume(step_ids: list[str], since: datetime, limit: int) -> int:
    running = select(Enrolment.id).where(Enrolment.id == Message.enrolment_id, Enrolment.state == "running").exists()
    return resume_skipped_of_steps(step_ids, running, ~came_back(), reasons=PARKED, since=since, limit=limit)


def _why_off(flow: Flow, step: FlowStep) -> str | None:
    if step.deleted_at is not None:
        return STEP_DELETED
    if not step.enabled:
        return STEP_OFF
    return None if flow.enabled else FLOW_OFF


def _tell(flow: Flow, work: FlowSettling) -> None:
    """The screen that showed the switch is long gone: how it ended is behind the bell."""
    kind, _, user_id = work.actor.partition(":")
    if kind != "user":
        return
    ends = [(work.skipped, "will not be sent"), (work.resumed, "will be sent again")]
    words = " and ".join(f"{count:,} {end}" for count, end in ends if count)
    title = f"{flow.name}: of the waiting messages {words}"
    notify([user_id], f"settled:{flow.id}:{flow.version}", title, f"/flows/{flow.id}", "workflow")
