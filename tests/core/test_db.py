"""Read sessions cannot write, write transactions are whole, twins are looked at again, tenants are apart."""

import threading

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import aliased

from leadcrm import create_app
from leadcrm.core import lanes, tenancy
from leadcrm.core.db import (
    after_commit,
    db,
    get_or_404,
    perform,
    writing,
)
from leadcrm.core.engines import WORKER_STATEMENT_SECONDS, limit_statements
from leadcrm.core.errors import NotFound
from leadcrm.leads.models import Tag
from tests.databases import only_on


def add(name: str) -> Tag:
    tag = Tag(name=name)
    db.session.add(tag)
    db.session.flush()
    return tag


def names() -> list[str]:
    return list(db.session.scalars(select(Tag.name).order_by(Tag.name)))


def test_a_verb_is_whole_or_not_at_all(acme):
    def half() -> None:
        add("one")
        raise LookupError

    with pytest.raises(LookupError):
        perform(half)
    assert names() == []
    perform(add, "one")
    assert names() == ["one"]


@only_on("sqlite", "only on SQLite do sessions refuse to write outside of writing(), so that none waits for a writer")
def test_a_read_session_cannot_write(acme):
    db.session.add(Tag(name="stray"))
    with pytest.raises(DBAPIError, match="readonly"):
        db.session.flush()
    db.session.rollback()


def test_writing_does_not_nest(acme):
    with pytest.raises(RuntimeError, match="nest"):
        perform(lambda: perform(add, "one"))


def test_effects_wait_for_the_commit_and_fall_with_the_rollback(acme):
    rung = []

    def verb(fail: bool) -> None:
        after_commit(ring)
        after_commit(ring)
        assert rung == []
        if fail:
            raise LookupError

    def ring() -> None:
        rung.append(1)

    with pytest.raises(LookupError):
        perform(verb, True)
    assert rung == []
    perform(verb, False)
    assert rung == [1]


def test_a_twin_that_came_first_is_seen_by_the_second_look(acme):
    looks = []

    def add_or_find() -> str:
        looks.append(1)
        if len(looks) == 1:
            add("same")
            db.session.add(Tag(name="same"))  # what a twin's commit between look and insert comes to
            db.session.flush()
        found = db.session.scalar(select(Tag.name).where(Tag.name == "same"))
        return found or add("same").name

    assert perform(add_or_find) == "same"
    assert len(looks) == 2
    assert names() == ["same"]


def test_a_lasting_violation_is_not_hidden(acme):
    def twice() -> None:
        add("same")
        add("same")

    with pytest.raises(IntegrityError):
        perform(twice)


def test_writers_in_threads_lose_no_update(app, acme):
    perform(add, "0")
    organization_id = acme.id

    def count_up() -> None:
        with app.app_context(), tenancy.organization(organization_id):
            for _ in range(20):
                with writing() as session:
                    tag = session.scalars(select(Tag).with_for_update()).one()
                    tag.name = str(int(tag.name) + 1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    assert names() == ["80"]


STATEMENTS = {
    "entity": lambda: select(Tag),
    "column": lambda: select(Tag.name),
    "count of a column": lambda: select(func.count(Tag.id)),
    "count without a column": lambda: select(func.count()).select_from(Tag),
    "exists": lambda: select(select(Tag.id).exists()),
    "subquery": lambda: select(select(Tag.name).subquery().c.name),
    "alias": lambda: select(aliased(Tag).name),
}


@pytest.mark.parametrize("kind", STATEMENTS)
def test_every_way_of_reading_sees_only_its_own_organization(cast, kind):
    with tenancy.organization(cast.acme.id):
        perform(add, "secret")
    with tenancy.organization(cast.rival.id):
        rows = db.session.execute(STATEMENTS[kind]()).all()
        assert "secret" not in str(rows)
        assert rows in ([], [(0,)], [(False,)])


def test_bulk_writes_stay_in_their_organization(cast):
    with tenancy.organization(cast.acme.id):
        tag = perform(add, "kept")
    with tenancy.organization(cast.rival.id):
        assert perform(lambda: db.session.execute(update(Tag).values(name="changed")).rowcount) == 0
        assert perform(lambda: db.session.execute(delete(Tag)).rowcount) == 0
        with pytest.raises(NotFound):
            get_or_404(Tag, tag.id)
    with tenancy.organization(cast.acme.id):
        assert names() == ["kept"]


def test_an_id_with_a_nul_is_simply_not_there(acme):
    with pytest.raises(NotFound):
        get_or_404(Tag, "\x00")


@pytest.fixture
def own_app(settings):
    """An application of the test's own: what limits its connections stays with it."""
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@only_on("postgresql", "SQLite has no setting that ends a statement after so long")
def test_statements_are_limited_by_who_asks(own_app):
    """Commands and migrations are not limited, a web request is less patient than the worker."""
    assert limit_of_new_connections() == "0"
    own_app.test_client().get("/healthz")
    assert limit_of_new_connections() == "15s"
    limit_statements(own_app, WORKER_STATEMENT_SECONDS)
    assert limit_of_new_connections() == "1min"


@only_on("postgresql", "SQLite has no such settings")
@pytest.mark.parametrize("pages", [True, False])
def test_every_connection_plans_for_what_it_asks_and_for_disks_without_arms(settings, pages):
    """Also with a limit of its own: both are said in one word to the server."""
    app = create_app(settings, pages=pages)
    limit_statements(app, WORKER_STATEMENT_SECONDS)
    with app.app_context():
        shown = [db.session.scalar(text(f"SHOW {name}")) for name in ("plan_cache_mode", "random_page_cost")]
        db.session.remove()
        db.engine.dispose()
    assert shown == ["force_custom_plan", "1.1"]


def limit_of_new_connections() -> str:
    db.session.remove()
    db.engine.dispose()
    return db.session.scalar(text("SHOW statement_timeout"))


def test_a_worker_limits_the_statements_of_its_children(own_app, monkeypatch):
    monkeypatch.setattr(lanes.Supervisor, "run", lambda supervisor: None)
    lanes.supervise(own_app)
    assert own_app.extensions["leadcrm_statement_seconds"] == 60
