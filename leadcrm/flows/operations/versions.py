"""Writing down what is live, so that history and restoring work from the first draft on."""

from leadcrm.core import clock, events
from leadcrm.core.db import db
from leadcrm.flows.changes import Change, differences
from leadcrm.flows.document import FlowDocument
from leadcrm.flows.draft_queries import latest_version
from leadcrm.flows.models import Flow, FlowVersion


def ensure_version(flow: Flow, live: FlowDocument) -> int:
    """The number of the version that is live; written down now if it never was. The flow is locked."""
    last = latest_version(flow.id)
    if last is None:
        return add_version(flow, 1, live, []).number
    changes = differences(document_of(last, live), live)
    return add_version(flow, last.number + 1, live, changes).number if changes else last.number


def add_version(
    flow: Flow, number: int, document: FlowDocument, changes: list[Change], audience: str = "new"
) -> FlowVersion:
    """Write a version down, for now as one that concerns nobody inside."""
    now = clock.now()
    row = FlowVersion(
        flow_id=flow.id,
        number=number,
        document=document.to_json(),
        changes=[change.to_json() for change in changes],
        author=events.actor(),
        at=now,
        audience=audience,
        done_up_to="",
        settled_at=now,
        gained=0,
        lost=0,
        moved=0,
        reworded=0,
    )
    db.session.add(row)
    db.session.flush()
    return row


def document_of(version: FlowVersion, live: FlowDocument) -> FlowDocument:
    """A version's document with the switches of steps that are live as they are now: they belong to no version."""
    return FlowDocument.from_json(version.document).with_switches({step.id: step.enabled for step in live.steps})
