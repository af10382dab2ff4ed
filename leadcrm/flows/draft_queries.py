"""Reads of drafts and versions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from leadcrm.core.db import db
from leadcrm.core.errors import NotFound
from leadcrm.flows import queries
from leadcrm.flows.changes import Change, differences
from leadcrm.flows.document import FlowDocument, of_flow
from leadcrm.flows.models import Flow, FlowDraft, FlowDraftChange, FlowVersion


@dataclass(frozen=True)
class Draft:
    """What a person edits, beside what is live. `revision` is what the next save has to name."""

    flow_id: str
    document: FlowDocument
    live: FlowDocument
    revision: int
    undo_words: str | None = None  # what undoing takes back; None: there is nothing to undo
    redo_words: str | None = None
    undo_changes: tuple[Change, ...] = ()
    redo_changes: tuple[Change, ...] = ()
    author: str = ""
    updated_at: datetime | None = None

    @property
    def changes(self) -> list[Change]:
        """What publishing it would change."""
        return differences(self.live, self.document)

    @property
    def live_ids(self) -> frozenset[str]:
        """The steps that are published: their switches work at once, their type may have to stay."""
        return frozenset(step.id for step in self.live.steps)


def draft_of(flow: Flow) -> Draft:
    """The flow's draft; what is live when nothing is drafted."""
    live = live_document(flow)
    row = draft_row(flow.id)
    if row is None:
        return Draft(flow.id, live, live, revision=0)
    return draft_from(row, live)


def draft_from(row: FlowDraft, live: FlowDocument) -> Draft:
    """The draft in its row, with the switches of published steps as they are."""
    near = select(FlowDraftChange.n, FlowDraftChange.words, FlowDraftChange.changes).where(
        FlowDraftChange.flow_id == row.flow_id, FlowDraftChange.n.in_([row.position, row.position + 1])
    )
    saves = {n: (words, tuple(map(Change.from_json, changes))) for n, words, changes in db.session.execute(near)}
    undo_words, undo_changes = saves.get(row.position, (None, ()))
    redo_words, redo_changes = saves.get(row.position + 1, (None, ()))
    return Draft(
        row.flow_id,
        drafted(row, live),
        live,
        row.revision,
        undo_words=undo_words,
        redo_words=redo_words,
        undo_changes=undo_changes,
        redo_changes=redo_changes,
        author=row.author,
        updated_at=row.updated_at,
    )


def drafted(row: FlowDraft, live: FlowDocument) -> FlowDocument:
    """The document of a draft. The switch of a published step is no part of it: that one works at once."""
    if row.document is None:
        return live
    return FlowDocument.from_json(row.document).with_switches({step.id: step.enabled for step in live.steps})


def draft_row(flow_id: str) -> FlowDraft | None:
    return db.session.scalars(select(FlowDraft).where(FlowDraft.flow_id == flow_id)).one_or_none()


def live_document(flow: Flow) -> FlowDocument:
    """What the planner and the sender go by."""
    return of_flow(flow, queries.steps_of(flow.id))


def versions_of(flow_id: str, before: int | None = None, limit: int = 50) -> list[FlowVersion]:
    """What was published, the newest first; the first one is written down when the first draft begins."""
    published = select(FlowVersion).where(FlowVersion.flow_id == flow_id)
    if before is not None:
        published = published.where(FlowVersion.number < before)
    return list(db.session.scalars(published.order_by(FlowVersion.number.desc()).limit(limit)))


def version(flow_id: str, number: int) -> FlowVersion:
    """One version. Raises NotFound."""
    row = db.session.scalar(select(FlowVersion).where(FlowVersion.flow_id == flow_id, FlowVersion.number == number))
    if row is None:
        raise NotFound
    return row


def unsettled_version(flow_id: str) -> FlowVersion | None:
    """The version that leads inside are still being brought in line with; not always the latest, for what is live can
    be changed meanwhile.
    """
    under_way = select(FlowVersion).where(FlowVersion.flow_id == flow_id, FlowVersion.settled_at.is_(None))
    return db.session.scalar(under_way)


def latest_version(flow_id: str) -> FlowVersion | None:
    """The version that is live."""
    return next(iter(versions_of(flow_id, limit=1)), None)
