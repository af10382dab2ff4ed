"""Runs migrations over the application's own engine and metadata."""

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db
FOREIGN_TABLES = ("lead_search_text", "message_search_text")  # SQLite's full-text tables, made by hand-written DDL


def include_name(name, kind, parents) -> bool:
    return not (kind == "table" and name.startswith(FOREIGN_TABLES))


def run() -> None:
    # a migration writes: on SQLite that must be said before BEGIN (leadcrm.core.db)
    with database.engine.connect().execution_options(leadcrm_write=True) as connection:
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
