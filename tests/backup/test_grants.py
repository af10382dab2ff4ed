"""A role without the right to change facts, granted on PostgreSQL by the owner: all that processes do works with it."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from leadcrm import doctor
from leadcrm.core import grants
from leadcrm.core.db import db
from tests.databases import only_on

on_postgresql = only_on("postgresql", "SQLite has no roles to grant to")
ROLE = 'a role with spaces; and "quotes"'
REFUSED = "permission denied"


@pytest.fixture
def role(app):
    """The role, which may sign in."""
    name = db.engine.dialect.identifier_preparer.quote_identifier(ROLE)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    yield ROLE
    db.session.remove()
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.fixture
def as_role(role):
    """A connection of theirs."""
    engine = create_engine(db.engine.url.set(username=role, password="x"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def grant(app, role: str):
    return app.test_cli_runner().invoke(args=["grant-role", role])


@on_postgresql
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor = 'system'",
        "DELETE FROM events",
        "TRUNCATE events CASCADE",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "DROP TRIGGER events_no_change ON events",
        "UPDATE audit_seals SET hash = ''",
        "DELETE FROM audit_seals",
        "DELETE FROM alembic_version",
    ],
)
def test_it_can_change_no_fact(app, cast, role, as_role, statement):
    assert grant(app, role).exit_code == 0
    with pytest.raises(ProgrammingError, match=f"{REFUSED}|must be owner"):
        as_role.execute(text(statement))


@on_postgresql
def test_it_works_with_all_else(app, cast, role, as_role):
    assert grant(app, role).exit_code == 0
    for table in db.metadata.sorted_tables:
        as_role.execute(table.select().limit(1))
    as_role.execute(text("UPDATE users SET name = name"))
    as_role.execute(text("UPDATE events SET words = NULL"))
    as_role.execute(text("INSERT INTO slots SELECT * FROM slots WHERE false"))
    assert not grants.may_change_facts(as_role)


@on_postgresql
def test_the_doctor_says_which_role_could(app, monkeypatch):
    monkeypatch.setattr(doctor, "at_head", lambda: True)
    (found,) = [finding for finding in doctor.examine() if finding.subject == "Facts"]
    assert found.verdict == "note"
    assert "grant-role" in found.hint


@on_postgresql
def test_neither_an_unknown_role_nor_the_owner_is_granted_anything(app, cast):
    unknown = grant(app, "nobody")
    assert unknown.exit_code == 1
    assert 'role "nobody" does not exist' in unknown.output
    owner = grant(app, db.engine.url.username)
    assert owner.exit_code == 1
    assert "name the role that the processes sign in as" in owner.output


@only_on("sqlite", "says what SQLite answers")
def test_sqlite_says_that_it_has_no_roles(app):
    answer = grant(app, "leadcrm_app")
    assert answer.exit_code == 1
    assert "SQLite has no roles" in answer.output
