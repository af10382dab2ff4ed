"""A request leaves its connection on PostgreSQL with what it has prepared, and no database with what it changed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.identity.models import User
from tests.databases import only_on

OFTEN = 12  # psycopg has a statement prepared when it comes for the sixth time


@pytest.fixture
def prepared(app) -> Iterator[list[int]]:
    """How many statements each connection had prepared when it was given back."""
    counts: list[int] = []

    def note(connection, record) -> None:
        cursor = connection.execute("SELECT count(*) FROM pg_prepared_statements", prepare=False)
        counts.append(cursor.fetchone()[0])
        connection.commit()

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "checkin", note)
    yield counts
    event.remove(db.engine, "checkin", note)


@only_on("postgresql", "asks pg_prepared_statements")
def test_what_a_request_asks_for_often_stays_prepared(app, cast, sign_in, prepared):
    client = sign_in(cast.ada)
    db.session.remove()
    with ThreadPoolExecutor(1) as server:  # where no context of the application is open, as in a web process
        for _ in range(OFTEN):
            assert server.submit(client.get, "/leads").result().status_code == 200
    assert prepared[-1] >= 2


@only_on("postgresql", "asks pg_prepared_statements")
def test_the_numbers_of_every_page_are_planned_a_few_times_and_lists_for_what_is_asked(app, cast, sign_in):
    client, plans = sign_in(cast.ada), {}

    def note(connection, record) -> None:
        made = "SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements"
        plans.update({row[0]: row[1:] for row in connection.execute(made, prepare=False)})
        connection.commit()

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "checkin", note)
    with ThreadPoolExecutor(1) as server:
        for _ in range(2 * OFTEN):
            assert server.submit(client.get, "/leads").result().status_code == 200
    event.remove(db.engine, "checkin", note)
    [numbers] = [plans[asked] for asked in plans if " AS inbox" in asked]
    [listed] = [plans[asked] for asked in plans if "leads.last_activity_at AS _key0" in asked]
    assert numbers[1] > 0
    assert listed[1] == 0


def test_a_change_outside_a_write_is_not_kept(app, cast):
    user_id = cast.ada.id
    db.session.remove()

    def slip() -> None:
        with app.app_context(), tenancy.everyone():
            db.session.get_one(User, user_id).name = "Somebody else"

    with ThreadPoolExecutor(1) as server:
        server.submit(slip).result()
    with tenancy.everyone():
        assert db.session.get_one(User, user_id).name == "Ada"
