"""The rows of a file are taken in, batch by batch: started and stopped by people, done by the worker.

A row's lead and the row's state are one transaction under the import's lock: killed at any moment, or with two workers
at it, each row is taken in once.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from typing import Any

from sqlalchemy import delete, exists, func, select

from leadcrm.core import clock, events, jobs
from leadcrm.core.db import after_commit, db, get_or_404, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record, record_all
from leadcrm.core.models import EventRow
from leadcrm.core.values import plural
from leadcrm.imports.data import Reading, RowRefused
from leadcrm.imports.events import ImportChanged, LeadImported
from leadcrm.imports.models import LONGEST_REASON, Import, ImportFile, ImportRow
from leadcrm.leads.operations import Filed, file_in
from leadcrm.notifications.operations import notify


def start_import(found: Import, *, announces: bool) -> Import:
    """Take in what was looked at. With `announces` new leads enter the flow for new leads and start automations.

    Raises Conflict when it is not ready, DomainError when no row would make or fill a lead.
    """
    found = in_state(found, "ready")
    if not set(found.foreseen) - {"refused"}:
        raise DomainError("No row can be imported. Look at the reasons, and change the file or what its columns mean.")
    db.session.execute(delete(ImportFile).where(ImportFile.import_id == found.id))
    found.announces, found.started_at = announces, clock.now()
    return _changed(found, "running", "started")


def stop_import(found: Import) -> Import:
    """No further row is taken in; what was stays. Raises Conflict when it is not running."""
    found = in_state(found, "running")
    found.ended_at = clock.now()
    return _changed(found, "stopped", "stopped")


def resume_import(found: Import) -> Import:
    """Go on with the rows that are left. Raises Conflict when it was not stopped, and once its rows are forgotten."""
    found = in_state(found, "stopped")
    if found.forgotten_at is not None:
        raise Conflict("What its rows said was forgotten in time: it cannot go on any more.")
    return _changed(found, "running", "resumed")


def take_in_rows(import_id: str, readings: Mapping[int, Reading | RowRefused]) -> bool:
    """File in what these rows say, those that are still waiting. Returns whether to go on."""
    found = lock(get_or_404(Import, import_id))
    if found.state != "running":
        return False
    waiting = select(ImportRow).where(
        ImportRow.import_id == import_id, ImportRow.number.in_(readings), ImportRow.state == "waiting"
    )
    rows = db.session.scalars(waiting.order_by(ImportRow.number)).all()
    actor = f"user:{found.author_id}" if found.author_id else "system"
    with events.acting_as(actor), nullcontext() if found.announces else events.unheard():
        _take_in({row.number: row for row in rows}, readings)
    found.results = dict(Counter(found.results) + Counter(row.outcome for row in rows))
    return True


def finish_import(import_id: str) -> None:
    """All rows were taken in."""
    found = lock(get_or_404(Import, import_id))
    left = exists().where(ImportRow.import_id == import_id, ImportRow.state == "waiting")
    if found.state == "running" and not db.session.scalar(select(left)):
        found.state, found.ended_at = "done", clock.now()
        record(ImportChanged(import_id=import_id, change="done"))
        title = f"{found.file_name} is imported: {plural(found.results.get('new', 0), 'new lead')}"
        notify([found.author_id], f"import:{import_id}:done", title, f"/imports/{import_id}", "upload")


def _take_in(rows: Mapping[int, ImportRow], readings: Mapping[int, Reading | RowRefused]) -> None:
    """A row that is refused now, though it was not when it was looked at, says why."""
    for number in rows:
        if isinstance(refusal := readings[number], RowRefused):
            _refuse(rows[number], str(refusal))
    read = {number: it for number in rows if isinstance(it := readings[number], Reading)}
    filed = file_in([(it.submission, it.beginnings) for it in read.values()])
    made_here = _made_here(rows, [it.lead_id for it in filed if isinstance(it, Filed) and not it.is_new])
    told = []
    for number, result in zip(read, filed, strict=True):
        if isinstance(result, DomainError):
            _refuse(rows[number], result.message)
            continue
        _note_done(rows[number], result, made_here)
        if result.is_new:
            made_here.add(result.lead_id)
        else:
            told.append(_found_again(rows[number], result))
    record_all(told)
    newest = db.session.scalar(select(func.max(EventRow.id)))
    for number in read:
        rows[number].last_fact = newest


def _note_done(row: ImportRow, filed: Filed, made_here: Collection[str]) -> None:
    row.state, row.reason, row.lead_id = "done", "", filed.lead_id
    row.detail = {**filed.given, "differences": dict(filed.differs)}
    row.outcome = "new" if filed.is_new else "repeat" if filed.lead_id in made_here else "known"


def _refuse(row: ImportRow, reason: str) -> None:
    row.outcome, row.state, row.reason = "refused", "refused", reason[:LONGEST_REASON]


def _made_here(rows: Mapping[int, ImportRow], lead_ids: Collection[str]) -> set[str]:
    """Those of these leads that an earlier row of the same import made."""
    made = select(ImportRow.lead_id).where(
        ImportRow.lead_id.in_(lead_ids),
        ImportRow.import_id.in_({row.import_id for row in rows.values()}),
        ImportRow.outcome == "new",
        ImportRow.state == "done",
    )
    return set(db.session.scalars(made))


def _found_again(row: ImportRow, filed: Filed) -> LeadImported:
    filled = [*filed.given["texts"], *(kind for kind, _ in filed.given["addresses"])]
    ids: dict[str, Any] = {"lead_id": filed.lead_id, "import_id": row.import_id, "row": row.number}
    return LeadImported(**ids, filled=tuple(filled), differs=tuple(filed.differs))


def in_state(found: Import, *states: str) -> Import:
    """The import, locked. Raises Conflict when it is in none of these states by now."""
    found = lock(found)
    if found.state not in states:
        raise Conflict(f"The import is {found.state} by now.")
    return found


def _changed(found: Import, state: str, change: str) -> Import:
    found.state = state
    record(ImportChanged(import_id=found.id, change=change))
    after_commit(jobs.ring_slow)
    return found
