"""Many rows into one table as fast as its database takes them: SQLite by its driver alone, PostgreSQL by COPY.

SQLAlchemy's own insert of many rows takes as long to prepare its parameters as SQLite takes to store them. It goes
around the ORM: nothing is looked up, and the rows name their organization themselves.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Table, bindparam, insert

from leadcrm.core.db import Moment, db, is_postgresql

Row = dict[str, Any]


def fill(table: Table, rows: Sequence[Row]) -> None:
    """Add the rows in the open transaction. All have the columns of the first, and the plain defaults of the others.

    A default that is computed (an id, the time) is not.
    """
    if not rows:
        return
    columns = {column.key: values for column in table.c if (values := _values(column, rows)) is not None}
    connection = db.session.connection()
    if is_postgresql():
        cells = defaultdict(_Cells)  # True and 1 are one key, but are not written alike: one for each type
        texts = [[*map(cells[type(table.c[name].type)].__getitem__, values)] for name, values in columns.items()]
        lines = map(",".join, zip(*texts, strict=True))
        into = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN (FORMAT csv)"
        with connection.connection.cursor() as cursor, cursor.copy(into) as copy:
            copy.write("\n".join(lines))
    else:
        statement = insert(table).values({name: bindparam(f"the_{name}") for name in columns})
        connection.exec_driver_sql(
            str(statement.compile(dialect=connection.dialect)), [*zip(*columns.values(), strict=True)]
        )


def _values(column: Column, rows: Sequence[Row]) -> list[Any] | None:
    """What the rows have in a column, as the driver takes it; None when nothing is to be said of it."""
    if column.key in rows[0]:
        return _stored(column.type, [row[column.key] for row in rows])
    if column.default is not None and column.default.is_scalar:
        return _stored(column.type, [column.default.arg]) * len(rows)
    return None


def _stored(kind: Any, values: Iterable[Any]) -> list[Any]:
    """The values as the driver takes them."""
    if isinstance(kind, JSON):
        return [json.dumps(value) for value in values]
    if isinstance(kind, Moment) and not is_postgresql():
        values = list(values)
        texts = {value: _moment_of_sqlite(value) for value in set(values)}  # most rows share a few moments
        return [texts[value] for value in values]
    return list(values)


def _moment_of_sqlite(value: datetime | None) -> str | None:
    """As Moment stores it: UTC without its zone, so that texts sort as times do."""
    return value and value.replace(tzinfo=None).isoformat(" ", "microseconds")


class _Cells(dict[Any, str]):
    """Values as COPY reads them, each written once, which is most of the time saved over the driver's own writing."""

    def __missing__(self, value: Any) -> str:
        """Nothing is NULL, and an empty text is quoted."""
        cell = self[value] = "" if value is None else '"' + str(value).replace('"', '""') + '"'
        return cell
