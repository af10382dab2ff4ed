"""Nobody is led out of the house: not by an answer, not by a link or form of a page that repeats what it was told."""

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.web import local_path
from leadcrm.notifications import operations
from leadcrm.notifications.models import Notification
from tests.conftest import PASSWORD
from tests.strangers.cases import CASES, ask, routes
from tests.strangers.reading import names_read
from tests.strangers.test_markup import ADDRESSES

AWAY = [
    "//evil.test", "///evil.test", "////evil.test", "/\\evil.test", "\\\\evil.test", "\\/evil.test", "https:evil.test",
    "https:/evil.test", "https://evil.test", "HTTPS://evil.test", "http:evil.test", "//evil.test/%2f..",
    "/\t/evil.test", "\t//evil.test", "/\n/evil.test", "/\r\n/evil.test", "//evil.test:80", "//\u3000evil.test",
    "//evil\u3002test", "//crm.test@evil.test", "@evil.test", "//[::1]", "//", "/\\", "https:\\\\evil.test",
    "javascript:alert(1)", "java\tscript:alert(1)", "\x00//evil.test", "data:text/html,x",
]  # fmt: skip
HARMLESS = ["/%09/evil", "/%2f/evil", "/..//evil", "/leads?next=//evil", "/evil.test", "/leads#//evil"]
ODD = [
    "/x\r\nSet-Cookie: a=b",
    "/x\r\nLocation: //evil.test",
    "/\x00/evil.test",
    "/\x0b/evil.test",
    "/\u2028/evil.test",
    "",
]
TRIED_EVERYWHERE = ["//evil.test", "/\\evil.test", "https:evil.test", "javascript:alert(1)", "/\t/evil.test", ODD[0]]
REQUESTS = ("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-push-url", "hx-replace-url")
FLAGS = ("true", "false")


def leads_away(address: str) -> bool:
    """Whether this is anything but a path of ours, as a browser reads it: it drops tabs and line breaks, and takes
    backslashes for slashes (WHATWG URL)."""
    read = address.strip("".join(map(chr, range(33)))).translate({9: None, 10: None, 13: None, 92: "/"})
    return not re.match(r"/(?!/)|[?#]|mailto:|tel:|$", read)


class Addresses(HTMLParser):
    """Where a page's links, forms and requests go."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.found += [value or "" for name, value in attrs if name in (*ADDRESSES, *REQUESTS) and value not in FLAGS]


@pytest.mark.parametrize("address", AWAY)
def test_what_leads_away_is_no_path_of_ours(address):
    assert leads_away(address)
    assert local_path(address, "/home") == "/home"


@pytest.mark.parametrize("address", HARMLESS)
def test_what_stays_is_let_pass(address):
    assert not leads_away(address)
    assert local_path(address, "/home") == address


@pytest.mark.parametrize("address", ODD)
def test_what_is_odd_comes_to_nothing(address):
    assert not leads_away(local_path(address, "/home"))
    assert local_path(address, "/home").isprintable()


def location_of(answer) -> str:
    """Where an answer sends the browser, or htmx."""
    return answer.headers.get("Location") or answer.headers.get("HX-Redirect") or ""


def check(answer, address: str) -> None:
    assert answer.status_code < 500
    location = location_of(answer)
    assert not leads_away(location), (address, location)
    assert "Set-Cookie: a=b" not in str(answer.headers)
    if answer.mimetype == "text/html":
        assert not [found for found in Addresses(answer.text).found if leads_away(found)], address


@pytest.mark.parametrize("name", [name for name in CASES if "_api." not in name and "kit." not in name])
def test_no_way_back_leads_away(houses, name):
    asked = ask(routes(houses.app)[name], name, houses.acme)
    for key in {"next", "back", "kept-path"} & set(names_read(houses.ada, asked)):
        for address in TRIED_EVERYWHERE:
            check(houses.ada.send(asked.saying(key, address)), address)
            houses.changes()
        check(houses.ada.send(asked.saying(key, AWAY[0]), hx=True), AWAY[0])
    houses.changes()


@pytest.mark.parametrize("field", ["next", "kept-path"])
def test_signing_in_leads_into_the_house(houses, field, monkeypatch):
    monkeypatch.setattr("leadcrm.identity.passwords.matches", lambda stored, typed: typed == PASSWORD)
    for address in [*AWAY, *HARMLESS]:
        form = {"email": "ada@acme.test", "password": PASSWORD, "next": "/", field: address, "kept:name": "x"}
        for password in (PASSWORD, "wrong"):
            answer = houses.nobody.browser().post("/login", data={**form, "password": password})
            check(answer, address)
    assert houses.changes()


def test_a_notification_leads_into_the_house(houses):
    with tenancy.organization(houses.acme["organization"]):
        for address in AWAY:
            href = address.replace("\x00", "")
            perform(operations.notify, [houses.acme["host"]], f"away {address!r}"[:100], "Look", href)
        told = db.session.scalars(select(Notification.id).where(Notification.key.startswith("away"))).all()
    assert len(told) == len(AWAY)
    for notification_id in told:
        check(houses.ada.browser().get(f"/notifications/{notification_id}"), notification_id)
    check(houses.ada.browser().get("/notifications"), "the list")
    assert houses.changes()
