"""A backup made before an erasure is restored: the person does not come back, whoever kept the journal."""

import shutil

import pytest
from sqlalchemy import select

from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.core.models import Erasure
from leadcrm.leads.models import Lead
from tests.backup.conftest import opened_app
from tests.conversations.conftest import make_lead
from tests.privacy.conftest import traces
from tests.privacy.test_erasure import erase


@pytest.fixture
def backup(app, person, cast, tmp_path):
    """Made while the person and Jane were there; since then the person was erased. Returns the file's path."""
    make_lead(email="jane@example.com")
    path = tmp_path / "before.backup"
    _run(app, "backup", path)
    erase(person, cast.ada)
    return path


def _run(app, *words) -> str:
    result = app.test_cli_runner().invoke(args=[str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def _who_is_there(app) -> list[str]:
    db.session.remove()
    with tenancy.everyone():
        return sorted(db.session.scalars(select(Lead.name)))


def test_restored_over_the_installation_it_erases_from_the_database_it_replaces(app, backup):
    (app.settings.var / "erasures.jsonl").unlink()
    _run(app, "restore", backup, "--replace")
    assert _who_is_there(app) == ["Jane Doe"]
    assert traces(app) == []
    _run(app, "verify-audit")


@pytest.mark.parametrize("name", ["kept apart.jsonl", "elsewhere/erasures.jsonl"])
def test_restored_where_the_database_was_lost_it_erases_from_the_journals_file(app, backup, databases, tmp_path, name):
    """Named, or where it always lies."""
    journal = tmp_path / name
    journal.parent.mkdir(exist_ok=True)
    shutil.copy(app.settings.var / "erasures.jsonl", journal)
    named = [] if journal.name == "erasures.jsonl" else ["--erasures", journal]
    url = databases.create(empty=True)
    with opened_app(url, tmp_path / "elsewhere", secret_key=app.settings.secret_key) as other:
        _run(other, "restore", backup, *named)
        assert _who_is_there(other) == ["Jane Doe"]
        assert traces(other) == []
        with tenancy.everyone():
            assert all(entry.settled_at for entry in db.session.scalars(select(Erasure)))
    databases.drop(url)


def test_without_any_journal_the_backup_is_as_it_was(app, backup, databases, tmp_path):
    """Else the tests above prove nothing."""
    url = databases.create(empty=True)
    with opened_app(url, tmp_path / "elsewhere", secret_key=app.settings.secret_key) as other:
        _run(other, "restore", backup)
        assert len(_who_is_there(other)) == 2
    databases.drop(url)
