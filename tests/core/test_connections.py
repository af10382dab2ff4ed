"""Connections to PostgreSQL that died while nobody used them: replaced before anybody meets them."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from leadcrm.core import engines
from leadcrm.core.db import db
from tests.databases import only_on

pytestmark = only_on("postgresql", "SQLite's connections are files")


@pytest.fixture
def asked(acme) -> Iterator[list]:
    """Grows with each question whether a connection lives."""
    questions, original = [], db.engine.dialect.do_ping
    db.engine.dialect.do_ping = lambda connection: questions.append(connection) or original(connection)
    yield questions
    db.engine.dialect.do_ping = original


def use() -> int:
    """The server's number of the connection that was used."""
    with db.engine.connect() as connection:
        return connection.scalar(select(func.pg_backend_pid()))


def test_a_connection_that_died_is_replaced_unnoticed(asked):
    with db.engine.connect() as killer:
        mine = use()
        killer.execute(select(func.pg_terminate_backend(mine)))
    time.sleep(0.1)
    assert {use(), use()}.isdisjoint({mine})


def test_each_use_asks_but_not_of_a_connection_that_is_new(asked):
    db.engine.dispose()
    use()
    assert len(asked) == 0
    use()
    assert len(asked) == 1


def test_who_trusts_fresh_connections_asks_only_those_that_idled(asked, monkeypatch):
    use()
    del asked[:]
    with engines.trusting_fresh_connections():
        use()
        assert len(asked) == 0
        monkeypatch.setattr(engines, "FRESH_SECONDS", 0)
        use()
    assert len(asked) == 1


def test_a_signed_in_page_asks_who_it_is_without_asking_whether_the_connection_lives(asked, cast, sign_in):
    client = sign_in(cast.ada)
    assert client.get("/leads").status_code == 200
    del asked[:]
    assert client.get("/leads").status_code == 200
    assert not asked


def test_a_page_is_shown_though_its_fresh_connections_have_just_died(cast, sign_in):
    client = sign_in(cast.ada)
    db.session.remove()
    with db.engine.connect() as first, db.engine.connect() as second:
        theirs = [it.scalar(select(func.pg_backend_pid())) for it in (first, second)]
    with db.engine.connect() as killer:
        mine = killer.scalar(select(func.pg_backend_pid()))
        for backend in set(theirs) - {mine}:
            killer.execute(select(func.pg_terminate_backend(backend)))
    page = client.get("/leads")
    assert page.status_code == 200
