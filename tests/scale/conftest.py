"""An office with thousands of leads, whose planner knows nothing of them yet, or has looked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select, text

from leadcrm import create_app
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.limits import limiter
from leadcrm.core.statistics import refresh_statistics
from leadcrm.demo.crowd import add_crowd_to
from leadcrm.identity import operations as identity
from leadcrm.identity.models import Organization, User
from tests.conftest import make_settings
from tests.databases import BACKEND
from tests.strangers.conftest import Caller
from tests.strangers.house import Team, furnish, keep_files

CROWD = 2_500  # more than SQLite's sample of an index's entries
PLANNERS = ("untold", "told") if BACKEND == "sqlite" else ("told",)  # PostgreSQL looks by itself


@dataclass
class Office:
    """Acme with a crowd, everything a route can name (`names`), its people, and their browsers and tokens."""

    app: Flask
    names: dict[str, str]
    people: SimpleNamespace
    callers: dict[str, Caller]
    furnished_at: datetime
    is_told: bool = False


@pytest.fixture(scope="session")
def crowded(databases, tmp_path_factory) -> Iterator[Office]:
    """A database of its own: what the planner learns stays in it."""
    app = create_app(make_settings(databases.create(), tmp_path_factory.mktemp("office")))
    app.testing = True
    with app.app_context():
        with tenancy.everyone():
            acme = db.session.scalars(select(Organization).where(Organization.slug == "acme")).one()
            users = db.session.scalars(select(User).where(User.organization_id == acme.id)).all()
        people = SimpleNamespace(acme=acme, **{user.name.lower(): user for user in users})
        names = furnish(Team(acme, people.ada, people.max, people.rosa), "words", "words of a lead")
        add_crowd_to(acme.id, CROWD)
        keep_files()
        callers = {}
        with tenancy.organization(acme.id):
            for name in ("ada", "ben"):
                user = getattr(people, name)
                _, cookie = perform(identity.open_session, user.id)
                callers[name] = Caller(app, cookie, perform(identity.create_token, user, "caller")[1])
        db.session.remove()
    yield Office(app, names, people, callers, clock.real_now())
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session", params=PLANNERS)
def planned(request, crowded) -> Office:
    """The office, when nobody has told the planner how its tables are filled, and after somebody has."""
    if request.param == "told":
        crowded.is_told = True
        with crowded.app.app_context():
            refresh_statistics()
            if BACKEND == "postgresql":  # as its vacuum does
                with tenancy.everyone(), writing() as session:
                    session.execute(text("ANALYZE"))
            db.engine.dispose()
    return crowded


@pytest.fixture
def office(planned, monkeypatch) -> Iterator[Office]:
    """The same with its context and scope open, at the time it was furnished; limits per minute are off."""
    monkeypatch.setattr(limiter, "enabled", False)
    clock.move((planned.furnished_at - clock.real_now()).total_seconds())
    with planned.app.app_context(), tenancy.organization(planned.people.acme.id):
        yield planned
        db.session.remove()
    clock.move(0)
