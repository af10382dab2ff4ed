"""Every field of every POST and PATCH against what people and programs send by mistake or malice."""

import json

import pytest
from sqlalchemy import func, select

from leadcrm.bookings.queries import next_free
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
MAY_BE_NULL = {"owner_id", "account_id", "contact_id", "assignee_id", "amount", "close_date"}
MAY_BE_A_NUMBER = {"revision", "health", "amount"}
MAY_BE_A_FRACTION = {"amount"}
MAY_BE_TRUE = {"archived", "is_primary", "left"}
TABLES = (
    "leads", "contact_points", "inquiries", "messages", "conversations", "notes", "events", "tags", "accounts",
    "contacts", "opportunities", "conversions", "tasks", "bookings", "booked_cells",
)  # fmt: skip

MESSAGE = {"channel": "email", "subject": "Hi", "content": "Hello"}
ACCOUNT = {"name": "Lee", "industry": "Wine", "website": "https://lee.example", "notes": "Old", "owner_id": None}
PERSON = {
    "first_name": "Ann",
    "last_name": "Lee",
    "position": "Buyer",
    "email": "ann@example.com",
    "phone": "+12125550166",
}
DEAL = {
    "name": "Flats",
    "kind": "renewal",
    "amount": "5.00",
    "close_date": "2031-01-01",
    "notes": "Old",
    "owner_id": None,
    "contact_id": None,
}
CONSENT = {"source": "fair", "date": "2026-03-01"}
TASK = {
    "title": "Call",
    "note": "Old",
    "kind": "call",
    "priority": "high",
    "due_at": "2031-01-01T09:00:00+00:00",
    "assignee_id": None,
}
BODIES = {
    ("POST", "/leads"): {
        "first_name": "Ann", "last_name": "Lee", "name": "Ann Lee", "email": "ann@example.com",
        "phone": "+12125550166", "timezone": "Europe/London", "company": "Lee", "interest": "a flat",
        "source": "survey", "answers": {"rooms": 3}, "consent": CONSENT, "visitor": "0a" * 16,
        "realtor_id": "{realtor_id}", "city": "Leeds", "country": "GB",
    },
    ("PATCH", "/leads/{lead_id}"): {
        "first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "phone": "+12125550166",
        "timezone": "Europe/London", "company": "Lee", "interest": "a flat", "source": "survey", "owner_id": None,
        "city": "Leeds", "country": "GB",
        "tags": ["vip"], "status": "qualified", "reason": "Called", "revision": 1, "account_id": None,
        "consent": CONSENT,
    },
    ("POST", "/accounts"): ACCOUNT,
    ("PATCH", "/accounts/{account_id}"): {**ACCOUNT, "health": 80, "archived": True, "revision": 1},
    ("POST", "/contacts"): {**PERSON, "account_id": "{account_id}", "is_primary": True},
    ("PATCH", "/contacts/{contact_id}"): {**PERSON, "is_primary": True, "left": False, "revision": 1},
    ("POST", "/opportunities"): {**DEAL, "account_id": "{account_id}"},
    ("PATCH", "/opportunities/{opportunity_id}"): {
        **DEAL, "stage": "closed_lost", "lost_reason": "Dear", "revision": 1,
    },
    ("POST", "/leads/{lead_id}/convert"): {"account_id": "{account_id}", "opportunity": {"name": "Flats"}},
    ("POST", "/messages"): {**MESSAGE, "lead_id": "{lead_id}"},
    ("POST", "/schedule"): {**MESSAGE, "lead_id": "{lead_id}", "scheduled_time": "2031-01-01T09:00:00+00:00"},
    ("POST", "/leads/{lead_id}/inbound-test"): MESSAGE,
    ("POST", "/tasks"): {**TASK, "lead_id": "{lead_id}"},
    ("PATCH", "/tasks/{task_id}"): {**TASK, "state": "done", "revision": 1},
    ("POST", "/bookings"): {
        "realtor_id": "{realtor_id}", "lead_id": "{lead_id}", "first_name": "Ann", "last_name": "Lee",
        "email": "ann@example.com", "phone": "+12125550166", "start": "{start}", "timezone": "Europe/London",
    },
}  # fmt: skip
INSTEAD = {("POST", "/leads/{lead_id}/convert"): ("account",)}  # of one that stands in the body
FIELDS = [(*it, field) for it, body in BODIES.items() for field in (*body, *INSTEAD.get(it, ()))]


