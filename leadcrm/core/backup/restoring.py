"""Looking at a backup, and putting it in the place of an installation."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Connection, Executable, Select, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from leadcrm.core import audit, jobs, timetable
from leadcrm.core.backup.archive import UPLOADS, Archive, Damaged, Manifest, opened
from leadcrm.core.backup.checking import Check
from leadcrm.core.backup.making import Store, count_rows, store_in, work_folder
from leadcrm.core.db import Base, db
from leadcrm.core.models import Heartbeat, Slot
from leadcrm.settings import ROOT

NOT_DATA = {Slot.__tablename__, Heartbeat.__tablename__}
SHOWN = 3


class Occupied(Exception):
    """There is something in the way of a restore. The message says what, and what to do."""


def check(path: Path, files: Select) -> Iterator[Check]:
    """Everything that can be wrong with a backup, looked at in a scratch place; the installation is not touched.

    `files` selects path below the uploads folder and size of every file that a row speaks of.
    Raises OSError when there is no such file, ProgramMissing.
    """
    try:
        with opened(path) as archive, work_folder(current_app.settings.var) as folder:
            words = f"made {archive.manifest.made_at} by version {archive.manifest.version}"
            yield Check("archive", True, f"{words}, {path.stat().st_size} bytes, checksum matches")
            yield from _check_contents(archive, store_in(folder), folder, files)
    except Damaged as damage:
        yield Check("archive", False, str(damage))


def _check_contents(archive: Archive, store: Store, folder: Path, files: Select) -> Iterator[Check]:
    try:
        _refuse_foreign(archive.manifest, store)
        dump = archive.extract(store.member, folder / "restored")
        with store.scratch(dump) as connection:
            yield from store.examine(connection)
            yield from _check_rows(archive.manifest, connection)
            yield _check_uploads(archive, connection, files)
    except (Damaged, SQLAlchemyError) as error:
        yield Check("database", False, str(getattr(error, "orig", error)).splitlines()[0])


def _check_rows(manifest: Manifest, connection: Connection) -> Iterator[Check]:
    found = count_rows(connection)
    changed = [table for table in manifest.rows if found.get(table) != manifest.rows[table]]
    total = f"{sum(found.values())} in {len(found)} tables"
    yield Check("rows", not changed, f"other numbers in {', '.join(changed[:SHOWN])}" if changed else total)
    yield _check_migration(manifest)
    chain = audit.walk(connection, must_contain=manifest.seal)
    words = chain.broken or f"{chain.facts} facts under {chain.seals} seals"
    yield Check("audit chain", chain.broken is None, words)


def _check_migration(manifest: Manifest) -> Check:
    script = ScriptDirectory(str(ROOT / "migrations"))
    if manifest.migration not in {revision.revision for revision in script.walk_revisions()}:
        return Check("migration", False, f"{manifest.migration} is unknown to this version: use the one that made it")
    is_newest = manifest.migration == script.get_current_head()
    words = "the newest" if is_newest else "older than this version's: restoring migrates it"
    return Check("migration", True, f"{manifest.migration}, {words}")


def _check_uploads(archive: Archive, connection: Connection, files: Select) -> Check:
    there = {name.removeprefix(UPLOADS): stored for name, stored in archive.manifest.files.items()}
    wrong, count = [], 0
    for path, size in connection.execute(files):
        count += 1
        if path not in there or there[path].size != size:
            wrong.append(path)
    if wrong:
        return Check(
            "uploads", False, f"{len(wrong)} of {count} missing or of another size: {', '.join(wrong[:SHOWN])}"
        )
    for name in archive.manifest.files:
        if name.startswith(UPLOADS):
            archive.verify(name)
    return Check("uploads", True, f"{count} files of rows are there")


def restore(path: Path, calming: Callable[[datetime], Sequence[Executable]], *, replace: bool) -> Manifest:
    """Put the backup in the place of the installation; `calming(made_at)` is done in it before anyone sees it.

    Raises Occupied while a worker runs, and without `replace` unless the installation is empty; Damaged, ProgramMissing
    and OSError. Then database and uploads are as they were, but for files more.
    """
    _refuse_while_in_use(replace)
    settings = current_app.settings
    with opened(path) as archive, work_folder(settings.var) as folder:
        manifest, store = archive.manifest, store_in(folder)
        _refuse_foreign(manifest, store)
        known = _check_migration(manifest)
        if not known.holds:
            raise Damaged(f"Its migration {known.words}.")
        dump = archive.extract(store.member, folder / "restored")
        archive.extract_uploads(settings.uploads)  # before the rows that name them; equal names are equal files
        store.replace(dump, calming(manifest.moment))
        _remove_other_uploads(settings.uploads, manifest)
    return manifest


def _refuse_foreign(manifest: Manifest, store: Store) -> None:
    if manifest.kind != store.kind:
        raise Damaged(f"It is of a {manifest.kind} database; this installation runs on {store.kind} (DATABASE_URL).")


def _refuse_while_in_use(replace: bool) -> None:
    db.session.remove()
    there = set(inspect(db.engine).get_table_names())
    if Heartbeat.__tablename__ in there and (running := set(jobs.LANES) - timetable.silent_lanes()):
        raise Occupied(f"A worker runs (lane {', '.join(sorted(running))}). Stop it, wait half a minute and try again.")
    if replace:
        return
    tables = [table for name, table in Base.metadata.tables.items() if name in there and name not in NOT_DATA]
    filled = [table.name for table in tables if db.session.execute(select(table).limit(1)).first()]
    db.session.remove()
    if filled or any(current_app.settings.uploads.rglob("*")):
        raise Occupied("This installation is not empty. --replace puts the backup in the place of everything in it.")


def _remove_other_uploads(folder: Path, manifest: Manifest) -> None:
    """What the replaced installation had and the backup does not."""
    for path in folder.rglob("*"):
        if path.is_file() and f"{UPLOADS}{path.relative_to(folder).as_posix()}" not in manifest.files:
            path.unlink()
