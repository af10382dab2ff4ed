"""What the worker does for flows."""

from collections.abc import Callable
from itertools import groupby

from sqlalchemy import Row

from leadcrm.conversations.operations import inside
from leadcrm.core import clock, tenancy
from leadcrm.core.apart import on_its_own
from leadcrm.core.db import db, perform
from leadcrm.flows import queries
from leadcrm.flows.operations import (
    copies_behind,
    end_rewording,
    finish_passages,
    go_on_publishing,
    go_on_rewording,
    go_on_settling,
    rewording,
)
from leadcrm.flows.operations.acting import act

BATCH = 500  # passages that end in one transaction
LOOK = 10_000  # passages that end in one round: a campaign of a hundred thousand is over in ten minutes, not in hours


def drain_settlings(should_stop: Callable[[], bool]) -> int:
    """Bring waiting messages in line with switches, chunk by chunk. Returns how many chunks that were."""
    return _drain(queries.flows_to_settle, go_on_settling, "settling", should_stop)


def drain_publications(should_stop: Callable[[], bool]) -> int:
    """Bring leads inside in line with what was published, chunk by chunk. Returns how many chunks that were."""
    return _drain(queries.flows_to_bring_in_line, go_on_publishing, "publishing", should_stop)


def drain_deeds(should_stop: Callable[[], bool]) -> int:
    """Add tasks and tell owners where the time of such a step has come. Returns how many moved."""
    with tenancy.everyone():
        due = queries.deeds_due()
        db.session.rollback()
    moved = 0
    for organization_id, channel in due:
        with on_its_own(organization_id, f"doing of flows ({channel})"):
            batch = inside.BATCH
            while batch == inside.BATCH and not should_stop():
                batch = perform(inside.do_due, channel, act)
                moved += batch
    return moved


def _drain(
    left: Callable[[], list[Row]], go_on: Callable[[str], bool], doing: str, should_stop: Callable[[], bool]
) -> int:
    chunks = 0
    with tenancy.everyone():
        flows = left()
        db.session.rollback()
    for organization_id, flow_id in flows:
        with on_its_own(organization_id, f"{doing} flow {flow_id}"):
            goes_on = True
            while goes_on and not should_stop():
                goes_on = perform(go_on, flow_id)
                chunks += 1
    return chunks


def drain_rewordings(should_stop: Callable[[], bool]) -> int:
    """Give waiting messages of edited steps their new words, chunk by chunk. Returns how many chunks that were."""
    with tenancy.everyone():
        steps = queries.steps_to_reword()
        db.session.rollback()
    chunks = 0
    for organization_id, step_id in steps:
        with on_its_own(organization_id, f"rewording step {step_id}"):
            chunks += _reword(step_id, should_stop)
    return chunks


def _reword(step_id: str, should_stop: Callable[[], bool]) -> int:
    chunks = 0
    while not should_stop():
        revision, copies = copies_behind(step_id)
        db.session.rollback()
        if not copies:
            perform(end_rewording, step_id, revision)
            break
        for start in range(0, len(copies), rewording.CHUNK):
            if should_stop():
                break
            perform(go_on_rewording, step_id, copies[start : start + rewording.CHUNK])
            chunks += 1
    return chunks


def finish_enrolments() -> int:
    """Close passages that have nothing left to say, at most LOOK. Returns how many."""
    with tenancy.everyone():
        rows = sorted(queries.passages_over(clock.now(), LOOK))
    finished = 0
    for organization_id, group in groupby(rows, key=lambda row: row.organization_id):
        ids = [row.id for row in group]
        with on_its_own(organization_id, "finishing passages"):
            for start in range(0, len(ids), BATCH):
                finished += perform(finish_passages, ids[start : start + BATCH])
    return finished
