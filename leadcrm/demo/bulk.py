"""Filling whole tables: what stands in the way of millions of rows is put aside meanwhile."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Table

from leadcrm.core.db import db

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
