"""Files that nobody imported are forgotten, what the rows of old imports said, and whoever asks to be erased."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import delete, select, update

from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.imports.finding import Finder
from leadcrm.imports.models import Import, ImportRow

UNUSED = timedelta(days=7)
KEPT = timedelta(days=90)  # what rows said, and with it the way back
ENDS_AS = {"running": "stopped", "reverting": "reverted"}
DROPPED_AT_ONCE = 500
UNTOLD = {"synchronize_session": False}


def forget_file(import_id: str) -> None:
    """Drop an import that was never started, with its file."""
    unused = delete(Import).where(Import.id == import_id, Import.started_at.is_(None))
    db.session.execute(unused.execution_options(**UNTOLD))


def forget_rows(import_id: str) -> None:
    """Drop what the rows said, and those that made no lead; which lead each of the others made stays.

    An import that is still at it ends where it is: nothing is left to go on with, or to take back.
    """
    found, rows = lock(get_or_404(Import, import_id)), ImportRow.import_id == import_id
    without_lead = delete(ImportRow).where(rows, ImportRow.state.in_(("refused", "waiting")))
    said = update(ImportRow).where(rows).values(cells=[], email="", phone="", detail={})
    for statement in (without_lead, said):
        db.session.execute(statement.execution_options(**UNTOLD))
    found.headings = _blank(found)  # the first person, in a file without headings
    found.state, found.forgotten_at = ENDS_AS.get(found.state, found.state), clock.now()


def forget_person(rows: Sequence[tuple[str, int]], addresses: Collection[str]) -> None:
    """Drop rows, by import and number, that are still no lead's; headings that hold one of the addresses go empty.

    A file that was not imported yet is left as it is: it is gone within a week, and nobody writes to who was erased.
    """
    numbers = defaultdict(list)
    for import_id, number in rows:
        numbers[import_id].append(number)
    for import_id, all_of_it in numbers.items():
        for start in range(0, len(all_of_it), DROPPED_AT_ONCE):
            some = ImportRow.number.in_(all_of_it[start : start + DROPPED_AT_ONCE])
            dropped = delete(ImportRow).where(ImportRow.import_id == import_id, some, ImportRow.lead_id.is_(None))
            db.session.execute(dropped.execution_options(**UNTOLD))
    finder = Finder(addresses)
    for found in db.session.scalars(select(Import).order_by(Import.id)):
        if finder.finds(found.headings):
            found.headings = _blank(found)


def _blank(found: Import) -> list[str]:
    return [""] * len(found.headings)
