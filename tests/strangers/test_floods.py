"""Requests built to keep us busy: refused or answered, never a 500, and never with more than usual work."""

import base64
import json
from urllib.parse import urlencode

import pytest

from tests.conftest import count_queries
from tests.strangers.cases import CASES, ask, routes

PAGES = [name for name in CASES if "_api." not in name and not name.startswith("GET")]
LOOKS = [name for name in CASES if name.startswith("GET") and "_api." not in name]
FORM = "application/x-www-form-urlencoded"
MORE_WORK = 3  # queries beyond what the plain request makes


# Nearly the largest form that is read, in every shape that some loop might stumble over.
FLOOD = {
    "rows": b"".join(b"&conditions-%d-field=x&ids=%d" % (n, n) for n in range(10_000)),
    "signs": b"&" * 200_000 + b"=" * 200_000 + b"&x=" + b"%" * 400_000,
    "names": b"".join(b"&f%d=" % n for n in range(40_000)) + b"&a" + b"[b]" * 100_000 + b"=1",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_form_of_a_megabyte_costs_what_a_small_one_costs(houses, name):
    asked = ask(routes(houses.app)[name], name, houses.acme)
    with count_queries() as usual:
        houses.ada.send(asked, hx=True)
    houses.changes()
    for what in FLOOD if name in ("POST leads.create", "POST automations.create") else ("rows",):
        body = urlencode(dict(asked.body)).encode() + FLOOD[what]
        assert len(body) < 2**20
        options = {"query_string": dict(asked.query), "content_type": FORM, "hx": True}
        with count_queries() as work:
            answer = houses.ada.browser().post(asked.path, data=body, **options)
        houses.changes()
        assert answer.status_code < 500, what
        assert len(answer.data) < 1_500_000, what
        assert len(work) <= len(usual) + MORE_WORK, what


def test_a_larger_form_is_not_read(houses):
    for options in ({"data": {"first_name": "x" * 2**20}}, {"data": "a&" * 2**20, "content_type": FORM}):
        assert houses.ada.browser().post("/leads", **options).status_code == 413
        assert houses.nobody.browser().post("/leads", **options).status_code == 413
        assert houses.nobody.browser().post("/login", headers={"X-CSRFToken": ""}, **options).status_code == 413
    assert not houses.changes()


@pytest.mark.parametrize("path", ["/leads", "/login", "/automations", "/settings"])
def test_a_form_in_a_thousand_parts_is_refused(houses, path):
    fields = {f"field{n}": "x" for n in range(1000)}
    for caller in (houses.ada, houses.nobody):
        answer = caller.browser().post(path, data=fields, content_type="multipart/form-data")
        assert answer.status_code == 413
    assert not houses.changes()


DEEP = base64.urlsafe_b64encode(b"[" * 30_000 + b"]" * 30_000).decode()
LONG_KEY = base64.urlsafe_b64encode(json.dumps(["activity-", 0] + [0] * 9_000).encode()).decode()
CURSORS = (DEEP, LONG_KEY, "A" * 60_000)


@pytest.mark.parametrize("name", LOOKS)
def test_a_long_address_costs_what_a_short_one_costs(houses, name):
    asked = ask(routes(houses.app)[name], name, houses.acme)
    with count_queries() as usual:
        houses.ada.send(asked, hx=True)
    many = [("ids", houses.acme["lead"])] * 3_000 + [("status", "new")] * 3_000 + [("facts", "1,2,3" * 5_000)]
    for query in (many, [("q", "a " * 30_000)], *([("cursor", cursor)] for cursor in CURSORS)):
        with count_queries() as work:
            answer = houses.ada.browser().get(asked.path, query_string=query, hx=True, buffered=True)
        assert answer.status_code < 500
        assert len(work) <= len(usual) + MORE_WORK
        houses.changes()


COOKIES = ["", "x", ".", "..", "a.b.c", "." * 3_000, "eyJfdXNlcl9pZCI6IngifQ.x.x", "\x7f", "e" * 4_000, "null"]


@pytest.mark.parametrize("cookie", COOKIES)
def test_a_cookie_of_nonsense_is_nobody(houses, cookie):
    header = {"Cookie": f"{houses.app.config['SESSION_COOKIE_NAME']}={cookie}"}
    answer = houses.app.test_client(use_cookies=False).get("/leads", headers=header)
    assert answer.status_code == 302
    assert not houses.changes()


def test_no_bit_of_the_cookie_may_be_turned(houses):
    browser = houses.ada.browser()
    name = houses.app.config["SESSION_COOKIE_NAME"]
    value = browser.get_cookie(name).value
    client = houses.app.test_client(use_cookies=False)
    assert client.get("/settings", headers={"Cookie": f"{name}={value}"}).status_code == 200
    payload, stamp, signature = value.split(".")
    alike = signature[:-1]  # the last character holds two bits that decode to nothing
    for part, text in (("payload", payload), ("stamp", stamp), ("signature", alike)):
        for n, character in enumerate(text):
            other = text[:n] + ("A" if character != "A" else "B") + text[n + 1 :]
            forged = {"payload": f"{other}.{stamp}.{signature}", "stamp": f"{payload}.{other}.{signature}",
                      "signature": f"{payload}.{stamp}.{other}{signature[-1]}"}[part]  # fmt: skip
            answer = client.get("/settings", headers={"Cookie": f"{name}={forged}"})
            assert answer.status_code == 302, (part, n)
