"""What the worker does for imports, a batch per transaction: killed between two, it goes on behind the last."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, islice

from leadcrm.core import clock, tenancy
from leadcrm.core.apart import in_turns, on_its_own
from leadcrm.core.db import db, end_reading, get_or_404, perform
from leadcrm.identity.queries import colleagues
from leadcrm.imports import queries
from leadcrm.imports.csv_files import Record, Writing, rows_of
from leadcrm.imports.data import Plan, Reading, RowRefused
from leadcrm.imports.models import Import, ImportRow
from leadcrm.imports.operations import checking, forgetting, reverting, running
from leadcrm.imports.reading import RowReader

LOOKED_AT = 500  # rows at once
TAKEN_IN = 100  # new leads in one transaction: some 100 ms of the write lock
FILLING = 4  # times as long takes a lead that is known


def drain_imports(should_stop: Callable[[], bool]) -> int:
    """Look at rows, take them in and back, batch by batch, each import in turn. Returns how many batches that were."""
    return in_turns(queries.under_way, _do_a_batch, "import", should_stop)


def forget_old_imports() -> int:
    """Forget files nobody imported, and what was in imports long done, stopped or stuck. Returns how many imports."""
    now = clock.now()
    with tenancy.everyone():
        unused = queries.unstarted_before(now - forgetting.UNUSED)
        done = queries.with_rows_quiet_since(now - forgetting.KEPT)
        db.session.rollback()
    for verb, found in ((forgetting.forget_file, unused), (forgetting.forget_rows, done)):
        for organization_id, import_id in found:
            with on_its_own(organization_id, f"forgetting import {import_id}"):
                perform(verb, import_id)
    return len(unused) + len(done)


def _do_a_batch(import_id: str) -> bool:
    """Whether there may be more. What can be read is read before the write begins."""
    found = get_or_404(Import, import_id)
    match found.state:
        case "checking":
            return _look_at_a_batch(found)
        case "running":
            return _take_in_a_batch(found)
        case "reverting":
            return perform(reverting.revert_rows, import_id)
    return False


def _look_at_a_batch(found: Import) -> bool:
    rows = rows_of(queries.content_of(found.id), Writing(found.encoding, found.delimiter))
    records = list(islice(rows, found.checked, found.checked + LOOKED_AT))
    seen = checking.look_at(found.id, _reader(found), records)
    checked = found.checked
    end_reading()
    return perform(checking.note_seen, found.id, checked, seen)


def _take_in_a_batch(found: Import) -> bool:
    rows = _a_batch(queries.rows_in_state(found.id, "waiting", TAKEN_IN))
    if not rows:
        perform(running.finish_import, found.id)
        return False
    readings = _read(_reader(found), (Record(row.number, tuple(row.cells)) for row in rows))
    end_reading()
    return perform(running.take_in_rows, found.id, readings)


def _a_batch(rows: Sequence[ImportRow]) -> Sequence[ImportRow]:
    """The first of these rows, as many as are done in the time of TAKEN_IN new leads."""
    costs = accumulate(1 if row.outcome == "new" else FILLING for row in rows)
    return rows[: max(1, sum(cost <= TAKEN_IN for cost in costs))]


def _reader(found: Import) -> RowReader:
    return RowReader(Plan.from_json(found.plan), found.headings, colleagues())


def _read(reader: RowReader, records: Iterable[Record]) -> dict[int, Reading | RowRefused]:
    readings: dict[int, Reading | RowRefused] = {}
    for record in records:
        try:
            readings[record.number] = reader.read(record)
        except RowRefused as refusal:
            readings[record.number] = refusal
    return readings
