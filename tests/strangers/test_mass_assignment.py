"""Fields nobody offered make no difference: every column's name is posted beside what a form asks for."""

import re

import pytest

from leadcrm.core.db import db
from tests.strangers.cases import CASES, ask, routes
from tests.strangers.reading import names_read
from tests.strangers.tables import Rows

UNSAFE = [name for name in CASES if not name.startswith("GET")]
PAGES = [name for name in UNSAFE if "_api." not in name]
API = [name for name in UNSAFE if "_api." in name and not name.startswith("DELETE")]  # which takes no body
# What is new each time: ids, moments, secrets and what is made of them.
NEW = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{64}\b|\$argon2id[^']*"
    r"|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]*|datetime\.datetime\([^()]*(\([^()]*\))?\)"
    r"|(?<=\"_salt\": \")[0-9a-f]{16}|lc_[\w-]{7}|'[a-z0-9]{16}'|\bb'[^']*'|\bb\"[^\"]*\""
    r"|DTSTAMP:\w+"
)


def hostile_values(houses) -> dict[str, str]:
    """Every column's name with what its owner would rather not see there."""
    values = {}
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            kind = column.type.python_type.__name__
            values[column.name] = {"int": "42", "bool": "1", "datetime": "2001-02-03T04:05:06+00:00"}.get(kind, "owner")
    names = {name: houses.rival["organization"] for name in values if name.endswith("organization_id")}
    people = dict.fromkeys(("user_id", "author_id", "assignee_id", "invited_by_id"), houses.acme["host"])
    return values | names | people | {"is_admin": "1", "is_public": "1", "admin": "1", "by": houses.acme["host"]}


def told(changed: Rows) -> list[tuple[str, str]]:
    """Changed rows without what is new each time."""
    return sorted((table, NEW.sub("~", row)) for table, row in changed)


@pytest.mark.parametrize("name", PAGES)
def test_a_form_takes_only_its_own_fields(houses, name):
    plain = ask(routes(houses.app)[name], name, houses.acme)
    own = names_read(houses.ada, plain)
    houses.changes()
    extra = {key: value for key, value in hostile_values(houses).items() if key not in own}
    assert len(extra) > 50
    first, expected = houses.ada.send(plain, hx=True), told(houses.changes())
    for stuffed in (plain.beside(body=extra), plain.beside(query=extra)):
        answer, found = houses.ada.send(stuffed, hx=True), told(houses.changes())
        assert answer.status_code == first.status_code
        difference = {*found} ^ {*expected}
        assert not difference


@pytest.mark.parametrize("name", API)
def test_the_api_refuses_fields_it_does_not_know(houses, name):
    plain = ask(routes(houses.app)[name], name, houses.acme)
    known = {*plain.body, *KNOWN.get(name, ())}
    for key, value in hostile_values(houses).items():
        if key not in known:
            answer = houses.ada.send(plain.beside(body={key: value}))
            assert answer.status_code in (400, 422), key
            assert key in answer.json["error"].get("fields", ()), (key, answer.json)
    assert not houses.changes()


TASK = ("kind", "due_at", "priority", "note")
LEAD = (
    "first_name", "last_name", "name", "email", "phone", "timezone", "company", "interest", "city", "country", "source",
    "tags",
)  # fmt: skip
ACCOUNT = ("industry", "website", "notes")
PERSON = ("last_name", "position", "email", "phone")
DEAL = ("kind", "amount", "close_date", "notes")
KNOWN = {
    "POST leads_api.capture": (*LEAD, "answers", "consent", "visitor"),
    "PATCH leads_api.change": (*LEAD, "consent", "status", "reason", "revision"),
    "POST bookings_api.book": ("first_name", "last_name", "email", "phone", "timezone"),
    "POST messages_api.answer_as_lead": ("subject",),
    "POST tasks_api.create": TASK,
    "PATCH tasks_api.change": (*TASK, "state", "revision"),
    "POST accounts_api.create": ACCOUNT,
    "PATCH accounts_api.change": (*ACCOUNT, "health", "revision"),
    "POST contacts_api.create": (*PERSON, "is_primary"),
    "PATCH contacts_api.change": (*PERSON, "is_primary", "revision"),
    "POST opportunities_api.create": DEAL,
    "PATCH opportunities_api.change": (*DEAL, "stage", "lost_reason", "revision"),
}
