"""What opens doors lies nowhere in clear: not in a table, a log line, an event or a page that was not asked for it."""

import logging

import pyotp
import pytest

from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.identity import queries
from tests.conftest import PASSWORD
from tests.identity.people import browser, post, sign_in
from tests.strangers.tables import all_rows, selects

NEW_PASSWORD = "seven quiet otters"


def between(text: str, before: str, after: str) -> list[str]:
    return [part.split(after)[0] for part in text.split(before)[1:]]


def newest_link(cast) -> str:
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        body = queries.sandbox_staff_mails()[0].body
    return next(word for word in body.split() if word.startswith("http")).rpartition("/")[2]


@pytest.fixture
def secrets_in_use(app, cast, caplog) -> dict[str, str]:
    """Every kind of secret there is, used once by its own page, at the most talkative log level."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.setLevel(logging.DEBUG)
    client = browser(app)
    sign_in(client, "ada@acme.test")
    post(client, "/settings/security/password", {"password": PASSWORD, "new_password": NEW_PASSWORD})
    with client.session_transaction() as session:
        found = {"session": session["_user_id"], "request tokens": session["csrf"]}
    seed = between(client.get("/settings/security/two-factor").text, "<code>", "</code>")[0]
    answer = post(client, "/settings/security/two-factor",
                  {"code": pyotp.TOTP(seed).now(), "password": NEW_PASSWORD}, htmx=True)  # fmt: skip
    found |= {f"recovery code {n}": code for n, code in enumerate(between(answer.text, "<code>", "</code>"))}
    answer = post(client, "/settings/tokens", {"name": "Website"}, htmx=True)
    token = between(answer.text, "<code>", "</code>")[0]
    post(client, "/settings/team/invitations", {"email": "zoe@acme.test", "role": "rep"})
    found |= {"invitation": newest_link(cast)}
    post(browser(app), "/password/reset", {"email": "ben@acme.test"})
    found |= {"reset": newest_link(cast)}
    assert app.test_client().get("/api/flows", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert len(found) >= 12
    return {**found, "password": PASSWORD, "new password": NEW_PASSWORD, "seed": seed, "token": token,
            "key": app.settings.secret_key}  # fmt: skip


def test_no_secret_lies_in_clear(app, cast, secrets_in_use, caplog):
    db.session.rollback()
    rows = " ".join(row for _, row in all_rows(selects()))
    logged = "\n".join(f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records)
    for what, secret in secrets_in_use.items():
        assert secret not in rows, what
        assert secret not in logged, what


def test_no_secret_is_shown_again(app, cast, secrets_in_use):
    client = browser(app, cast.ada)
    pages = ("/settings", "/settings/security", "/settings/tokens", "/settings/team", "/settings/system",
    "/notifications",
             "/healthz", "/readyz", "/nowhere")  # fmt: skip
    said = " ".join(client.get(path).text for path in pages)
    for what, secret in secrets_in_use.items():
        assert secret not in said, what


def test_settings_do_not_print_their_secrets(settings):
    assert settings.secret_key not in repr(settings)
    assert "password" not in repr(type(settings)(**{**vars(settings), "smtp_url": "smtp://user:password@mail.test"}))
