"""P13 and the main job after a restore, with real processes: a nine hours old backup, a worker, an SMTP server."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, inspect, select

from leadcrm.conversations.models import PAUSABLE, SendingPause
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.identity.models import Organization
from tests.backup.conftest import opened_app
from tests.installation import ROOT, Installation, sign_in, token_of, wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

HOURS = 9
WAITING = 5
QUIET_SECONDS = 6  # of a worker that ticks every second


@pytest.fixture
def owner(demo) -> dict:
    return next(user for user in demo["users"] if user["role"] == "owner")


@pytest.fixture
def restored(databases, tmp_path) -> Iterator[Installation]:
    """An installation nine hours later; nothing is restored or started yet."""
    url = databases.create(empty=True)
    later = Installation(tmp_path / "later", url, CLOCK_OFFSET_SECONDS=str(HOURS * 3600))
    later.folder.mkdir()
    yield later
    later.stop()
    databases.drop(url)


def make_backup_with_due_messages(installation: Installation, owner: dict) -> Path:
    """Its worker is down, so what is asked for stays due."""
    installation.start_web()
    api = installation.api(owner["api_token"])
    lead = api.post("/api/leads", first_name="Sarah", email="sarah@leads.test", timezone="Europe/London").json()["id"]
    for number in range(WAITING):
        answer = api.post("/api/messages", lead_id=lead, channel="email", subject=f"Hello {number}", content="Hi")
        assert answer.status_code == 202, answer.text
    path = installation.folder / "office.backup"
    installation.command("backup", str(path))
    installation.end("web")
    return path


def test_nothing_is_sent_until_a_person_releases_it_and_then_the_main_job_works(installation, restored, owner):
    path = make_backup_with_due_messages(installation, owner)
    assert "ok" in restored.command("restore", "--check", str(path))
    said = restored.command("restore", str(path))
    assert "Nothing leaves until somebody releases it" in said
    restored.start_sink()
    restored.start_web()
    restored.start_worker()
    wait_for(lambda: None not in requests.get(f"{restored.url}/readyz", timeout=5).json()["lanes"].values())
    time.sleep(QUIET_SECONDS)
    assert restored.mails() == []
    assert requests.get(f"{restored.url}/readyz", timeout=5).json()["paused_channels"] > 0

    browser = sign_in(restored.url, owner)
    page = browser.get(f"{restored.url}/settings/system/sending", headers={"HX-Request": "true"}, timeout=10).text
    due = int(re.search(r"Email: (\d+) messages would leave now", page)[1])
    assert due >= WAITING
    form = {"csrf_token": token_of(page)}
    release = f"{restored.url}/settings/system/sending/email/release"
    assert browser.post(release, data=form, timeout=10, allow_redirects=False).status_code == 303
    wait_for(lambda: len([mail for mail in restored.mails() if mail["rcpt"] == "sarah@leads.test"]) >= WAITING)

    restored.api(owner["api_token"]).post("/api/leads", first_name="Nora", email="nora@leads.test", timezone="UTC")
    wait_for(lambda: [mail for mail in restored.mails() if mail["rcpt"] == "nora@leads.test"])


def test_a_restore_killed_anywhere_leaves_the_old_or_the_paused_new(installation, owner, databases, tmp_path):
    """Never a restored database whose sending is not paused."""
    path = make_backup_with_due_messages(installation, owner)
    url = databases.create(empty=True)
    target = Installation(tmp_path / "killed", url)
    target.folder.mkdir()
    started = time.monotonic()
    target.command("restore", str(path))
    whole = time.monotonic() - started
    outcomes = set()
    for part in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
        databases.drop(url)
        url = databases.create(empty=True)
        target.environment["DATABASE_URL"] = url
        process = subprocess.Popen([sys.executable, "-m", "flask", "restore", "--replace", str(path)],
                                   cwd=ROOT, env=target.environment, stdout=subprocess.DEVNULL)  # fmt: skip
        time.sleep(whole * part)
        process.kill()
        process.wait()
        outcomes.add(_state_of(url, tmp_path / "looking"))
    assert outcomes <= {"empty", "paused"}
    target.command("restore", "--replace", str(path))
    assert _state_of(url, tmp_path / "looking") == "paused"
    databases.drop(url)


def _state_of(url: str, var: Path) -> str:
    with opened_app(url, var):
        if Organization.__tablename__ not in inspect(db.engine).get_table_names():
            return "empty"
        with tenancy.everyone():
            organizations = db.session.scalar(select(func.count(Organization.id)))
            pauses = db.session.scalar(select(func.count(SendingPause.id)).where(SendingPause.released_at.is_(None)))
        return "paused" if pauses == len(PAUSABLE) * organizations > 0 else "open"
