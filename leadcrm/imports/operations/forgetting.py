"""Files that nobody imported are forgotten, and rows of imports long done."""

from datetime import timedelta

from sqlalchemy import delete

from leadcrm.core.db import db
from leadcrm.imports.models import Import, ImportRow

UNUSED = timedelta(days=7)


def forget_file(import_id: str) -> None:
    """Drop an import that was never started, with its file."""
    unused = delete(Import).where(Import.id == import_id, Import.started_at.is_(None))
    db.session.execute(unused.execution_options(synchronize_session=False))


def forget_rows(import_id: str) -> None:
    """Drop what became of each row; the import and its numbers stay."""
    rows = delete(ImportRow).where(ImportRow.import_id == import_id)
    db.session.execute(rows.execution_options(synchronize_session=False))
