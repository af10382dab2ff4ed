"""SQLite's side of backup and restore: whole copies by the one-step backup interface, which writers hardly notice."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, NullPool, create_engine, text

from leadcrm.core.backup.checking import Check
from leadcrm.core.db import writers_turn

PATIENCE_SECONDS = 30
SHOWN = 3


class SqliteStore:
    """The database file of the running application."""

    kind = "sqlite"
    member = "database.sqlite3"

    def __init__(self, engine: Engine):
        self.engine = engine
        self.module = engine.dialect.dbapi

    @contextmanager
    def snapshot(self, folder: Path) -> Iterator[tuple[Path, Connection]]:
        """A copy as of one moment, and a connection that reads it. One step: a stepwise copy never ends under load."""
        path = folder / self.member
        with closing(self.engine.raw_connection()) as source, closing(self._connect(path)) as copy:
            source.driver_connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        with self._reading(path) as connection:
            yield path, connection

    @contextmanager
    def scratch(self, dump: Path) -> Iterator[Connection]:
        """A connection to the database in a dump, which nothing else uses."""
        with self._reading(dump) as connection:
            yield connection

    def examine(self, connection: Connection) -> Iterator[Check]:
        """Whether the file is whole and every row refers to rows that exist."""
        found = connection.scalars(text("PRAGMA integrity_check")).all()
        yield Check("integrity", found == ["ok"], " ".join("; ".join(found[:SHOWN]).split()))  # SQLite's has lines
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
        tables = ", ".join(sorted({row[0] for row in orphans}))
        yield Check("foreign keys", not orphans, f"{len(orphans)} broken in {tables}" if orphans else "all hold")

    def replace(self, dump: Path, statements: Sequence[Executable]) -> None:
        """Put the dump, with the statements done in it, in the place of the database, at one stroke.

        Whoever reads goes on reading the old one to the end of their transaction.
        """
        engine = self._engine_of(dump)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)
        self.engine.dispose()
        with closing(self._connect(dump)) as source, closing(self._connect(self.engine.url.database)) as live:
            live.execute("PRAGMA synchronous=FULL")
            with writers_turn():
                source.backup(live)

    @contextmanager
    def _reading(self, path: Path) -> Iterator[Connection]:
        with self._engine_of(path).connect() as connection:
            yield connection

    def _engine_of(self, path: Path) -> Engine:
        return create_engine(f"sqlite:///{path}", module=self.module, poolclass=NullPool)

    def _connect(self, path: Path | str) -> Any:
        return self.module.connect(str(path), isolation_level=None, timeout=PATIENCE_SECONDS)
