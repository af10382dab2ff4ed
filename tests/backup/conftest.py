"""An office with something of everything in it, and an empty installation to restore it into."""

import dataclasses
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from leadcrm import create_app
from leadcrm.conversations.models import Attachment, Message
from leadcrm.core import clock, tenancy
from leadcrm.core.backup import archive
from leadcrm.core.db import db, perform, writing
from leadcrm.identity.letters import Letter
from leadcrm.identity.operations.letters import post_letter
from tests.conftest import make_settings
from tests.conversations.conftest import FakeTransport, make_lead, plan

FILE = b"\x89PNG a plan of the house"


@pytest.fixture
def acme_id(cast) -> str:
    """Of the cast only this survives a restore: rows belong to a session, and that to a database."""
    return cast.acme.id


@pytest.fixture
def office(app, acme_id) -> dict[str, str]:
    """Acme with a message in each state that matters, a letter to the team, and a file. Returns messages' ids."""
    with tenancy.organization(acme_id):
        lead = make_lead(email="jane@example.com", phone="+12125550123")
        messages = {state: plan(lead, state).id for state in ("sent", "due", "sending", "claimed", "later")}
        _put(messages["due"], status="held", due_at=clock.now() + timedelta(days=1))
        _put(messages["later"], due_at=clock.now() + timedelta(days=3))
        for state in ("sending", "claimed"):
            _put(messages[state], status="held", due_at=clock.now() + timedelta(days=1))
        FakeTransport().drain()
        _put(messages["due"], status="scheduled", due_at=clock.now() - timedelta(minutes=1))
        for state in ("sending", "claimed"):
            lease = clock.real_now() + timedelta(seconds=90)
            _put(messages[state], status=state, due_at=None, claim_token=f"of {state}", lease_until=lease)
        perform(post_letter, "ben@acme.test", Letter(subject="A way in", body="https://…"))
        keep_file(app, messages["sent"], "plan-0")
    db.session.remove()
    return messages


def _put(message_id: str, **values) -> None:
    with writing() as session:
        session.execute(update(Message).where(Message.id == message_id).values(**values))


def keep_file(app: Flask, message_id: str, stored_as: str, content: bytes = FILE) -> Path:
    """A file of a message, as intake keeps it."""
    folder = app.settings.uploads / "inbound"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / stored_as).write_bytes(content)
    with writing() as session:
        names = {"filename": "plan.png", "content_type": "image/png", "size": len(content), "stored_as": stored_as}
        session.add(Attachment(message_id=message_id, **names))
    return folder / stored_as


@contextmanager
def opened_app(url: str, var: Path, **settings) -> Iterator[Flask]:
    """Another installation in this process; its context is open."""
    other = create_app(make_settings(url, var, **settings))
    other.testing = True
    with other.app_context():
        yield other
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def elsewhere(databases, tmp_path) -> Iterator[tuple[str, Path]]:
    """Database address and var folder of an installation that does not exist yet."""
    url = databases.create(empty=True)
    yield url, tmp_path / "elsewhere"
    databases.drop(url)


@pytest.fixture
def flask_command(app):
    """`flask_command("backup", path)` → click's result, in the office."""
    return lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])


@pytest.fixture
def backup_of_office(office, flask_command, tmp_path) -> Path:
    path = tmp_path / "office.backup"
    result = flask_command("backup", path)
    assert result.exit_code == 0, result.output
    return path


def repacked(path: Path, *, without: str = "", **changes) -> Path:
    """The same backup, closed with valid checksums by somebody who left out a file or changed the manifest."""
    target, folder = path.with_name("repacked.backup"), path.with_name("unpacked")
    with archive.opened(path) as old:
        old.zip.extractall(folder)
        manifest = dataclasses.replace(old.manifest, **changes)
        names = [name for name in old.manifest.files if name != without]
    archive.write(target, manifest, [(name, folder / name) for name in names])
    return target


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}
