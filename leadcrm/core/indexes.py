"""Indexes over some of a table's rows, said once for both databases."""

from typing import Any

from sqlalchemy import column, text


def only_where(condition: str) -> dict[str, Any]:
    """Arguments of an index over the rows that meet the condition."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


def only_where_true(flag: str) -> dict[str, Any]:
    """The same for a boolean column, in the words SQLAlchemy asks with: SQLite uses the index for no others."""
    return {"postgresql_where": text(flag), "sqlite_where": column(flag) == 1}