@pytest.fixture
def ids(ada, cast, acme) -> dict[str, str]:
    """Of one row of each kind that a path or a body can name, and a time that is free."""
    lead = ada.post("/leads", {"first_name": "Jo", "email": "jo@example.com", "phone": "+12125550123"}).json["id"]
    account = ada.post("/accounts", {"name": "Jo's"}).json["id"]
    contact = ada.post("/contacts", {"account_id": account, "first_name": "Jo"}).json["id"]
    deal = ada.post("/opportunities", {"account_id": account, "name": "Flats"}).json["id"]
    task = ada.post("/tasks", {"lead_id": lead, "title": "Call"}).json["id"]
    names = {"lead_id": lead, "account_id": account, "contact_id": contact, "opportunity_id": deal, "task_id": task}
    return names | {"realtor_id": cast.rosa.realtor_id, "start": next_free(cast.rosa)[-1].start.isoformat()}


def test_every_field_of_every_body_is_tried(anyone):
    document = anyone.get("/openapi.json").json
    schemas, told = document["components"]["schemas"], set()
    for path, methods in document["paths"].items():
        for method in {"post", "patch", "put"} & set(methods):
            named = methods[method]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = schemas[named.rpartition("/")[2]]
            told |= {(method.upper(), path.removeprefix("/api"), field) for field in schema["properties"]}
    assert told == set(FIELDS)


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


def send(ada, ids: dict[str, str], method: str, path: str, field: str, value):
    body = {**BODIES[method, path], field: value}
    text = json.dumps(body)
    for name, row_id in ids.items():
        text = text.replace(f"{{{name}}}", row_id)
    return ada.call(method, path.format(**ids), data=text, content_type="application/json")


def is_fine(name: str, method: str, path: str, field: str) -> bool:
    """Whether what is bad elsewhere may stand in this field; null may not where a row has to be named."""
    if name == "null":
        return field in MAY_BE_NULL and not str(BODIES[method, path][field]).startswith("{")
    return field in {"a number": MAY_BE_A_NUMBER, "a fraction": MAY_BE_A_FRACTION, "true": MAY_BE_TRUE}.get(name, ())


@pytest.mark.parametrize(("method", "path", "field"), FIELDS)
def test_bad_values_are_refused_by_name_and_nothing_is_written(ada, cast, ids, method, path, field):
    before = rows(cast.acme)
    for name, value in BAD.items():
        if is_fine(name, method, path, field):
            continue
        answer = send(ada, ids, method, path, field, value)
        assert answer.status_code in (400, 422), (name, answer.status_code)
        named = answer.json["error"]["fields"]
        assert any(key == field or key.startswith(f"{field}.") for key in named), (name, named)
    assert rows(cast.acme) == before


@pytest.mark.parametrize(("method", "path", "field"), FIELDS)
def test_odd_values_are_kept_or_refused_but_break_nothing(ada, ids, method, path, field):
    for name, value in ODD.items():
        answer = send(ada, ids, method, path, field, value)
        assert answer.status_code in (200, 201, 202, 400, 409, 422), (name, answer.status_code)
        if answer.status_code >= 400:
            assert answer.json["error"]["message"]


@pytest.mark.parametrize(("method", "path"), list(BODIES))
def test_ten_megabytes_are_a_413(ada, cast, ids, method, path):
    before = rows(cast.acme)
    field = next(iter(BODIES[method, path]))
    assert send(ada, ids, method, path, field, "x" * (10 * 1024 * 1024)).status_code == 413
    assert rows(cast.acme) == before


@pytest.mark.parametrize("path", [path for method, path in BODIES if method == "POST"])
def test_an_empty_body_names_what_is_missing(ada, ids, path):
    answer = ada.post(path.format(**ids), {})
    assert answer.status_code in (400, 422)
    assert answer.json["error"]["fields"]


def test_what_people_write_comes_back_as_they_wrote_it(ada):
    for text in ("Zoë 🏡", "שלום", "<b>O'Neil & Söhne</b>", "Robert'); DROP TABLE leads;--"):
        lead_id = ada.post("/leads", {"first_name": text, "email": "a@example.com"}).json["id"]
        ada.patch(f"/leads/{lead_id}", {"first_name": text})
        assert ada.get(f"/leads/{lead_id}").json["first_name"] == text
