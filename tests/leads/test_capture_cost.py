"""What one capture asks of the database: a number that must not grow unnoticed."""

import itertools

import pytest

from leadcrm.core.db import is_postgresql, perform
from leadcrm.identity import operations as identity
from tests.plans import plan_of, remembered

STATEMENTS = 9
NUMBERS = itertools.count()


@pytest.fixture
def capture(app, cast):
    """Submits a lead nobody knows, with e-mail and phone, with a token that is in use already."""
    client = app.test_client(use_cookies=False)
    realtor_id = cast.rosa.realtor_id
    _, secret = perform(identity.create_token, cast.ada, "form")

    def submit() -> None:
        number = next(NUMBERS)
        lead = {
            "realtor_id": realtor_id,
            "first_name": "Jo",
            "email": f"jo{number}@example.com",
            "phone": f"+1212555{number:04}",
        }
        answer = client.post("/api/leads", json=lead, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 201

    submit()
    return submit


def test_a_capture_takes_nine_statements(capture):
    with remembered("SELECT", "INSERT", "UPDATE", "DELETE") as seen:
        capture()
    asked = [" ".join(statement.split())[:60] for statement, _ in seen]
    assert len(asked) == STATEMENTS, asked


def test_a_capture_looks_addresses_up_by_kind_and_value(capture):
    with remembered("SELECT") as seen:
        capture()
    asked = next(one for one in seen if "FROM contact_points" in one[0])
    plan = plan_of(*asked)
    if is_postgresql():
        assert "ANY" in plan.partition("Index Cond")[2], plan
        assert plan.partition("Filter:")[2].strip() in ("", "identifies"), plan  # either of two indexes will do
    else:
        assert "(organization_id=? AND kind=? AND value=?)" in plan, plan
