"""One furnished installation for all tests of this folder: what changes it is undone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from leadcrm import create_app
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.limits import limiter
from leadcrm.identity import operations as identity
from leadcrm.identity.models import Organization, User
from tests.conftest import make_settings
from tests.databases import BACKEND
from tests.signing_in import CSRF_SECRET, Browser
from tests.strangers.cases import Ask
from tests.strangers.house import Team, customer_of, furnish, keep_files, lead_of, words_of
from tests.strangers.tables import Rows, all_rows, selects

# What a browser is told, and what a form is read as, does not depend on the database: these run on SQLite alone.
collect_ignore = [] if BACKEND == "sqlite" else [f"test_{name}.py" for name in (
    "floods", "headers", "markup", "mass_assignment", "redirects", "request_tokens", "secrets"
)]  # fmt: skip

BENS_WORD = "bensleadcanary"
MARKUP = "'\"><x-canary hx-get=/trap onx=1>"  # 33 characters: it fits a tag's name
WEBHOOK_SECRET = "a secret strangers do not have"


@dataclass(frozen=True)
class Caller:
    """Somebody with a signed-in browser and a token, or nobody."""

    app: Flask
    cookie: str = ""
    token: str = ""

    def send(self, ask: Ask, *, hx: bool = False, method: str = "", **headers: str):
        """Pages by the browser, with the request token of its pages; the API by the token alone."""
        options = {"method": method or ask.method, "query_string": dict(ask.query), "headers": headers}
        options["buffered"] = True  # streamed answers are read to their end
        if ask.is_api:
            client = self.app.test_client(use_cookies=False)
            options["json"] = dict(ask.body) if ask.body else None
            if self.token:
                options["headers"] = {**headers, "Authorization": f"Bearer {self.token}"}
            return client.open(ask.path, **options)
        return self.browser().open(ask.path, data=dict(ask.body) or None, hx=hx, **options)

    def browser(self) -> Browser:
        """A browser with this person's cookie; each has its own jar."""
        browser = Browser(self.app, self.app.response_class)
        with browser.session_transaction() as session:
            session["csrf"] = CSRF_SECRET
            if self.cookie:
                session["_user_id"] = self.cookie
        return browser


@dataclass
class Houses:
    """Acme's and Rival's ids, those of Ben's own lead, and who may knock."""

    app: Flask
    databases: object
    url: str
    like: str
    acme: dict[str, str]
    rival: dict[str, str]
    bens: dict[str, str]
    callers: dict[str, tuple[str, str]]
    furnished_at: datetime = field(default_factory=clock.real_now)
    tables: dict[str, str] = field(default_factory=dict, repr=False)
    base: Rows = field(default_factory=set, repr=False)

    def __getattr__(self, name: str) -> Caller:
        """`houses.rita`, `houses.nobody` …"""
        return Caller(self.app, *self.callers[name])

    def changes(self) -> Rows:
        """Rows that came or went since the beginning, which is then restored."""
        changed = all_rows(self.tables) ^ self.base
        if changed:
            db.session.remove()
            db.engine.dispose()
            self.databases.restore(self.url, self.like, {table for table, _ in changed})
        return changed


@pytest.fixture(scope="session")
def furnished(databases, tmp_path_factory) -> Iterator[Houses]:
    """Houses whose words tell whose they are."""
    words = {slug: words_of(slug) for slug in ("acme", "rival")}
    yield from _open_houses(databases, tmp_path_factory.mktemp("strangers"), {**words, "bens": BENS_WORD})


def _open_houses(databases, var: Path, words: dict[str, Any]) -> Iterator[Houses]:
    """Furnish a database with these words, then open the installation on a copy of it."""
    like = databases.create()
    app = create_app(make_settings(like, var))
    with app.app_context():
        names = _furnish_all(words)
        db.session.remove()
        db.engine.dispose()
    url = databases.create(like=like)
    app = create_app(make_settings(url, var, email_webhook_secret=WEBHOOK_SECRET))
    app.testing = True
    houses = Houses(app, databases, url, like, **names)
    with app.app_context():
        keep_files()
        houses.tables = selects()
        houses.base = all_rows(houses.tables)
        db.session.remove()
        db.engine.dispose()
    yield houses
    databases.drop(url)
    databases.drop(like)


@pytest.fixture
def houses(furnished, monkeypatch) -> Iterator[Houses]:
    """The installation as it was furnished, its context open."""
    yield from _stand_in(furnished, monkeypatch)


@pytest.fixture(scope="session")
def marked_up(databases, tmp_path_factory) -> Iterator[Houses]:
    """Houses in which every text is an attempt to become markup."""
    words = {"acme": (MARKUP, MARKUP), "rival": words_of("rival"), "bens": MARKUP}
    yield from _open_houses(databases, tmp_path_factory.mktemp("marked-up"), words)


@pytest.fixture
def hostile(marked_up, monkeypatch) -> Iterator[Houses]:
    """The installation full of markup, its context open."""
    yield from _stand_in(marked_up, monkeypatch)


def _stand_in(houses: Houses, monkeypatch) -> Iterator[Houses]:
    """Limits per minute are off (they have their own tests), and the business's clock says when it was furnished:

    what can be undone for ten minutes can be undone however long the suite takes.
    """
    monkeypatch.setattr(limiter, "enabled", False)
    clock.move((houses.furnished_at - clock.real_now()).total_seconds())
    with houses.app.app_context():
        yield houses
        db.session.remove()
    clock.move(0)


def _furnish_all(words: dict[str, Any]) -> dict[str, dict]:
    with tenancy.everyone():
        perform(_hire)
        people = {user.email.partition("@")[0]: user for user in db.session.scalars(select(User))}
        organizations = {row.slug: row for row in db.session.scalars(select(Organization))}
    teams = {
        "acme": Team(organizations["acme"], people["ada"], people["max"], people["rosa"]),
        "rival": Team(organizations["rival"], people["rita"], people["ron"], people["rio"]),
    }
    names = {slug: furnish(team, *words[slug]) for slug, team in teams.items()}
    with tenancy.organization(organizations["acme"].id):
        bens = lead_of(people["ben"], words["acme"][0], words["bens"])
        names["bens"] = names["acme"] | bens | customer_of(people["ben"], bens["lead"], words["bens"])
    callers = {name: _sign_in(people[name]) for name in ("ada", "max", "ben", "mia", "pat", "rosa", "vera", "rita")}
    return names | {"callers": callers | {"nobody": ("", "")}}


def _hire() -> None:
    """Rival's manager and realtor, and another realtor at Acme beside Rosa."""
    slugs = {row.slug: row.id for row in db.session.scalars(select(Organization))}
    hired = (("rival", "ron", "manager", False), ("rival", "rio", "rep", True), ("acme", "vera", "rep", True))
    for slug, name, role, realtor in hired:
        person = {"email": f"{name}@{slug}.test", "name": name.title(), "role": role, "realtor": realtor}
        identity.create_user(organization_id=slugs[slug], **person)


def _sign_in(user: User) -> tuple[str, str]:
    _, cookie = perform(identity.open_session, user.id)
    _, token = perform(identity.create_token, user, "caller")
    return cookie, token
