"""Files that nobody imported are forgotten, and what the rows of imports said that are long done."""

from datetime import timedelta

from sqlalchemy import delete, update

from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.imports.models import Import, ImportRow

UNUSED = timedelta(days=7)
KEPT = timedelta(days=90)  # what rows said, and with it the way back


def forget_file(import_id: str) -> None:
    """Drop an import that was never started, with its file."""
    unused = delete(Import).where(Import.id == import_id, Import.started_at.is_(None))
    db.session.execute(unused.execution_options(synchronize_session=False))


def forget_rows(import_id: str) -> None:
    """Drop what the rows said, and those that were refused; which lead each of the others made stays."""
    found, rows = lock(get_or_404(Import, import_id)), ImportRow.import_id == import_id
    refused = delete(ImportRow).where(rows, ImportRow.state == "refused")
    said = update(ImportRow).where(rows).values(cells=[], email="", phone="", detail={})
    for statement in (refused, said):
        db.session.execute(statement.execution_options(synchronize_session=False))
    found.forgotten_at = clock.now()
