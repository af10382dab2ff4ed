"""A soak's databases keep every promise, unlike those of the tests, and its offices are copies of one."""

import json

import psycopg
import pytest

from soak.places import DurablePostgresql, Place
from tests.databases import BACKEND, only_on
from tests.installation import Installation

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
USERS = [{"role": "owner", "api_token": "of Ada"}, {"role": "rep", "api_token": "of Rosa", "realtor_id": "Rosa's"}]
SEEDED = {"organizations": [{"name": "Acme", "users": USERS}]}


@pytest.fixture
def place(tmp_path, monkeypatch) -> Place:
    """Built with commands that make nothing: what they make is shown elsewhere."""
    said = {"db": "", "seed-demo": json.dumps(SEEDED)}
    monkeypatch.setattr(Installation, "command", lambda installation, *words: said[words[0]])
    place = Place.build(NAMES[BACKEND], tmp_path / "place")
    if BACKEND == "sqlite":  # which makes a file with its first table
        (place.databases.folder / "test-1.db").touch()
    return place


def test_offices_are_copies(place):
    assert (place.token, place.realtor_id) == ("of Ada", "Rosa's")
    with place.office() as office:
        assert office.environment["DATABASE_URL"] not in ("", place.template)


@only_on("postgresql", "SQLite has one way to be opened")
def test_postgresql_forgets_nothing(place):
    assert isinstance(place.databases, DurablePostgresql)
    with psycopg.connect(place.databases.server.get_uri()) as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("fsync", "synchronous_commit")]
    assert shown == ["on", "on"]
