"""What the worker does for flows."""

from itertools import groupby

from leadcrm.core import clock, tenancy
from leadcrm.core.db import perform
from leadcrm.flows import queries
from leadcrm.flows.operations import finish_passages

BATCH = 500


def finish_enrolments() -> int:
    """Close passages that have nothing left to say. Returns how many."""
    with tenancy.everyone():
        rows = sorted(queries.passages_over(clock.now(), BATCH))
    finished = 0
    for organization_id, group in groupby(rows, key=lambda row: row.organization_id):
        with tenancy.organization(organization_id):
            finished += perform(finish_passages, [row.id for row in group])
    return finished
