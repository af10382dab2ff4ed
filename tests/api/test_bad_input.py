"""Every field of every POST and PATCH against what people and programs send by mistake or malice."""

import json

import pytest
from sqlalchemy import func, select

from leadcrm.core import tenancy
from leadcrm.core.db import db

BAD = {
    "a number": 7,
    "a fraction": 1.5,
    "true": True,
    "a list": [["a"]],
    "an object": {"a": {"b": "c"}},
    "null": None,
    "too long": "x" * 60_000,
    "NUL": "a\x00b",
    "a lone surrogate": "a\ud800b",
    "an escape": "a\x1bb",
}
ODD = {
    "emoji": "Zoë 🏡👩‍👩‍👧",
    "right to left": "שלום عليكم",
    "an override": "abc\u202edef",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "SQL": "Robert'); DROP TABLE leads;--",
    "a template": "{{7*7}} ${7*7} {organization_name.x}",
    "blanks": " \t ",
    "nothing": "",
    "a wrong zone": "Mars/Olympus",
}
MAY_BE_NULL = {"owner_id"}
MAY_BE_A_NUMBER = {"revision"}
TABLES = ("leads", "contact_points", "inquiries", "messages", "conversations", "notes", "events", "tags")

MESSAGE = {"channel": "email", "subject": "Hi", "content": "Hello"}
BODIES = {
    ("POST", "/leads"): {
        "first_name": "Ann", "last_name": "Lee", "name": "Ann Lee", "email": "ann@example.com",
        "phone": "+12125550166", "timezone": "Europe/London", "company": "Lee", "interest": "a flat",
        "source": "survey", "answers": {"rooms": 3},
    },
    ("PATCH", "/leads/{lead_id}"): {
        "first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "phone": "+12125550166",
        "timezone": "Europe/London", "company": "Lee", "interest": "a flat", "source": "survey", "owner_id": None,
        "tags": ["vip"], "status": "qualified", "reason": "Called", "revision": 1,
    },
    ("POST", "/messages"): {**MESSAGE, "lead_id": "{lead_id}"},
    ("POST", "/schedule"): {**MESSAGE, "lead_id": "{lead_id}", "scheduled_time": "2031-01-01T09:00:00+00:00"},
    ("POST", "/leads/{lead_id}/inbound-test"): MESSAGE,
}  # fmt: skip
FIELDS = [(*endpoint, field) for endpoint, body in BODIES.items() for field in body]


@pytest.fixture
def lead_id(ada) -> str:
    return ada.post("/leads", {"first_name": "Jo", "email": "jo@example.com", "phone": "+12125550123"}).json["id"]


def rows(organization) -> dict[str, int]:
    db.session.rollback()
    with tenancy.everyone():
        return {
            name: db.session.scalar(
                select(func.count())
                .select_from(table := db.metadata.tables[name])
                .where(table.c.organization_id == organization.id)
            )
            for name in TABLES
        }


def send(ada, lead_id: str, method: str, path: str, field: str, value):
    body = {**BODIES[method, path], field: value}
    text = json.dumps(body).replace("{lead_id}", lead_id)
    return ada.call(method, path.format(lead_id=lead_id), data=text, content_type="application/json")


@pytest.mark.parametrize(("method", "path", "field"), FIELDS)
def test_bad_values_are_refused_by_name_and_nothing_is_written(ada, cast, lead_id, method, path, field):
    before = rows(cast.acme)
    for name, value in BAD.items():
        if (value is None and field in MAY_BE_NULL) or (name == "a number" and field in MAY_BE_A_NUMBER):
            continue
        answer = send(ada, lead_id, method, path, field, value)
        assert answer.status_code in (400, 422), (name, answer.status_code)
        named = answer.json["error"]["fields"]
        assert any(key == field or key.startswith(f"{field}.") for key in named), (name, named)
    assert rows(cast.acme) == before


@pytest.mark.parametrize(("method", "path", "field"), FIELDS)
def test_odd_values_are_kept_or_refused_but_break_nothing(ada, lead_id, method, path, field):
    for name, value in ODD.items():
        answer = send(ada, lead_id, method, path, field, value)
        assert answer.status_code in (200, 201, 202, 400, 409, 422), (name, answer.status_code)
        if answer.status_code >= 400:
            assert answer.json["error"]["message"]


@pytest.mark.parametrize(("method", "path"), list(BODIES))
def test_ten_megabytes_are_a_413(ada, cast, lead_id, method, path):
    before = rows(cast.acme)
    field = next(iter(BODIES[method, path]))
    assert send(ada, lead_id, method, path, field, "x" * (10 * 1024 * 1024)).status_code == 413
    assert rows(cast.acme) == before


@pytest.mark.parametrize("path", [path for method, path in BODIES if method == "POST"])
def test_an_empty_body_names_what_is_missing(ada, lead_id, path):
    answer = ada.post(path.format(lead_id=lead_id), {})
    assert answer.status_code in (400, 422)
    assert answer.json["error"]["fields"]


def test_what_people_write_comes_back_as_they_wrote_it(ada):
    for text in ("Zoë 🏡", "שלום", "<b>O'Neil & Söhne</b>", "Robert'); DROP TABLE leads;--"):
        lead_id = ada.post("/leads", {"first_name": text, "email": "a@example.com"}).json["id"]
        ada.patch(f"/leads/{lead_id}", {"first_name": text})
        assert ada.get(f"/leads/{lead_id}").json["first_name"] == text
