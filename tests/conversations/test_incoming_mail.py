"""Mails as the world makes them: broken, foreign, and built to hang their reader."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadcrm.conversations.incoming_mail import NoSender, read, read_head
from tests.conversations.mails import mail

HEAD = b"From: Jane <jane@example.com>\nSubject: Hi\nMessage-ID: <a@example.com>\n"
HTML = HEAD + b"Content-Type: text/html\n\n"


def nested(depth: int) -> bytes:
    return HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (HEAD + b"\nHello", "Hello"),
        (HEAD + b"\r\nHello\r\nthere", "Hello\nthere"),
        (HEAD + b"Content-Type: text/plain; charset=latin-1\n\nGr\xfc\xdfe", "Grüße"),
        (HEAD + b"Content-Type: text/plain; charset=no-such\n\nGr\xc3\xbc\xc3\x9fe", "Grüße"),
        (HEAD + b"Content-Type: text/plain; charset=utf-8\n\nGr\xfce", "Gr\ufffde"),
        (HEAD + b"Content-Type: text/plain; charset=utf-7\n\nHi +2D3eAA- +2AA- there", "Hi \U0001f600 \ufffd there"),
        (HEAD + b"Content-Type: text/plain; charset=unicode_escape\n\nHi \\ud800", "Hi \\ud800"),
        (HEAD + b"Content-Type: text/plain; charset=base64\n\nSGVsbG8=", "SGVsbG8="),
        (HEAD + b"Content-Transfer-Encoding: base64\n\nSGVsbG8=", "Hello"),
        (HEAD + b"Content-Transfer-Encoding: base64\n\n!!not base64!!", None),
        (HEAD + b"Content-Transfer-Encoding: quoted-printable\n\nHel=6Co=", "Hello"),
        (HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nHello\n", "Hello"),
        (HEAD + b"Content-Type: multipart/mixed\n\nHello", None),
        (
            HTML + b"<style>p{}</style><p>Hello<br>there</p><script>x()</script><p>Bye &amp; thanks</p>",
            "Hello\nthere\nBye & thanks",
        ),
        (HTML + b"<div>Please stop<div>mailing me</div></div>", "Please stop\nmailing me"),
        (HTML + b"STOP<p>Jane</p><div><div>Doe</div><div>Bye</div></div>", "STOP\nJane\nDoe\nBye"),
        (
            HTML + b"<table><tr><td>Name</td><td>Jane</td></tr><tr><th>Tel</th><td>1</td></tr></table>",
            "Name Jane\nTel 1",
        ),
        (HEAD, ""),
    ],
)
def test_what_was_said_is_found(raw, text):
    found = read(raw)
    assert found.head.sender == "jane@example.com"
    if text is not None:
        assert found.text == text


def test_html_is_kept_safe_and_text_is_preferred():
    found = read(mail("Plain", html='<p onclick="x()" hx-get="/x">Rich<script>x()</script></p>'))
    assert found.text == "Plain"
    assert found.html.strip() == "<p>Rich</p>"


def test_an_empty_plain_part_does_not_hide_the_words():
    assert read(mail("\n", html="<p>Please stop mailing me</p>")).text == "Please stop mailing me"


@pytest.mark.parametrize(
    ("headers", "is_automatic"),
    [
        ({}, False),
        ({"Auto_Submitted": "no"}, False),
        ({"Auto_Submitted": "auto-replied"}, True),
        ({"Precedence": "bulk"}, True),
        ({"Return_Path": "<>"}, True),
        ({"Return_Path": "<jane@example.com>"}, False),
    ],
)
def test_machines_are_told_from_people(headers, is_automatic):
    assert read_head(mail(**headers)).is_automatic is is_automatic


def test_the_thread_is_read_oldest_first():
    head = read_head(mail(References="<a@x> junk <b@x>", In_Reply_To="<c@x>"))
    assert head.references == ("<a@x>", "<b@x>", "<c@x>")
    assert head.in_reply_to == "<c@x>"


def test_a_name_adds_no_sender():
    head = read_head(b"From: =?utf-8?q?boss=40acme.test=2C_x?= <jane@example.com>\n\n")
    assert head.sender == "jane@example.com"
    assert head.sender_name == "boss@acme.test, x"


def test_a_mail_from_nobody_is_refused():
    for raw in (b"", b"Subject: x\n\nHello", b"From: nobody\n\nHello", b"From: " + b"(" * 15_000 + b"\n\nHello"):
        with pytest.raises(NoSender):
            read(raw)


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_no_bytes_surprise_the_reader(more_head, body):
    try:
        found = read(HEAD + more_head + b"\n\n" + body)
    except NoSender:
        return
    found.text.encode()
    (found.html or "").encode()


@pytest.mark.parametrize(
    "raw",
    [
        nested(31),
        nested(3000),
        HEAD + b"Content-Type: message/rfc822\n\n" * 20_000,
        HEAD + b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\n" * 170_000,
        HEAD + b"Content-Type: text/plain;" + b" a*0=b;" * 100_000 + b"\n\n",
        HEAD + b"Content-Disposition: attachment;" + b"\n filename*0*=b;" * 50_000 + b"\n\nx",
        HEAD + b"a: b\n" * 200_000 + b"\n",
        HEAD + b"References: " + b"<" * 1_000_000 + b"\n\nx",
        HEAD + b"\n" * 1_100_000,
    ],
    ids=["deep", "abyss", "mails in mails", "parts", "parameters", "file name", "headers", "references", "lines"],
)
def test_bombs_come_in_whole_and_at_once(raw):
    started = process_time()
    found = read(raw)
    assert process_time() - started < 1
    assert found.head.sender == "jane@example.com"
    assert "attached as it came" in found.text
    assert [(file.filename, file.content) for file in found.files] == [("mail.eml", raw)]


@pytest.mark.parametrize(
    "raw",
    [
        HTML + b"<div>" * 100_000,
        HTML + b"<" * 500_000,
        HTML + b"</p " * 120_000,
        HTML + b"<br " * 120_000,
        HTML + b"<p " * 160_000,
        HTML + b"<!--" * 120_000,
        HEAD + b"Subject: " + b"=?utf-8?q?" * 6_000 + b"\n\n",
        HEAD + b"To: " + b"a," * 30_000 + b"\n\n",
        nested(30) + b"\nx\n" * 20_000,
        HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"x" * 500_000 + b"-" + b"a" * 500_000,
    ],
    ids=[
        "divs",
        "brackets",
        "ends",
        "breaks",
        "starts",
        "comments",
        "encoded words",
        "addresses",
        "nested",
        "punycode",
    ],
)
def test_the_worst_readable_mails_are_read_in_time(raw):
    started = process_time()
    read(raw)
    assert process_time() - started < 4  # a fraction of a second; the rest is for a busy machine
