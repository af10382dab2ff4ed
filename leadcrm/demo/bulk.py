"""Many rows into one table as fast as its database takes them: SQLite by its driver alone, PostgreSQL by COPY.

SQLAlchemy's own insert of many rows takes as long to prepare its parameters as SQLite takes to store them.
"""

import gc
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Table, bindparam, insert

from leadcrm.core.db import Moment, db, is_postgresql

Row = dict[str, Any]

# what PostgreSQL's manual advises before a large COPY ("Populating a Database"); a unique index must stand by meanwhile
ASIDE = """
SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname),
       'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(conname) || ' '
       || pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(%(tables)s)
UNION ALL
SELECT 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid)
FROM pg_index WHERE NOT indisunique AND indrelid::regclass::text = ANY(%(tables)s)
"""


@contextmanager
def without_collector() -> Iterator[None]:
    """Inside, Python does not search for rings of objects: it would look through all rows again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def bared(tables: Iterable[Table]) -> Iterator[None]:
    """Inside, PostgreSQL keeps no plain index and no foreign key of the tables; afterwards it builds them in one go.

    All in the open transaction, which locks the tables to its end: if it fails, nothing has happened. Raises
    IntegrityError when the rows break a foreign key.
    """
    connection = db.session.connection()
    aside = connection.exec_driver_sql(ASIDE, {"tables": [table.name for table in tables]}).all()
    for drop, _ in aside:
        connection.exec_driver_sql(drop)
    yield
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    for _, build in reversed(aside):  # indexes first: a foreign key is looked up by them
        connection.exec_driver_sql(build)


def fill(table: Table, rows: Sequence[Row]) -> None:
    """Add the rows in the open transaction. All have the columns of the first; Python's defaults are not filled in."""
    if not rows:
        return
    names = [name for name in table.c.keys() if name in rows[0]]  # noqa: SIM118 - a column's key, not the column
    columns = (_stored(table.c[name].type, [row[name] for row in rows]) for name in names)
    connection = db.session.connection()
    if is_postgresql():
        cells = defaultdict(_Cells)  # True and 1 are one key, but are not written alike: one for each type
        texts = [
            [*map(cells[type(table.c[name].type)].__getitem__, column)]
            for name, column in zip(names, columns, strict=True)
        ]
        lines = map(",".join, zip(*texts, strict=True))
        into = f"COPY {table.name} ({', '.join(names)}) FROM STDIN (FORMAT csv)"
        with connection.connection.cursor() as cursor, cursor.copy(into) as copy:
            copy.write("\n".join(lines))
    else:
        statement = insert(table).values({name: bindparam(f"the_{name}") for name in names})
        connection.exec_driver_sql(str(statement.compile(dialect=connection.dialect)), [*zip(*columns, strict=True)])


def _stored(kind: Any, values: Iterable[Any]) -> list[Any]:
    """The values as the driver takes them."""
    if isinstance(kind, JSON):
        return [json.dumps(value) for value in values]
    if isinstance(kind, Moment) and not is_postgresql():
        return [_moment_of_sqlite(value) for value in values]
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
