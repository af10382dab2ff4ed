"""Making a draft live: its steps at once, the leads inside in small transactions, the first with the steps.

From the commit on nothing leaves by the old plan: removed steps are withheld, those with new words or times are held
until their copies have been seen to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from leadcrm.conversations.operations import hold_until_retimed, release_steps, set_conditions, withhold_steps
from leadcrm.core import clock, jobs
from leadcrm.core.db import after_commit, db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.flows.changes import ADDED, CONDITIONED, LATENESS, NAMED, REMOVED, REWORDED, Change
from leadcrm.flows.document import FlowDocument
from leadcrm.flows.draft_queries import Draft, draft_from, draft_row, live_document, unsettled_version
from leadcrm.flows.events import FlowChanged
from leadcrm.flows.hole_queries import Hole, holes
from leadcrm.flows.impact import Effects
from leadcrm.flows.models import AUDIENCES, Flow, FlowDraft, FlowStep, FlowVersion
from leadcrm.flows.operations.applying import apply_chunk
from leadcrm.flows.operations.drafting import (
    LONGEST_FACT,
    close_draft,
    refuse_other_types,
    refuse_stale,
    refuse_taken_name,
)
from leadcrm.flows.operations.editing import CONTENT
from leadcrm.flows.operations.rewording import begin_rewording
from leadcrm.flows.operations.settling import by_reason
from leadcrm.flows.operations.versions import add_version, ensure_version
from leadcrm.flows.reasons import STEP_DELETED

NAMED_HOLES = 3


class HolesLeft(DomainError):
    """Leads inside would read a gap; `holes` has all of them."""

    def __init__(self, found: Sequence[Hole]):
        leads = list(dict.fromkeys(hole.lead_name or "a lead without a name" for hole in found))
        more = len({hole.lead_id for hole in found})
        names = ", ".join(leads[:NAMED_HOLES]) + (" and others" if more > NAMED_HOLES else "")
        fields = ", ".join(f"{{{name}}}" for name in dict.fromkeys(name for hole in found for name in hole.fields))
        whom = "lead inside has" if more == 1 else "leads inside have"
        super().__init__(
            f"{more:,} {whom} nothing to fill in for {fields}: {names}. Add a fallback, or what is missing."
        )
        self.holes = tuple(found)


@dataclass(frozen=True)
class Published:
    """What was published, and what it did to messages of leads inside; `goes_on`: so far, the worker does the rest."""

    number: int
    changes: tuple[Change, ...]
    gained: int = 0
    lost: int = 0
    moved: int = 0
    reworded: int = 0
    goes_on: bool = False


def publish(flow: Flow, revision: int, audience: str = "new") -> Published:
    """Make the draft that was shown as `revision` live.

    New words and removals concern everybody inside; new steps and times only new leads, or with the audience
    `running` also those inside whose day is still ahead. Raises StaleDraft; Conflict while an earlier publication is
    still being applied, or when what is live is not what the draft was begun from; HolesLeft; DomainError when there
    is nothing to publish.
    """
    if audience not in AUDIENCES:
        raise DomainError("Say whom it concerns: new leads, or also those inside.", "audience")
    flow = lock(flow)
    refuse_stale(flow, revision)
    row, draft = _to_publish(flow)
    changes = draft.changes
    refuse_taken_name(flow, draft.document.name)
    refuse_other_types(draft.live, changes)
    if found := list(holes(flow, draft, audience)):
        raise HolesLeft(found)
    version = add_version(flow, row.base_version + 1, draft.document, changes, audience)
    _make_live(flow, draft.document, changes)
    close_draft(row)
    words = "; ".join(change.words for change in changes)
    record(FlowChanged(flow_id=flow.id, change="published", words=words[:LONGEST_FACT]))
    _begin_applying(flow, version, Effects.of(changes, draft.document, audience, flow_is_on=flow.enabled))
    counts = {name: getattr(version, name) for name in ("gained", "lost", "moved", "reworded")}
    return Published(version.number, tuple(changes), **counts, goes_on=version.settled_at is None)


def _to_publish(flow: Flow) -> tuple[FlowDraft, Draft]:
    under_way, row = unsettled_version(flow.id), draft_row(flow.id)
    if under_way is not None:
        raise Conflict(f"Version {under_way.number} is still reaching the leads inside. Publish again in a moment.")
    live = live_document(flow)
    draft = draft_from(row, live) if row is not None else None
    if row is None or draft is None or not draft.changes:
        raise DomainError("There is nothing to publish.")
    if row.base_version != ensure_version(flow, live):
        raise Conflict(
            "The flow itself was changed since this draft was begun. Discard the draft, then change it anew."
        )
    return row, draft


def _make_live(flow: Flow, document: FlowDocument, changes: Sequence[Change]) -> None:
    """Let the rows say what the document says."""
    rows = {row.id: row for row in db.session.scalars(select(FlowStep).where(FlowStep.flow_id == flow.id))}
    if any(change.kind == NAMED for change in changes):
        flow.name = document.name
    flow.version += 1
    removed = [change.step_id for change in changes if change.kind == REMOVED and change.step_id]
    if removed:
        _remove(removed)
    added = {change.step_id for change in changes if change.kind == ADDED}
    for step in document.steps:
        values = {name: getattr(step, name) for name in CONTENT}
        if step.id not in rows:
            rows[step.id] = FlowStep(id=step.id, flow_id=flow.id, enabled=step.enabled, **values)
            db.session.add(rows[step.id])
            continue
        row = rows[step.id]
        for name, value in values.items():
            setattr(row, name, value)
        if step.id in added:
            row.deleted_at, row.joined_at, row.enabled = None, clock.now(), step.enabled
    db.session.flush()
    for reason, step_ids in by_reason(flow, [rows[step_id] for step_id in added]):
        if reason is None:
            release_steps(step_ids, ())
        else:
            withhold_steps(step_ids, reason)
    conditioned = added | {change.step_id for change in changes if change.kind == CONDITIONED}
    set_conditions({step_id: rows[step_id].only_if for step_id in conditioned})
    for step_id in {change.step_id for change in changes if change.kind in (REWORDED, LATENESS)}:
        begin_rewording(rows[step_id])


def _remove(step_ids: list[str]) -> None:
    gone = update(FlowStep).where(FlowStep.id.in_(step_ids)).values(deleted_at=clock.now())
    db.session.execute(gone)
    withhold_steps(step_ids, STEP_DELETED)


def _begin_applying(flow: Flow, version: FlowVersion, effects: Effects) -> None:
    if not effects.step_ids:
        return
    version.settled_at = None
    if effects.moved:
        hold_until_retimed([step.id for step in effects.moved])
    db.session.flush()
    if apply_chunk(flow, version, effects):
        after_commit(jobs.ring_slow)
