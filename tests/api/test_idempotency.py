"""The same Idempotency-Key has one effect and one answer."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from leadcrm.core import clock, idempotency, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.models import RememberedAnswer
from leadcrm.leads.models import Lead

BODY = {"first_name": "Jo", "email": "jo@example.com", "phone": "+12125550123"}
TWINS = 8


def count(model, organization) -> int:
    db.session.rollback()
    with tenancy.organization(organization.id):
        return db.session.scalar(select(func.count()).select_from(model))


def test_a_repetition_gets_the_first_answer(ada, cast):
    first, second = ada.post("/leads", BODY, key="one"), ada.post("/leads", BODY, key="one")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.data == first.data
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert count(Lead, cast.acme) == 1


def test_another_body_under_the_same_key_is_refused(ada, cast):
    ada.post("/leads", BODY, key="one")
    answer = ada.post("/leads", {**BODY, "first_name": "Ann"}, key="one")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")
    assert count(Lead, cast.acme) == 1


def test_a_refused_request_is_not_remembered(ada, cast):
    lead_id = ada.post("/leads", {"email": "only@example.com"}).json["id"]
    message = {"lead_id": lead_id, "channel": "sms", "content": "Hi"}
    assert ada.post("/messages", message, key="one").status_code == 422
    assert ada.post("/messages", {**message, "content": ""}, key="two").status_code == 422
    assert count(RememberedAnswer, cast.acme) == 0
    ada.patch(f"/leads/{lead_id}", {"phone": "+12125550123"})
    assert ada.post("/messages", message, key="one").status_code == 202


def test_an_error_is_not_remembered(app, ada, cast, monkeypatch):
    app.testing = False
    monkeypatch.setattr("leadcrm.leads.operations.take_in", _break)
    answer = ada.post("/leads", BODY, key="one")
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "server_error")
    monkeypatch.undo()
    assert count(RememberedAnswer, cast.acme) == 0
    assert ada.post("/leads", BODY, key="one").status_code == 201


def _break(*args, **kwargs):
    raise RuntimeError("planted")


def test_keys_belong_to_their_caller_and_route(ada, rita, cast):
    lead_id = ada.post("/leads", BODY, key="one").json["id"]
    assert rita.post("/leads", BODY, key="one").json["id"] != lead_id
    message = {"lead_id": lead_id, "channel": "sms", "content": "Hi"}
    assert ada.post("/messages", message, key="one").status_code == 202


def test_the_same_key_of_a_colleague_is_another_one(ada, caller, cast):
    ben = caller(cast.ben)
    first = [each.post("/leads", BODY, key="one") for each in (ada, ben)]
    again = [each.post("/leads", BODY, key="one") for each in (ada, ben)]
    assert [answer.status_code for answer in first] == [201, 200]
    assert [(answer.status_code, answer.data) for answer in again] == [(it.status_code, it.data) for it in first]


@pytest.mark.parametrize("key", ["", "x" * 201, "naïve"])
def test_a_key_that_cannot_be_one_is_refused(ada, key):
    answer = ada.call("POST", "/leads", json=BODY, headers={"Idempotency-Key": key.encode().decode("latin-1")})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, ["Idempotency-Key"])


def test_twins_at_the_same_time_have_one_effect_and_equal_answers(app, ada, cast):
    answers = _all_at_once(app, ada.token, "twin")
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == TWINS - 1
    assert count(Lead, cast.acme) == 1


def test_submissions_at_the_same_time_without_a_key_are_one_lead(app, ada, cast):
    answers = _all_at_once(app, ada.token, None)
    assert sorted(answer.status_code for answer in answers) == [200] * (TWINS - 1) + [201]
    assert count(Lead, cast.acme) == 1


def _all_at_once(app, token: str, key: str | None) -> list:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})

    def post(_: int):
        try:
            client = app.test_client(use_cookies=False)
            return client.post("/api/leads", data=json.dumps(BODY), content_type="application/json", headers=headers)
        finally:
            with app.app_context():
                db.session.remove()

    with ThreadPoolExecutor(TWINS) as pool:
        return list(pool.map(post, range(TWINS)))


def test_answers_are_forgotten_after_48_hours(ada, cast):
    ada.post("/leads", BODY, key="old")
    ada.post("/leads", BODY, key="new")
    with tenancy.organization(cast.acme.id):
        perform(_age, "old", timedelta(hours=49))
    idempotency.forget_old_answers()
    with tenancy.organization(cast.acme.id):
        assert list(db.session.scalars(select(RememberedAnswer.key))) == ["new"]


def _age(key: str, by: timedelta) -> None:
    row = db.session.scalars(select(RememberedAnswer).where(RememberedAnswer.key == key)).one()
    row.created_at = clock.real_now() - by
