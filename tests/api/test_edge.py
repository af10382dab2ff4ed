"""What all endpoints share: who may call, how errors look, what a body may be."""

import json
import re
from datetime import timedelta

import pytest

from leadcrm.core import api as edge
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.identity import operations as identity
from leadcrm.identity.queries import tokens_of
from leadcrm.leads import api as leads_api
from tests.conftest import count_queries

DEEP = "[" * 100_000 + "]" * 100_000


def routes(app) -> list[tuple[str, str]]:
    """Every method and path under /api that needs a token, with an id that exists nowhere."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and getattr(app.view_functions[rule.endpoint], "bearer", "") == "required":
            path = re.sub(r"<uuid:\w+>", "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10", rule.rule)
            found += [(method, path.removeprefix("/api")) for method in rule.methods - {"HEAD", "OPTIONS"}]
    return sorted(found)


def test_every_endpoint_but_those_for_visitors_needs_a_token(app, anyone):
    open_to_all = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and getattr(app.view_functions[rule.endpoint], "bearer", "") != "required"
    }
    assert open_to_all == {"/api/leads", "/api/slots", "/api/bookings", "/api/openapi.json"}
    assert len(routes(app)) >= 11
    for method, path in routes(app):
        answer = anyone.call(method, path, json={})
        assert answer.status_code == 401, (method, path)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json["error"]["code"] == "unauthorized"


def test_a_provider_is_refused_everywhere(app, caller, cast):
    pat = caller(cast.pat)
    for method, path in routes(app):
        assert pat.call(method, path, json={}).status_code == 403, (method, path)


def test_a_revoked_token_and_a_disabled_account_are_refused(app, cast, caller):
    token, secret = perform(identity.create_token, cast.max, "test")
    speaker = caller()
    speaker.token = secret
    assert speaker.get("/flows").status_code == 200
    with tenancy.organization(cast.acme.id):
        perform(identity.revoke_token, token, cast.max)
    assert speaker.get("/flows").status_code == 401
    with tenancy.organization(cast.acme.id):
        speaker.token = perform(identity.create_token, cast.ben, "test")[1]
        perform(identity.set_disabled, cast.ben, True, by=cast.ada)
    assert speaker.get("/flows").status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "lc_x", "Bearer \x7f", "Bearer a b"])
def test_odd_authorization_headers_are_refused(anyone, header):
    assert anyone.call("GET", "/flows", headers={"Authorization": header}).status_code == 401


def test_a_cookie_is_no_token(app, cast):
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = cast.ada.id
    assert browser.get("/api/flows").status_code == 401


def test_unknown_paths_and_methods_answer_in_the_one_shape(ada):
    for answer, status in ((ada.get("/nothing"), 404), (ada.call("DELETE", "/flows"), 405)):
        assert answer.status_code == status
        assert set(answer.json["error"]) == {"code", "message"}
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b'{"content": ' + b"9" * 5000 + b"}", "application/json", 400),
        (DEEP.encode(), "application/json", 400),
        (b"[]", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b"null", "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"x" * (1024 * 1024 + 1), "application/json", 413),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_body_that_is_no_json_object_is_refused(ada, body, content_type, status):
    answer = ada.call("POST", "/messages", data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer.json["error"]["message"]


def test_unknown_query_parameters_are_refused(ada):
    answer = ada.get("/messages", chanel="sms")
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["chanel"])


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many", "1e3", "9" * 30])
def test_a_limit_is_a_number_up_to_200(ada, limit):
    assert ada.get("/leads", limit=limit).status_code == 422


def test_a_cursor_of_another_list_is_refused(ada):
    for number in range(2):
        ada.post("/leads", {"email": f"a{number}@example.com"})
    cursor = ada.get("/leads", limit=1).json["next"]
    answer = ada.get("/messages", cursor=cursor)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_cursor")


def test_times_carry_an_offset(ada):
    lead = ada.get(f"/leads/{ada.post('/leads', {'email': 'a@example.com'}).json['id']}").json
    assert lead["created_at"].endswith("+00:00")


def test_too_many_calls_are_a_429_that_says_when_to_come_back(ada, monkeypatch):
    monkeypatch.setattr(edge, "CALLS_OF_MEMBER", "3/minute")
    answers = [ada.get("/flows") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json["error"]["code"] == "too_many_requests"
    assert "Retry-After" not in answers[0].headers


def test_submissions_without_a_token_are_limited_by_address(anyone, cast, monkeypatch):
    monkeypatch.setattr(edge, "CALLS_OF_ADDRESS", "2/minute")
    body = {"realtor_id": cast.rosa.realtor_id, "email": "a@example.com"}
    assert [anyone.post("/leads", body).status_code for _ in range(3)] == [201, 200, 429]


def test_submissions_without_a_token_are_limited_by_realtor(app, caller, cast, monkeypatch):
    monkeypatch.setattr(leads_api, "SUBMISSIONS_TO_REALTOR", "2/minute")
    realtor_id = cast.rosa.realtor_id
    answers = []
    for number, spelled in enumerate((realtor_id, realtor_id.replace("-", ""), f"{{{realtor_id.upper()}}}")):
        body, address = {"realtor_id": spelled, "email": "a@example.com"}, {"REMOTE_ADDR": f"10.0.0.{number}"}
        answers.append(caller().call("POST", "/leads", json=body, environ_base=address).status_code)
    assert answers == [201, 200, 429]


def test_a_token_in_use_is_noted(ada, cast):
    ada.get("/flows")
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        token = tokens_of(cast.ada)[0]
    assert clock.real_now() - token.used_at < timedelta(minutes=1)


def test_an_error_echoes_a_bounded_part_of_what_was_sent(ada):
    body = {"x" * 10_000 + str(number): 1 for number in range(80)}
    answer = ada.call("POST", "/messages", data=json.dumps(body), content_type="application/json")
    assert answer.status_code == 422
    assert len(answer.data) < 20_000


def test_lists_make_the_same_number_of_queries_however_long_they_are(ada, cast):
    paths = ("/leads", "/messages", "/conversations", "/events", "/flows")
    ada.get("/flows")  # notes the token's use, once
    few, many = _queries_of(ada, paths, 2), _queries_of(ada, paths, 12)
    assert few == many
    assert max(many.values()) <= 7


def _queries_of(ada, paths: tuple[str, ...], leads: int) -> dict[str, int]:
    for number in range(leads):
        lead_id = ada.post("/leads", {"first_name": "Q", "email": f"q{number}@example.com"}).json["id"]
        ada.post(f"/leads/{lead_id}/inbound-test", {"channel": "email", "content": "Hello"})
    counted = {}
    for path in paths:
        with count_queries() as seen:
            assert ada.get(path).status_code == 200
        counted[path] = len(seen)
    return counted
