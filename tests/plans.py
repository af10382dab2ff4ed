"""How the database reads a statement when its tables are too full to be read whole."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from leadcrm.core.db import db, is_postgresql

ROWS = ("seqscan", "bitmapscan", "indexscan")  # ways of PostgreSQL's that read rows; reading an index alone is another
SMALL = ("seqscan", "sort")  # what PostgreSQL does with small tables, whatever indexes they have


@contextmanager
def remembered(*beginnings: str) -> Iterator[list[tuple[str, Any]]]:
    """The statements that run inside and begin so, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def remember(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith(beginnings):
            seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", remember)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", remember)


def plan_of(statement: str, parameters: Any, without: Sequence[str] = SMALL) -> str:
    """The plan's lines. PostgreSQL plans `without` those ways, which stay in the plan only where there is no other."""
    connection = db.session.connection()
    if is_postgresql():
        for way in without:
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
    else:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    return "\n".join(row[-1] for row in rows)


def plans_of(work: Callable[[], object], *beginnings: str, without: Sequence[str] = SMALL) -> list[str]:
    """The plans of all that a piece of work asks and changes; see `plan_of`."""
    with remembered(*beginnings or ("SELECT", "DELETE", "UPDATE")) as seen:
        work()
    return [plan_of(*one, without) for one in seen]
