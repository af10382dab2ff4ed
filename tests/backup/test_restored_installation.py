"""P13 and the main job after a restore, with real processes: a nine hours old backup, a worker, an SMTP server."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select, text

from leadcrm.conversations.models import PAUSABLE, Message, SendingPause
from leadcrm.core import tenancy
from leadcrm.core.db import db, is_postgresql
from leadcrm.identity.models import Organization
from leadcrm.leads.models import Lead
from soak.stage import Ending, Say, Stage
from tests.installation import Installation, sign_in, token_of, wait_for

pytestmark = [pytest.mark.process, pytest.mark.each_database, pytest.mark.timeout(300)]

HOURS = 9
WAITING = 5
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
QUIET_SECONDS = 6  # of a worker that ticks every second
KILLS = 8  # at even distances, from a restore's first moment to its last


@pytest.fixture(scope="module")
def owner(demo_office) -> dict:
    return next(user for user in demo_office[1]["users"] if user["role"] == "owner")


@pytest.fixture(scope="module")
def backup(databases, demo_office, owner, tmp_path_factory) -> Iterator[Path]:
    """Of an installation with due messages, which is gone by now."""
    url = databases.create(like=demo_office[0])
    installation = Installation(tmp_path_factory.mktemp("then"), url)
    try:
        yield make_backup_with_due_messages(installation, owner)
    finally:
        installation.stop()
        databases.drop(url)


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


def test_nothing_is_sent_until_a_person_releases_it_and_then_the_main_job_works(backup, restored, owner):
    assert "ok" in restored.command("restore", "--check", str(backup))
    said = restored.command("restore", str(backup))
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


def test_a_restore_killed_anywhere_leaves_the_old_or_the_paused_new(backup, databases, demo_office, tmp_path):
    """Never a restored database whose sending is not paused, nor a part of one."""

    urls = [databases.create(like=demo_office[0]) for _ in range(2)]
    rehearsal, target = [Stage(Installation(tmp_path, url)) for url in urls]
    old = _state(rehearsal)
    started = time.monotonic()
    assert "Nothing leaves" in _restore(rehearsal, backup).said[0]
    whole, new = time.monotonic() - started, _state(rehearsal)
    assert new["leads"] > old["leads"]
    assert new["pauses"] == len(PAUSABLE) * new["organizations"]
    killed = 0
    for kill in range(KILLS):
        killed += _restore(target, backup, whole * (kill + 0.5) / KILLS).killed
        assert _state(target) in (old, new), f"killed after {kill + 0.5} of {KILLS}"
    assert killed > KILLS / 2
    _restore(target, backup)
    assert _state(target) == new
    for url in urls:
        databases.drop(url)


def _restore(stage: Stage, backup: Path, seconds_to_live: float = 0) -> Ending:
    """As the command does it, by a process that is killed after so long."""

    def restore(say: Say) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds_to_live)
        say(stage.app.test_cli_runner().invoke(args=["restore", "--replace", str(backup)]).output)

    return stage.run(restore)


def _state(stage: Stage) -> dict[str, int]:
    """What is there once nobody is at it any more; pauses are those that nobody ended."""
    unended = select(func.count(SendingPause.id)).where(SendingPause.released_at.is_(None))
    queries = {model.__tablename__: select(func.count(model.id)) for model in (Organization, Lead, Message)}

    def look(say: Say) -> None:
        if is_postgresql():
            wait_for(lambda: db.session.rollback() or db.session.scalar(text(OTHERS)) == 0)
        with tenancy.everyone():
            say({name: db.session.scalar(query) for name, query in (queries | {"pauses": unended}).items()})

    return stage.run(look).said[0]
