"""Files that nobody imported are forgotten, and what the rows of old imports said."""

from datetime import timedelta

from sqlalchemy import delete, update

from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.imports.models import Import, ImportRow

UNUSED = timedelta(days=7)
KEPT = timedelta(days=90)  # what rows said, and with it the way back
ENDS_AS = {"running": "stopped", "reverting": "reverted"}
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


def _blank(found: Import) -> list[str]:
    return [""] * len(found.headings)
