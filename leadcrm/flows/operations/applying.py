"""Bringing leads inside in line with a publication, a chunk of passages per transaction.

What changes for each was worked out by `impact.adjustments`, which the preview asks too. Killed between two chunks, the
worker goes on behind the last: a chunk's messages and how far it came are one transaction.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, insert, select, update

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import (
    plan_messages,
    retime,
    retime_dropped,
    retimed_up_to,
    skip_waiting_of_passages,
)
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.flows.changes import Change
from leadcrm.flows.document import FlowDocument, StepDocument
from leadcrm.flows.draft_queries import unsettled_version
from leadcrm.flows.impact import GAIN, LOSE, MOVE, NONE, REWORD, Adjustment, Effects
from leadcrm.flows.impact_queries import PASSAGE, adjusted, messages_of, passages_after
from leadcrm.flows.models import Enrolment, Flow, FlowVersion
from leadcrm.flows.operations.rewording import COPIED
from leadcrm.flows.planning import intent_key, own_key
from leadcrm.flows.reasons import ALREADY_GREETED, PARKED, STEP_DELETED
from leadcrm.leads.models import Lead
from leadcrm.notifications.operations import notify

CHUNK = 100  # passages in one transaction: about 70 ms of the write lock when each gains, loses and moves

Found = list[tuple[Row, Adjustment]]


def go_on_publishing(flow_id: str) -> bool:
    """Bring the next chunk of leads in line; who published hears of the last. Returns whether there may be more."""
    flow = lock(get_or_404(Flow, flow_id))
    version = unsettled_version(flow_id)
    if version is None:
        return False
    changes = [Change.from_json(change) for change in version.changes]
    document = FlowDocument.from_json(version.document)
    goes_on = apply_chunk(flow, version, Effects.of(changes, document, version.audience, flow_is_on=flow.enabled))
    if not goes_on:
        _tell(flow, version)
    return goes_on


def apply_chunk(flow: Flow, version: FlowVersion, effects: Effects) -> bool:
    """Adjust the messages of the next passages. Returns whether there are more. The flow is locked."""
    passages = passages_after(flow.id, version.done_up_to, version.at, CHUNK)
    running = _locked(passages)
    _apply(adjusted(running, effects, version.at), effects, version)
    moved = [step.id for step in effects.moved]
    goes_on = len(passages) == CHUNK
    if goes_on:
        version.done_up_to = passages[-1].id
    else:
        version.settled_at = clock.now()
    retimed_up_to(moved, version.done_up_to if goes_on else None)
    db.session.flush()
    return goes_on


def _locked(passages: Sequence[Row]) -> Sequence[Row]:
    """Those that still run, as they are by now: a campaign that just went on has put them further behind its plan.

    Nobody leaves them until the transaction's end, nor is their last message called that.
    """
    theirs = select(Lead.id).where(Lead.id.in_([row.lead_id for row in passages])).order_by(Lead.id)
    db.session.execute(theirs.with_for_update())
    still = select(*PASSAGE).where(Enrolment.id.in_([row.id for row in passages]), Enrolment.state == "running")
    return db.session.execute(still.order_by(Enrolment.id).with_for_update()).all()


def _apply(everything: Iterable[tuple[Row, list[Adjustment]]], effects: Effects, version: FlowVersion) -> None:
    found: Found = [(passage, one) for passage, adjustments in everything for one in adjustments]
    steps = {step.id: step for step in effects.added}
    counts = Counter(one.kind for _, one in found)
    lost = [passage.id for passage, one in found if one.kind == LOSE]
    version.lost += skip_waiting_of_passages(lost, effects.removed, STEP_DELETED) if lost else 0
    version.moved += retime({one.message_id: one.at for _, one in found if one.kind == MOVE})
    version.reworded += counts[REWORD]
    retime_dropped({one.message_id: one.at for _, one in found if _is_put_aside(one)})
    version.gained += _give(
        [(passage, one) for passage, one in found if one.step_id in steps and one.message_id is None], steps
    )
    version.gained += _take_back([one for _, one in found if one.kind == GAIN and one.message_id], steps)
    _note_ends(found)


def _is_put_aside(adjustment: Adjustment) -> bool:
    return adjustment.kind == NONE and adjustment.message_id is not None and adjustment.at != adjustment.before


def _give(found: Found, steps: dict[str, StepDocument]) -> int:
    """Plan new messages, and a skipped one with the reason for whoever does not get it. Returns how many wait now."""
    gained = [(passage, one) for passage, one in found if one.kind == GAIN]
    _drop([(passage, one, one.reason) for passage, one in found if one.kind == NONE], steps)
    count = plan_messages([_row(passage, one, steps[one.step_id]) for passage, one in gained])
    if count < len(gained):
        _drop([(passage, one, ALREADY_GREETED) for passage, one in _without_message(gained)], steps)
    return count


def _drop(found: Sequence[tuple[Row, Adjustment, str]], steps: dict[str, StepDocument]) -> None:
    """A skipped message with the reason. What a switch may yet let go keeps its greeting from being said by others."""
    dropped = []
    for passage, one, reason in found:
        row = _row(passage, one, steps[one.step_id]) | {"status": "skipped", "reason": reason}
        dropped.append(row if reason in PARKED else row | {"intent_key": own_key(one.step_id, passage.id)})
    if dropped:
        db.session.execute(insert(Message), dropped)


def _without_message(gained: Found) -> Found:
    """Those whose message was not written: an automation said hello while we looked."""
    there = messages_of([passage.id for passage, _ in gained], {one.step_id for _, one in gained})
    return [(passage, one) for passage, one in gained if one.step_id not in there.get(passage.id, {})]


def _row(passage: Row, adjustment: Adjustment, step: StepDocument) -> dict[str, Any]:
    return {
        "lead_id": passage.lead_id,
        "channel": step.channel,
        "subject": step.subject,
        "content": step.content,
        "origin": "flow",
        "intent_key": intent_key(step, passage),
        "scheduled_for": adjustment.at,
        "enrolment_id": passage.id,
        "step_id": step.id,
        "when_late": step.when_late,
    }


def _take_back(found: Sequence[Adjustment], steps: dict[str, StepDocument]) -> int:
    """Let messages of a step that came back go out, with its words of now. Returns how many."""
    retime_dropped({one.message_id: one.at for one in found})
    taken = 0
    for step_id in sorted({one.step_id for one in found}):
        ids = [one.message_id for one in found if one.step_id == step_id]
        when, step = Message.scheduled_for, steps[step_id]
        again = update(Message).where(Message.id.in_(ids), Message.status == "skipped")
        says = {name: case((Message.rendered, getattr(Message, name)), else_=getattr(step, name)) for name in COPIED}
        again = again.values(status="scheduled", reason="", due_at=when, position_at=when, withdrawn="", **says)
        taken += db.session.execute(again.execution_options(synchronize_session=False)).rowcount
    return taken


def _note_ends(found: Found) -> None:
    """A passage that has more to say, or later, ends later; also with what a switch may yet take back."""
    ends: dict[str, datetime] = {}
    for passage, one in found:
        if one.kind in (GAIN, MOVE) or (one.kind == NONE and one.reason in PARKED):
            ends[passage.id] = max(one.at, ends.get(passage.id, one.at))
    rows = [{"id": enrolment_id, "last_message_at": at} for enrolment_id, at in ends.items()]
    if not rows:
        return
    known = select(Enrolment.id, Enrolment.last_message_at).where(Enrolment.id.in_(ends))
    later = [row.id for row in db.session.execute(known) if row.last_message_at < ends[row.id]]
    if later:
        db.session.execute(update(Enrolment), [row for row in rows if row["id"] in set(later)])


def _tell(flow: Flow, version: FlowVersion) -> None:
    """The screen that published is long gone: how it ended is behind the bell."""
    kind, _, user_id = version.author.partition(":")
    if kind != "user":
        return
    words = {"new": version.gained, "moved": version.moved, "dropped": version.lost, "reworded": version.reworded}
    told = ", ".join(f"{count:,} {word}" for word, count in words.items() if count) or "nothing changed"
    title = f"{flow.name}: version {version.number} has reached all leads inside. Messages: {told}"
    notify([user_id], f"published:{flow.id}:{version.number}", title, f"/flows/{flow.id}", "workflow")
