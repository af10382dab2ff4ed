"""Changing a flow without anybody noticing: every save of the draft can be undone, and none is lost to another's."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from leadcrm.conversations.models import Message
from leadcrm.core import clock, events
from leadcrm.core.db import db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.flows.changes import RETYPED, Change, applied, differences, taken_back
from leadcrm.flows.document import FlowDocument
from leadcrm.flows.draft_queries import Draft, draft_from, draft_of, draft_row, drafted, live_document, version
from leadcrm.flows.edits import Edit, ReplaceWith, SwitchStep
from leadcrm.flows.events import FlowChanged
from leadcrm.flows.models import Flow, FlowDraft, FlowDraftChange
from leadcrm.flows.operations.versions import document_of, ensure_version

KEPT_CHANGES = 100
LONGEST_FACT = 500


class StaleDraft(Conflict):
    """Somebody else saved first: `theirs` is what stands now, `edit` what was refused."""

    def __init__(self, theirs: Draft, edit: Edit | None = None):
        super().__init__("Someone else changed this flow meanwhile. Their version is saved; yours is not.")
        self.theirs = theirs
        self.edit = edit


def change_draft(flow: Flow, revision: int, edit: Edit) -> Draft:
    """Save one edit (see flows.edits) on top of the draft that was shown as `revision`.

    An edit that changes nothing is not a save. Raises StaleDraft; DomainError for what cannot be sent, for a taken
    name, for another type of a step that has messages, and for the switch of a step that is live; NotFound.
    """
    flow = lock(flow)
    row, live = _open(flow, revision, edit)
    before = drafted(row, live)
    after = edit.of(before).with_switches({step.id: step.enabled for step in live.steps})
    _check(flow, live, after, edit)
    changes = differences(before, after)
    if changes:
        _keep(row, changes, edit.words if isinstance(edit, ReplaceWith) else "; ".join(it.words for it in changes))
        _save(row, after, row.position + 1)
        _tell(flow, "draft_changed", row.position)
    if after == live:
        row.base_version = ensure_version(flow, live)
    return draft_from(row, live)


def undo(flow: Flow, revision: int) -> Draft:
    """Take the last save back. Raises StaleDraft; DomainError when there is none."""
    flow = lock(flow)
    row, live = _open(flow, revision)
    save = _saved(row, row.position)
    if save is None:
        raise DomainError("There is nothing to undo.")
    _save(row, taken_back(drafted(row, live), save), row.position - 1)
    _tell(flow, "draft_undone", row.position + 1)
    return draft_from(row, live)


def redo(flow: Flow, revision: int) -> Draft:
    """Do again what was undone last. Raises StaleDraft; DomainError when there is nothing."""
    flow = lock(flow)
    row, live = _open(flow, revision)
    save = _saved(row, row.position + 1)
    if save is None:
        raise DomainError("There is nothing to redo.")
    _save(row, applied(drafted(row, live), save), row.position + 1)
    _tell(flow, "draft_redone", row.position)
    return draft_from(row, live)


def discard_draft(flow: Flow, revision: int) -> Draft:
    """Go back to what is live; undoing it brings the draft back. Raises StaleDraft."""
    flow = lock(flow)
    return change_draft(flow, revision, ReplaceWith(live_document(flow), "All changes are discarded"))


def restore_version(flow: Flow, revision: int, number: int) -> Draft:
    """Make a draft of an older version; steps that are live keep their switches. Raises StaleDraft, NotFound."""
    flow = lock(flow)
    document = document_of(version(flow.id, number), live_document(flow))
    return change_draft(flow, revision, ReplaceWith(document, f"Version {number} is restored"))


def close_draft(row: FlowDraft) -> None:
    """Nothing is drafted any more, and nothing can be undone: it was published."""
    db.session.execute(delete(FlowDraftChange).where(FlowDraftChange.flow_id == row.flow_id))
    _save(row, None, 0)


def refuse_stale(flow: Flow, revision: int, edit: Edit | None = None) -> None:
    """Raises StaleDraft unless the draft is the one that was shown as `revision`. The flow is locked."""
    row = draft_row(flow.id)
    if revision != (row.revision if row else 0):
        raise StaleDraft(draft_of(flow), edit)


def refuse_other_types(live: FlowDocument, changes: Sequence[Change]) -> None:
    """Raises DomainError for another type of a step that has messages: a planned email cannot become a text."""
    retyped = [change.step_id for change in changes if change.kind == RETYPED]
    planned = select(Message.step_id).where(Message.step_id.in_(retyped)).limit(1)
    if retyped and (step_id := db.session.scalar(planned)) is not None:
        name = next(step.name for step in live.steps if step.id == step_id)
        words = f"Messages of “{name}” exist already, so its type stays. Remove it and add a new step instead."
        raise DomainError(words, "type")


def _open(flow: Flow, revision: int, edit: Edit | None = None) -> tuple[FlowDraft, FlowDocument]:
    """The draft's row, begun if there is none, and what is live."""
    refuse_stale(flow, revision, edit)
    live = live_document(flow)
    row = draft_row(flow.id)
    if row is None:
        row = FlowDraft(flow_id=flow.id, revision=0, position=0, base_version=1, author=events.actor())
        db.session.add(row)
    if row.document is None:
        row.base_version = ensure_version(flow, live)
        row.begun_at = clock.now()
        db.session.flush()
    return row, live


def _check(flow: Flow, live: FlowDocument, after: FlowDocument, edit: Edit) -> None:
    if isinstance(edit, SwitchStep) and any(step.id == edit.step_id for step in live.steps):
        raise DomainError("This step is live: its switch works at once.")
    refuse_taken_name(flow, after.name)
    refuse_other_types(live, differences(live, after))


def refuse_taken_name(flow: Flow, name: str) -> None:
    """Raises DomainError when another flow is called that."""
    other = select(Flow.id).where(Flow.name == name, Flow.id != flow.id)
    if name != flow.name and db.session.scalar(other) is not None:
        raise DomainError("Another flow has this name.", "name")


def _keep(row: FlowDraft, changes: Sequence[Change], words: str) -> None:
    """Write the save down behind the last that holds; those undone and those long ago are forgotten."""
    saves = delete(FlowDraftChange).where(FlowDraftChange.flow_id == row.flow_id)
    db.session.execute(saves.where(FlowDraftChange.n > row.position))
    db.session.execute(saves.where(FlowDraftChange.n <= row.position + 1 - KEPT_CHANGES))
    save = FlowDraftChange(
        flow_id=row.flow_id,
        n=row.position + 1,
        words=words,
        changes=[change.to_json() for change in changes],
        author=events.actor(),
    )
    db.session.add(save)


def _saved(row: FlowDraft, n: int) -> list[Change] | None:
    where = (FlowDraftChange.flow_id == row.flow_id, FlowDraftChange.n == n)
    changes = db.session.scalar(select(FlowDraftChange.changes).where(*where))
    return None if changes is None else [Change.from_json(change) for change in changes]


def _save(row: FlowDraft, document: FlowDocument | None, position: int) -> None:
    row.document = document and document.to_json()
    row.position = position
    row.revision += 1
    row.author = events.actor()
    row.updated_at = clock.now()
    db.session.flush()


def _tell(flow: Flow, change: str, n: int) -> None:
    where = (FlowDraftChange.flow_id == flow.id, FlowDraftChange.n == n)
    words = db.session.scalar(select(FlowDraftChange.words).where(*where)) or ""
    record(FlowChanged(flow_id=flow.id, change=change, words=words[:LONGEST_FACT]))
