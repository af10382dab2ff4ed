"""Canary credentials: what lets anybody in is in no table, backup, log, page or answer in the clear."""

import dataclasses
import logging
import zipfile

import pyotp
import pytest
from sqlalchemy import select

from leadcrm.core import backup, tenancy
from leadcrm.core.db import Base, db, perform
from leadcrm.identity import operations, queries
from leadcrm.identity.letters import Letter
from leadcrm.identity.operations.letters import post_letter
from tests.conftest import PASSWORD
from tests.identity.people import browser, post

OF_THE_SERVER = {
    "secret_key": "canary-of-the-key-0123456789abcdef0123456789",
    "previous_secret_keys": "canary-of-the-key-before-0123456789abcdef012",
    "smtp_url": "canary-of-the-mail-server",
    "imap_url": "canary-of-the-mailbox",
    "email_webhook_secret": "canary-of-the-webhook",
}
IN_A_LETTER = "canary-of-a-link"


@pytest.fixture
def canaries(app, acme, cast, caplog) -> dict[str, str]:
    """Every secret there is, used once, wrongly too. The log is being read."""
    caplog.set_level(logging.DEBUG)
    app.settings = dataclasses.replace(
        app.settings,
        secret_key=OF_THE_SERVER["secret_key"],
        previous_secret_keys=(OF_THE_SERVER["previous_secret_keys"],),
        smtp_url=f"smtp://lea:{OF_THE_SERVER['smtp_url']}@127.0.0.1:9",
        imap_url=f"imap://lea:{OF_THE_SERVER['imap_url']}@127.0.0.1:9/INBOX",
        email_webhook_secret=OF_THE_SERVER["email_webhook_secret"],
    )
    seed = pyotp.random_base32()
    codes = perform(operations.enable_two_factor, cast.ben, seed, pyotp.TOTP(seed).now())
    _, session_secret = perform(operations.open_session, cast.ada.id)
    perform(post_letter, "ada@acme.test", Letter("A way in", f"https://crm.test/{IN_A_LETTER}\n"))
    post(browser(app), "/login", {"email": "ada@acme.test", "password": f"{PASSWORD} wrong"})
    post(browser(app), "/login", {"email": "ada@acme.test", "password": PASSWORD})
    run = app.test_cli_runner().invoke
    assert "Key" in run(args=["doctor"]).output
    run(args=["run-due"])
    people = {"password": PASSWORD, "seed": seed, "recovery code": codes[0], "session": session_secret}
    return OF_THE_SERVER | people | {"letter": IN_A_LETTER}


def assert_none_in(text: str, canaries: dict[str, str]) -> None:
    assert [name for name, secret in canaries.items() if secret in text] == []


def test_no_table_holds_one(canaries, app, settings):
    db.session.rollback()
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            assert_none_in(" ".join(str(value) for value in row), canaries)
    if settings.is_sqlite:
        for file in settings.database_path.parent.glob(settings.database_path.name + "*"):
            assert_none_in(file.read_bytes().decode("latin-1"), canaries)


def test_no_backup_holds_one(canaries, tmp_path):
    backup.make(tmp_path / "office.backup")
    with zipfile.ZipFile(tmp_path / "office.backup") as archive:
        for name in archive.namelist():
            assert_none_in(archive.read(name).decode("latin-1"), canaries)


def test_no_log_holds_one(canaries, caplog):
    words = logging.Formatter()
    lines = [words.format(record) for record in caplog.get_records("setup")]
    assert any("Connection refused" in line for line in lines), "the log is read"
    assert_none_in("\n".join(lines), canaries)


def test_no_page_of_the_operator_and_no_error_page_shows_one(canaries, app, monkeypatch):
    app.testing = False
    owner = browser(app, queries.user_by_email("ada@acme.test"))
    monkeypatch.setattr("leadcrm.core.system.health", lambda: 1 / 0)
    broken = owner.get("/readyz")
    assert broken.status_code == 500
    monkeypatch.undo()
    pages = [broken, *(owner.get(path) for path in ("/settings/system", "/settings/security", "/readyz", "/nowhere"))]
    assert pages[1].status_code == 200
    for page in pages:
        assert_none_in(page.text + str(page.headers), canaries)


def test_the_doctor_and_the_settings_own_words_tell_none(canaries, app):
    assert_none_in(app.test_cli_runner().invoke(args=["doctor"]).output, canaries)
    assert_none_in(repr(app.settings), canaries)
    with tenancy.everyone():
        assert_none_in(str(db.engine.url), canaries)
