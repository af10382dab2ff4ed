"""Statements run past SQLAlchemy: the same values, the same errors, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from leadcrm.conversations.models import Attempt
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.prepared import Prepared, run_together
from tests.conversations.conftest import plan

ATTEMPTS = Attempt.__table__
STARTED = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
ADD = Prepared(
    insert(ATTEMPTS).values(
        message_id=bindparam("the_id"),
        n=bindparam("the_n"),
        organization_id=bindparam("the_organization"),
        started_at=bindparam("new_started_at"),
        detail="",
    )
)
COUNT_ON = Prepared(
    update(ATTEMPTS)
    .where(ATTEMPTS.c.message_id == bindparam("the_id"), ATTEMPTS.c.started_at == bindparam("the_moment"))
    .values(n=ATTEMPTS.c.n + 1)
    .returning(ATTEMPTS.c.n)
)


@pytest.fixture
def values(jane) -> dict:
    return {
        "the_id": plan(jane).id,
        "the_n": 1,
        "the_organization": tenancy.current_id(),
        "new_started_at": STARTED,
    }


def run(statement: Prepared, values: dict):
    return perform(lambda: statement.run(db.session.connection(), values))


def test_values_pass_through_their_columns_types(values):
    assert run(ADD, values) is None
    assert db.session.scalars(select(Attempt.started_at)).one() == STARTED


def test_what_is_returned_is_returned_and_none_where_nothing_matches(values):
    run(ADD, values)
    assert run(COUNT_ON, {"the_id": values["the_id"], "the_moment": STARTED}) == 2
    assert run(COUNT_ON, {"the_id": "another", "the_moment": STARTED}) is None


def test_the_drivers_errors_are_sqlalchemys(values):
    """`perform` tries again, and a drain writes until it holds, by SQLAlchemy's classes."""
    run(ADD, values)
    with pytest.raises(IntegrityError):
        run(ADD, values)


def test_a_missing_value_is_a_mistake_and_not_a_null(values):
    del values["the_n"]
    with pytest.raises(KeyError, match="the_n"):
        run(ADD, values)


def together(*calls):
    return perform(lambda: run_together(db.session.connection(), calls))


def test_together_they_run_in_order_and_each_answers_for_itself(values):
    count_on = {"the_id": values["the_id"], "the_moment": STARTED}
    answers = together((ADD, values), (COUNT_ON, count_on), (COUNT_ON, {**count_on, "the_id": "another"}))
    assert answers == [None, 2, None]
    assert db.session.scalars(select(Attempt.n)).one() == 2


def test_together_they_fail_as_one_with_the_first_error(values):
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        together((ADD, values), (ADD, values), (ADD, {**values, "the_n": 2}))
    assert db.session.scalars(select(Attempt.n)).all() == []
    assert together((ADD, values), (ADD, {**values, "the_n": 2})) == [None, None]
