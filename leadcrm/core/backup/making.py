"""Making a backup of the running installation."""

import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from flask import current_app
from sqlalchemy import Connection, func, inspect, select

from leadcrm.core import audit, clock
from leadcrm.core.backup import archive
from leadcrm.core.backup.archive import UPLOADS, Manifest
from leadcrm.core.backup.postgresql_store import PostgresqlStore
from leadcrm.core.backup.sqlite_store import SqliteStore
from leadcrm.core.db import Base, db
from leadcrm.settings import ROOT

Store = SqliteStore | PostgresqlStore


def make(target: Path) -> Manifest:
    """Write a backup as of now to `target`, beside whatever is being written meanwhile. Returns what it holds.

    The database first: files are written before the rows that name them, so none of those can be missing.
    Raises ProgramMissing, OSError.
    """
    audit.seal_new_facts(most_seals=None)
    with work_folder(target.absolute().parent) as folder:
        store = store_in(folder)
        made_at = clock.real_now().isoformat()
        with store.snapshot(folder) as (dump, connection):
            manifest = Manifest(
                made_at=made_at,
                version=running_version(),
                kind=store.kind,
                database=store.member,
                migration=MigrationContext.configure(connection).get_current_revision(),
                seal=audit.newest_seal(connection),
                rows=count_rows(connection),
                files={},
            )
        return archive.write(target.absolute(), manifest, [(store.member, dump), *_uploads()])


def count_rows(connection: Connection) -> dict[str, int]:
    """The rows of each of our tables that is there."""
    there = set(inspect(connection).get_table_names())
    tables = [table for table in Base.metadata.sorted_tables if table.name in there]
    return {table.name: connection.scalar(select(func.count()).select_from(table)) for table in tables}


def store_in(folder: Path) -> Store:
    """The running application's database, and a private folder to work in."""
    return SqliteStore(db.engine) if current_app.settings.is_sqlite else PostgresqlStore(db.engine, folder)


@contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """A folder that only we can read, gone afterwards."""
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".leadcrm-") as folder:
        yield Path(folder)


def running_version() -> str:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def _uploads() -> list[tuple[str, Path]]:
    """Finished files only."""
    folder = current_app.settings.uploads
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part")
    return [(f"{UPLOADS}{path.relative_to(folder).as_posix()}", path) for path in files]
