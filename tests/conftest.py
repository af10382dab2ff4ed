"""The cast, a database per test, and a client that signs in.

Two organizations: Acme (owner Ada, manager Max, rep Ben, marketing Mia, realtor Rosa) and Rival (owner Rita).
"""

import dataclasses
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest
from flask import Flask
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache
from limits.storage import MemoryStorage
from sqlalchemy import event, select

from leadcrm import create_app
from leadcrm.automations import demand
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.limits import limiter
from leadcrm.demo import accounts, seed
from leadcrm.identity import operations as identity
from leadcrm.identity.models import Organization, User
from leadcrm.settings import Settings
from tests import signing_in
from tests.databases import file_made_once, open_databases
from tests.installation import INSTALLATION_KEY, Installation
from tests.made_once import shared_folder
from tests.side_by_side import SideBySide

# how long an example takes depends on what else the machine does
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

PASSWORD = "correct horse battery"
CAST = {
    "acme": [
        ("ada", "owner"),
        ("max", "manager"),
        ("ben", "rep"),
        ("mia", "marketing"),
        ("rosa", "rep"),
        ("pat", "provider"),
    ],
    "rival": [("rita", "owner")],
}


def make_settings(url: str, var, **changes) -> Settings:
    environment = {"DATABASE_URL": url, "LEADCRM_VAR": str(var), "REDIS_URL": "unix:///nonexistent/leadcrm-test.sock"}
    return dataclasses.replace(Settings.from_env(environment), **changes)


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> SideBySide:
    """Browsers and whole installations take turns."""
    return SideBySide(config, log)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was collected stays to the end: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def databases(tmp_path_factory):
    """A template database with the schema by migration and the cast in it, and copies of it on demand."""

    def cast_at(url: str) -> None:
        with _application_on(url, tmp_path_factory), tenancy.everyone():
            perform(create_cast)

    databases = open_databases(tmp_path_factory.mktemp("databases"), shared_folder(tmp_path_factory))
    databases.template = databases.once("template_of_tests", cast_at)
    return databases


@contextmanager
def _application_on(url: str, tmp_path_factory, **changes) -> Iterator[Flask]:
    """An application in its context, on an empty database that gets the schema; nobody stays connected to it."""
    app = create_app(make_settings(url, tmp_path_factory.mktemp("var"), **changes))
    with app.app_context():
        try:
            create_schema()
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def create_schema() -> None:
    """By the migrations, as every installation does."""
    upgrade()


def create_cast() -> None:
    for slug, people in CAST.items():
        organization = identity.create_organization(
            name=slug.title(), slug=slug, timezone="America/New_York", country="US", currency="USD"
        )
        for name, role in people:
            identity.create_user(
                organization_id=organization.id,
                email=f"{name}@{slug}.test",
                name=name.title(),
                role=role,
                password=PASSWORD,
                realtor=name == "rosa",
            )


@pytest.fixture(scope="session")
def furnish(tmp_path_factory) -> Callable[[str], None]:
    """`furnish(url)` makes the demo office of an installation in an empty database."""

    def make(url: str) -> None:
        with _application_on(url, tmp_path_factory, secret_key=INSTALLATION_KEY):
            seed()

    return make


@pytest.fixture(scope="session")
def seeded(tmp_path_factory, furnish) -> Path:
    """A SQLite file with the demo office, to copy."""
    return file_made_once(shared_folder(tmp_path_factory), "demo", furnish)


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(tmp_path_factory) -> Iterator[None]:
    """Templates are compiled once per run, not once per application: that took longer than most tests."""
    folder = shared_folder(tmp_path_factory) / "templates"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", FileSystemBytecodeCache(str(folder)))
        yield


@pytest.fixture(scope="session")
def house(databases, tmp_path_factory) -> Flask:
    """The application of most tests: building one takes longer than many a test, so only its database changes."""
    return create_app(make_settings(databases.create(), tmp_path_factory.mktemp("house") / "var"))


@pytest.fixture
def settings(databases, house) -> Iterator[Settings]:
    """Settings that name a fresh copy of the template database and an empty var folder."""
    settings = house.settings
    databases.renew(settings.database_url)
    yield settings
    for path in settings.var.rglob("*"):
        if path.is_file():
            path.unlink()


@pytest.fixture
def app(house, settings, monkeypatch):
    """An application on a fresh copy of the template, its context open, no organization set."""
    monkeypatch.setattr(demand, "REMEMBERED_SECONDS", 3600.0)  # a look every two seconds would be counted now and then
    demand.forget()
    config, own = dict(house.config), house.settings
    house.settings, house.testing = settings, True
    with house.app_context():
        yield house
        db.session.remove()
        db.engine.dispose()
    clock.move(0)
    house.settings = own
    house.config.clear()
    house.config.update(config)
    _forget_limits()


def _forget_limits() -> None:
    """There is no Redis in these tests: limits are counted in the process, from nought for each test."""
    if isinstance(storage := limiter.limiter.storage, MemoryStorage):
        storage.reset()


@pytest.fixture
def cast(app) -> SimpleNamespace:
    """`cast.ada`, `cast.ben`, …, `cast.acme`, `cast.rival`."""
    with tenancy.everyone():
        people = {user.name.lower(): user for user in db.session.scalars(select(User))}
        organizations = {row.slug: row for row in db.session.scalars(select(Organization))}
    return SimpleNamespace(**people, **organizations)


@pytest.fixture
def acme(cast) -> Iterator[Organization]:
    """Acme's scope is open for the whole test."""
    with tenancy.organization(cast.acme.id):
        yield cast.acme


@pytest.fixture
def sign_in(app):
    """`sign_in(cast.ada)` → a client that is signed in; `client.get(url, hx=True)` asks as htmx does."""
    return lambda user: signing_in.sign_in(app, user)


@pytest.fixture(scope="session")
def demo_office(databases, furnish, tmp_path_factory) -> tuple[str, dict]:
    """A database with the demo office, to copy; and Acme as `seed-demo --json` tells it to an installation."""
    url = databases.once("demo", furnish)
    with _application_on(url, tmp_path_factory, secret_key=INSTALLATION_KEY):
        return url, accounts()["organizations"][0]


@pytest.fixture
def installation(databases, demo_office, tmp_path) -> Iterator[Installation]:
    """An installation on a copy of the demo office; nothing started yet."""
    url = databases.create(like=demo_office[0])
    installation = Installation(tmp_path, url)
    yield installation
    installation.stop()
    databases.drop(url)


@pytest.fixture
def demo(demo_office) -> dict:
    """Acme's users with their passwords and tokens."""
    return demo_office[1]


@contextmanager
def count_queries() -> Iterator[list[str]]:
    """The SELECTs and writes that run inside (not transaction statements)."""
    seen: list[str] = []

    def remember(connection, cursor, statement, parameters, context, executemany):
        if not statement.startswith(("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET LOCAL")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", remember)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", remember)
