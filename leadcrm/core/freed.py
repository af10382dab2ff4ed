"""What a database still holds of rows that are gone."""

from sqlalchemy import text

from leadcrm.core.db import db, is_postgresql


def empty_the_log() -> bool:
    """Cut SQLite's log to nothing: it holds pages as they were. False while somebody reads from it.

    In the database itself `secure_delete` wrote zeros over what went. PostgreSQL vacuums and recycles by itself.
    """
    if is_postgresql():
        return True
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_busy, *_ = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
    return not is_busy
