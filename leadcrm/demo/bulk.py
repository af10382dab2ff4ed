"""Many rows into one table as fast as its database takes them: SQLite by its driver alone, PostgreSQL by COPY.

SQLAlchemy's own insert of many rows takes as long to prepare its parameters as SQLite takes to store them.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Table

from leadcrm.core.db import Moment, db, is_postgresql

Row = dict[str, Any]


def fill(table: Table, rows: Sequence[Row]) -> None:
    """Add the rows in the open transaction. All have the columns of the first; Python's defaults are not filled in."""
    if not rows:
        return
    names = list(rows[0])
    columns = (_stored(table.c[name].type, [row[name] for row in rows]) for name in names)
    values = list(zip(*columns, strict=True))
    into = f"{table.name} ({', '.join(names)})"
    connection = db.session.connection()
    if is_postgresql():
        with connection.connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
    else:
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", values)  # noqa: S608 - our own names


def _stored(kind: Any, values: Iterable[Any]) -> Iterator[Any]:
    """The values as the driver takes them."""
    if isinstance(kind, JSON):
        return map(json.dumps, values)
    if isinstance(kind, Moment) and not is_postgresql():
        return map(_moment_of_sqlite, values)
    return iter(values)


def _moment_of_sqlite(value: datetime | None) -> str | None:
    """As Moment stores it: UTC without its zone, so that texts sort as times do."""
    return value and value.replace(tzinfo=None).isoformat(" ", "microseconds")
