"""A link in a mail leads where we wrote that it leads, and nobody else can make one."""

import base64

import pytest

from leadcrm.core import mail_links
from leadcrm.core.mail_links import BadLink, MailMark, click_token, is_web_address, open_token, read_click, read_open
from leadcrm.core.security import sign
from leadcrm.core.values import new_id

TARGET = "https://shop.example/pricing?plan=2&ref=a%20b#top"
AWAY = [
    "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/%09/evil.test", "https:evil.test",
    "https:/evil.test", "http:evil.test", "https://", "http:///evil.test", "https://@evil.test", "https://a@evil.test",
    "https://shop.example\\@evil.test", "https://shop.example\\.evil.test", "https://shop.example:80@evil.test",
    "javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
    "ftp://evil.test", "mailto:a@evil.test", "tel:+123", "https://evil.test\r\nSet-Cookie: a=b",
    "https://evil.test/\nLocation: //x", "https://\tevil.test", " https://evil.test", "https://evil.test /x",
    "https://evil.test\x00", "https://\u3000evil.test", "https://evil.test/\u202e", "https://[::1", "HTTPS//evil.test",
    "", "evil.test", "?next=//evil.test",
]  # fmt: skip


@pytest.fixture
def mark(app) -> MailMark:
    return MailMark(new_id(), new_id(), new_id())


def test_a_link_tells_its_mail_and_its_target(mark):
    assert read_click(click_token(mark, TARGET)) == (mark, TARGET)


def test_other_alphabets_survive(mark):
    target = "https://shop.example/приве́т/价格?q=ü"
    assert read_click(click_token(mark, target)) == (mark, target)


def test_a_picture_tells_its_mail(mark):
    assert read_open(open_token(mark)) == mark


def test_a_token_of_one_kind_is_none_of_the_other(mark):
    with pytest.raises(BadLink, match="not valid"):
        read_click(open_token(mark))
    with pytest.raises(BadLink, match="not valid"):
        read_open(click_token(mark, TARGET))


@pytest.mark.parametrize("address", AWAY)
def test_nothing_but_a_plain_web_address_becomes_a_link(mark, address):
    assert not is_web_address(address)
    with pytest.raises(ValueError, match="plain web addresses"):
        click_token(mark, address)


@pytest.mark.parametrize("address", AWAY)
def test_even_under_our_own_signature_it_leads_nowhere_else(mark, address):
    forged = mail_links._token(mark, address, mail_links.CLICK)
    with pytest.raises(BadLink, match="not valid"):
        read_click(forged)


def test_every_bit_is_signed(mark):
    token = click_token(mark, "https://shop.example/")
    for position in range(len(token)):
        other = "A" if token[position] != "A" else "B"
        with pytest.raises(BadLink, match="not valid"):
            read_click(token[:position] + other + token[position + 1 :])


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "%", "é.ü", "A" * 9000, "..", "a.b.c"])
def test_what_is_no_token_is_refused(app, token):
    with pytest.raises(BadLink, match="not valid"):
        read_click(token)


def test_a_signature_for_something_else_makes_no_link(mark):
    payload = click_token(mark, TARGET).rpartition(".")[0]
    for purpose in ("unsubscribe", "csrf", ""):
        with pytest.raises(BadLink, match="not valid"):
            read_click(sign(payload, purpose))


def test_what_is_too_short_is_refused_also_when_signed(app):
    for carried in (b"", b"x" * 47):
        payload = base64.urlsafe_b64encode(carried).decode().rstrip("=")
        with pytest.raises(BadLink):
            read_click(sign(payload, mail_links.CLICK))
