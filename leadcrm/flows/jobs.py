"""What the worker does for flows."""

from collections.abc import Callable
from itertools import groupby

from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.flows import queries
from leadcrm.flows.operations import finish_passages, go_on_settling

BATCH = 500


def drain_settlings(should_stop: Callable[[], bool]) -> int:
    """Bring waiting messages in line with switches, chunk by chunk. Returns how many chunks that were."""
    chunks = 0
    with tenancy.everyone():
        flows = queries.flows_to_settle()
        db.session.rollback()
    for organization_id, flow_id in flows:
        with tenancy.organization(organization_id):
            goes_on = True
            while goes_on and not should_stop():
                goes_on = perform(go_on_settling, flow_id)
                chunks += 1
    return chunks


def finish_enrolments() -> int:
    """Close passages that have nothing left to say. Returns how many."""
    with tenancy.everyone():
        rows = sorted(queries.passages_over(clock.now(), BATCH))
    finished = 0
    for organization_id, group in groupby(rows, key=lambda row: row.organization_id):
        with tenancy.organization(organization_id):
            finished += perform(finish_passages, [row.id for row in group])
    return finished
