"""Which site an address belongs to, which page it is, and what goes with a person from a mail to a site."""

from datetime import UTC, datetime, timedelta

import pytest

from leadcrm.tracking.passes import VALID, make_pass, read_pass, with_pass
from leadcrm.tracking.sites import LONGEST_URL, kind_of, origin_of, page_of
from leadcrm.tracking.visiting import NotABeacon, read_beacon

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY, VISITOR = "a" * 16, "b" * 32


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://Shop.Example/pricing?a#b", "https://shop.example"),
        ("https://shop.example:443/", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080"),
        (" https://shop.example ", "https://shop.example"),
        ("shop.example", None),
        ("//shop.example", None),
        ("ftp://shop.example", None),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("https://a@shop.example", None),
        ("https://shop.example@evil.test", None),
        ("https://shop example", None),
        ("https://shop.example:x", None),
        ("https://*.example", None),
        ("https://[::1]", None),
        ("null", None),
        ("", None),
    ],
)
def test_an_origin_is_written_as_browsers_do(address, origin):
    assert origin_of(address) == origin


def test_a_page_is_known_without_its_secrets():
    assert page_of("https://shop.example/a?token=x#y") == "https://shop.example/a"
    assert page_of("https://shop.example/a#token=x?y") == "https://shop.example/a"
    assert len(page_of("https://shop.example/" + "a" * 999)) == LONGEST_URL


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/pricing", "pricing"),
        ("/Pricing/", "pricing"),
        ("/pricing/teams", "pricing"),
        ("/our-pricing", "page"),
        ("/demo/thanks", "demo_request"),
        ("/demo/thanks/", "demo_request"),
        ("/demo", "page"),
        ("/", "page"),
        ("", "page"),
    ],
)
def test_what_a_page_is_about(path, kind):
    assert kind_of(f"https://shop.example{path}", ["/pricing*"], ["/demo/thanks"]) == kind


@pytest.mark.parametrize(
    ("address", "with_it"),
    [
        ("https://shop.example/", "https://shop.example/?leadcrm=T"),
        ("https://shop.example/?a=1", "https://shop.example/?a=1&leadcrm=T"),
        ("https://shop.example/a#b?c", "https://shop.example/a?leadcrm=T#b?c"),
    ],
)
def test_a_pass_stands_in_the_query(address, with_it):
    assert with_pass(address, "T") == with_it


def test_a_pass_is_good_for_its_organization_and_some_minutes(app):
    token = make_pass("acme", "jane", NOON)
    assert read_pass(token, "acme", NOON + VALID) == "jane"
    assert read_pass(token, "acme", NOON + VALID + timedelta(seconds=1)) is None
    assert read_pass(token, "rival", NOON) is None
    for broken in ("", "x", token + "x", "x" + token, token.replace("jane", "john")):
        assert read_pass(broken, "acme", NOON) is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"[]", b"1", b"null", b"\xff", b'{"key": 1}', b"{}", b"[" * 4096,
        f'{{"key": "{KEY}", "visitor": "x", "url": "https://shop.example"}}'.encode(),
        f'{{"key": "{KEY.upper()}", "visitor": "{VISITOR}", "url": "https://shop.example"}}'.encode(),
        f'{{"key": "{KEY}", "visitor": "{VISITOR}", "url": ["https://shop.example"]}}'.encode(),
        f'{{"key": "{KEY}", "visitor": "{VISITOR}", "url": "https://shop.example/\\u0000"}}'.encode(),
        f'{{"key": "{KEY}", "visitor": "{VISITOR}", "url": "x", "pass": "{"x" * 401}"}}'.encode(),
    ],
)  # fmt: skip
def test_what_our_script_never_sends_is_refused(body):
    with pytest.raises(NotABeacon):
        read_beacon(body)
