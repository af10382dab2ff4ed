"""Runs migrations over the application's own engine and metadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db
FOREIGN_TABLES = ("lead_search_text", "message_search_text")  # SQLite's full-text tables, made by hand-written DDL


def include_name(name, kind, parents) -> bool:
    return not (kind == "table" and name.startswith(FOREIGN_TABLES))


@contextmanager
def rebuilding_tables(connection: Any) -> Iterator[None]:
    """Inside, SQLite lets a table be dropped and made anew, which is how it changes a constraint.

    Otherwise dropping it would delete its rows, and with them all that refers to them. Raises RuntimeError when rows
    refer to nothing afterwards.
    """
    if database.engine.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection  # the setting is ignored inside a transaction
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        if broken := driver.execute("PRAGMA foreign_key_check").fetchmany(5):
            raise RuntimeError(f"These rows refer to nothing: {broken}")
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def run() -> None:
    # a migration writes: on SQLite that must be said before BEGIN (leadcrm.core.db)
    with (
        database.engine.connect().execution_options(leadcrm_write=True) as connection,
        rebuilding_tables(connection),
    ):
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            include_name=include_name,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
