"""Many rows into one table as fast as its database takes them: SQLite by its driver alone, PostgreSQL by COPY.

SQLAlchemy's own insert of many rows takes as long to prepare its parameters as SQLite takes to store them.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Table, bindparam, insert

from leadcrm.core.db import Moment, db, is_postgresql

Row = dict[str, Any]


def fill(table: Table, rows: Sequence[Row]) -> None:
    """Add the rows in the open transaction. All have the columns of the first; Python's defaults are not filled in."""
    if not rows:
        return
    names = [name for name in table.c.keys() if name in rows[0]]  # noqa: SIM118 - a column's key, not the column
    columns = (_stored(table.c[name].type, [row[name] for row in rows]) for name in names)
    values = list(zip(*columns, strict=True))
    connection = db.session.connection()
    if is_postgresql():
        into = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
        with connection.connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in values:
                copy.write_row(row)
    else:
        statement = insert(table).values({name: bindparam(f"the_{name}") for name in names})
        connection.exec_driver_sql(str(statement.compile(dialect=connection.dialect)), values)


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
