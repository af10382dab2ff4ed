"""Every row of every table as text, to see what a request changed."""

from sqlalchemy import inspect

from leadcrm.core.db import db

# Columns that any request of a signed-in person may move, at most every five minutes: "was here just now".
EXEMPT = {"user_sessions": {"seen_at"}, "api_tokens": {"used_at"}}

Rows = set[tuple[str, str]]


def selects() -> dict[str, str]:
    """What reads each table there is, also those that no model knows (full-text indexes)."""
    inspector = inspect(db.engine)
    return {
        name: f"SELECT {', '.join(_columns(inspector, name))} FROM {_quoted(name)}"
        for name in sorted(inspector.get_table_names())
    }


def all_rows(statements: dict[str, str]) -> Rows:
    """(table, row) for every row, read on a connection of its own, by its bare driver: it is done a thousand times."""
    with db.engine.connect() as connection:
        cursor = connection.connection.cursor()
        return {(name, repr(row)) for name, sql in statements.items() for row in cursor.execute(sql).fetchall()}


def _columns(inspector, name: str) -> list[str]:
    return [_quoted(it["name"]) for it in inspector.get_columns(name) if it["name"] not in EXEMPT.get(name, ())]


def _quoted(name: str) -> str:
    return f'"{name}"'
