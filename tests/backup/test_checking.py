"""`restore --check` finds each kind of damage, and says which."""

import itertools
import random
import zipfile
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from leadcrm.core import audit
from leadcrm.core.backup import archive
from leadcrm.core.backup.postgresql_store import PostgresqlStore, ProgramMissing, find_program
from leadcrm.core.backup.sqlite_store import SqliteStore
from leadcrm.core.db import db
from tests.backup.conftest import contents, repacked
from tests.databases import BACKEND

SUBJECTS = ("archive", "integrity", "foreign keys", "rows", "migration", "audit chain", "uploads")


@pytest.fixture
def check(flask_command):
    """`check(path)` → exit code, and what is said of each subject as (holds, words)."""

    def run(path: Path) -> tuple[int, dict[str, tuple[bool, str]]]:
        result = flask_command("restore", "--check", path)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        said = {}
        for line in result.output.splitlines():
            mark, subject, words = line[:8].strip(), line[8:22].strip(), line[22:]
            said[subject] = (mark == "ok", words)
        return result.exit_code, said

    return run


def broken(said: dict) -> set[str]:
    return {subject for subject, (holds, _) in said.items() if not holds}


def only_broken(said: dict) -> str:
    (subject,) = broken(said)
    return subject


def behind_the_back(*statements: str) -> None:
    """As somebody who owns the database, on a connection of their own: no trigger or foreign key is in the way."""
    db.session.remove()
    if BACKEND == "postgresql":
        connection = psycopg.connect(db.engine.url.set(drivername="postgresql").render_as_string(), autocommit=True)
        connection.execute("SET session_replication_role = replica")
    else:
        connection = db.engine.dialect.dbapi.connect(db.engine.url.database, isolation_level=None)
        for table, verb in itertools.product(("events", "audit_seals"), ("update", "delete")):
            connection.execute(f"DROP TRIGGER {table}_no_{verb}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_whole_backup_is_whole(check, backup_of_office):
    code, said = check(backup_of_office)
    assert code == 0
    assert set(said) == set(SUBJECTS)
    assert all(holds for holds, _ in said.values())
    assert said["uploads"][1] == "1 files of rows are there"


def test_the_check_touches_nothing(app, check, backup_of_office):
    def everything() -> set[str]:
        return {str(path) for path in app.settings.var.rglob("*")}

    before = everything()
    check(backup_of_office)
    assert everything() == before
    if BACKEND == "postgresql":
        left = text("SELECT count(*) FROM pg_database WHERE datname LIKE 'leadcrm_check%'")
        with db.engine.connect() as connection:
            assert connection.scalar(left) == 0


def test_every_flipped_byte_is_seen(check, backup_of_office):
    whole = backup_of_office.read_bytes()
    places = [0, len(whole) - 1, len(whole) - 70, *random.Random(7).sample(range(len(whole)), 12)]
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1
        backup_of_office.write_bytes(flipped)
        code, said = check(backup_of_office)
        assert (code, only_broken(said)) == (1, "archive"), place


@pytest.mark.parametrize("size", [0, 1, 70, 5000])
def test_half_a_file_is_seen(check, backup_of_office, size):
    backup_of_office.write_bytes(backup_of_office.read_bytes()[:size])
    assert check(backup_of_office)[0] == 1


def test_a_strange_archive_is_not_a_backup(check, tmp_path):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("hello", "world")
        other.comment = archive.SEAL + b"0" * archive.DIGITS
    archive._put_seal(path)
    code, said = check(path)
    assert (code, only_broken(said)) == (1, "archive")


def test_a_file_that_is_not_there(flask_command, tmp_path):
    result = flask_command("restore", "--check", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_a_dropped_upload_is_seen(check, backup_of_office):
    code, said = check(repacked(backup_of_office, without="uploads/inbound/plan-0"))
    assert (code, only_broken(said)) == (1, "uploads")
    assert "inbound/plan-0" in said["uploads"][1]


def test_an_upload_that_was_lost_before_the_backup_is_seen(app, check, office, flask_command, tmp_path):
    (app.settings.uploads / "inbound" / "plan-0").write_bytes(b"cut")
    path = tmp_path / "cut.backup"
    flask_command("backup", path)
    assert only_broken(check(path)[1]) == "uploads"


def test_a_dropped_database_is_seen(check, backup_of_office):
    name = next(name for name in contents(backup_of_office) if name.startswith("database"))
    code, said = check(repacked(backup_of_office, without=name))
    assert (code, only_broken(said)) == (1, "database")


def test_a_deleted_fact_is_seen(check, office, flask_command, tmp_path):
    audit.seal_new_facts(most_seals=None)
    behind_the_back("DELETE FROM debts", "DELETE FROM events WHERE id = 3")
    path = tmp_path / "forged.backup"
    flask_command("backup", path)
    code, said = check(path)
    assert (code, only_broken(said)) == (1, "audit chain")


def test_a_chain_that_was_written_anew_lacks_the_backups_seal(check, backup_of_office):
    code, said = check(repacked(backup_of_office, seal="f" * 64))
    assert (code, only_broken(said)) == (1, "audit chain")


def test_a_row_without_its_parent_is_seen(check, office, flask_command, tmp_path):
    behind_the_back("DELETE FROM leads")
    path = tmp_path / "orphans.backup"
    flask_command("backup", path)
    code, said = check(path)
    assert code == 1
    subject = only_broken(said)
    assert subject == ("database" if BACKEND == "postgresql" else "foreign keys")
    assert "lead" in said[subject][1] or "messages" in said[subject][1]


def test_missing_rows_are_seen(check, backup_of_office):
    with archive.opened(backup_of_office) as opened:
        rows = opened.manifest.rows
    code, said = check(repacked(backup_of_office, rows={**rows, "leads": rows["leads"] + 1}))
    assert (code, only_broken(said)) == (1, "rows")


def test_a_backup_of_a_newer_version_is_refused(check, backup_of_office, flask_command):
    newer = repacked(backup_of_office, migration="9999")
    assert only_broken(check(newer)[1]) == "migration"
    result = flask_command("restore", "--replace", newer)
    assert result.exit_code == 1
    assert "9999" in result.output


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "uploads/../../outside"])
def test_a_name_outside_of_the_folder_is_refused(check, backup_of_office, tmp_path, name):
    (tmp_path / "evil").write_bytes(b"x")
    with archive.opened(backup_of_office) as old:
        manifest = old.manifest
    target = tmp_path / "evil.backup"
    archive.write(target, manifest, [(name, tmp_path / "evil")])
    assert only_broken(check(target)[1]) == "archive"


