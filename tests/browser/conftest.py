"""Real Chromium on a real server with the demo office in it.

Every page must keep the console empty: a message of the Content-Security-Policy, a failed request or a script error
fails the test that caused it.
"""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, session
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from leadcrm import create_app
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.identity import operations
from leadcrm.identity.models import User
from tests.conftest import make_settings
from tests.installation import free_port

# Debian's shell is the same engine without windows: a third less CPU than the whole browser.
CHROMIUM = next(filter(Path.exists, map(Path, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE = 20_000  # ms: the machine that runs this runs much else
SIZES = {"wide": (1440, 900), "phone": (390, 844)}

expect.set_options(timeout=PATIENCE)

if not CHROMIUM:
    reason = "No Chromium in /usr/bin. As root `make test` installs one or fails; who is not root has to ask for it"
    pytest.skip(reason, allow_module_level=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def office(seeded, tmp_path) -> Iterator[Flask]:
    """The demo office served on a port of its own; `office.url` is its address."""
    copy = tmp_path / "office.db"
    shutil.copy(seeded, copy)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_app(make_settings(f"sqlite:///{copy}", tmp_path, port=port, base_url=url))
    app.url = url
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield app
    server.shutdown()
    thread.join(5)


def cookie_of(app: Flask, email_starts: str) -> dict:
    """The cookie of a fresh session of that person."""
    with app.test_request_context(), tenancy.everyone():
        user = db.session.scalars(select(User).where(User.email.startswith(email_starts))).one()
        _, secret = perform(operations.open_session, user.id)
        session.update({"_user_id": secret, "_fresh": True})
        response = app.make_response("")
        app.session_interface.save_session(app, session, response)
        name, _, value = response.headers["Set-Cookie"].split(";")[0].partition("=")
        return {"name": name, "value": value, "url": app.url}


@pytest.fixture
def open_context(chromium, office) -> Iterator:
    """`open_context(width=…, theme=…, person="ada@")` → a browser context with that person signed in."""
    contexts: list[BrowserContext] = []

    def open_one(size: str = "wide", theme: str = "light", person: str | None = "ada@", **options) -> BrowserContext:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            has_touch=size == "phone",
            base_url=office.url,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE)
        if person:
            context.add_cookies([cookie_of(office, person)])
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()


class Quiet:
    """Collects what a page complains about."""

    def __init__(self, page: Page):
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")


@pytest.fixture
def page(open_context) -> Iterator[Page]:
    """Ada's browser at 1440 px; its console must stay empty."""
    page = open_context().new_page()
    quiet = Quiet(page)
    yield page
    assert not quiet.complaints


@pytest.fixture
def work(office):
    """Do what the worker would do now."""
    from leadcrm.core.once import run_once

    def run() -> None:
        with office.app_context():
            run_once()

    return run