def test_a_damaged_database_file_is_seen(check, backup_of_office, tmp_path):
    """Its checksum in the archive is right: it was damaged before it was put there."""
    member = PostgresqlStore.member if BACKEND == "postgresql" else SqliteStore.member
    with archive.opened(backup_of_office) as old:
        manifest, dump = old.manifest, old.extract(member, tmp_path / "dump")
        old.extract("uploads/inbound/plan-0", tmp_path / "plan")
    turn_over(dump)
    target = tmp_path / "pages.backup"
    archive.write(target, manifest, [(member, dump), ("uploads/inbound/plan-0", tmp_path / "plan")])
    code, said = check(target)
    assert code == 1
    assert broken(said) & {"database", "integrity"}, said  # the page may be one that other checks need, too


def turn_over(dump: Path) -> None:
    """Write the page in the file's middle backwards: a page of SQLite's, or compressed rows of a dump."""
    pages = bytearray(dump.read_bytes())
    middle = len(pages) // 2 // 4096 * 4096
    pages[middle : middle + 4096] = pages[middle : middle + 4096][::-1]
    dump.write_bytes(pages)


def test_a_missing_program_is_named_with_the_version_it_needs():
    with pytest.raises(ProgramMissing, match=r"pg_dump of PostgreSQL 7 is needed .* install postgresql-client-7"):
        find_program("pg_dump", 7)


def test_the_password_stands_in_a_private_file_not_on_a_command_line(tmp_path):
    url = make_url("postgresql+psycopg://leadcrm:se%3Acr%5Cet@db.test:5433/leadcrm?sslmode=require")
    address = PostgresqlStore(create_engine(url), tmp_path)._address(url)
    assert address.startswith("postgresql://leadcrm@db.test:5433/leadcrm?")
    assert "sslmode=require" in address
    assert "et@" not in address
    assert "***" not in address
    passwords = tmp_path / "passwords"
    assert passwords.read_text() == "*:*:*:*:se\\:cr\\\\et\n"
    assert passwords.stat().st_mode & 0o077 == 0


def test_verify_audit_says_what_it_walked_and_where_it_breaks(flask_command, office):
    result = flask_command("verify-audit")
    assert result.exit_code == 0
    newest = result.output.split()[-1]
    assert flask_command("verify-audit", "--contains", newest).exit_code == 0
    assert flask_command("verify-audit", "--contains", "f" * 64).exit_code == 1
    behind_the_back("DELETE FROM debts", "DELETE FROM events WHERE id = 3")
    result = flask_command("verify-audit")
    assert result.exit_code == 1
    assert "BROKEN" in result.output
