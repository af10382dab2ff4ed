"""Outgoing mail, held against the standard library: what it reads from our bytes is what we meant to say."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadcrm.adapters.mime import build
from leadcrm.adapters.ports import OutgoingEmail, OutgoingFile

MAIL = OutgoingEmail("<one@acme.test>", "ada@acme.test", "Ada", "anna@example.com", "Anna", "Welcome", "Hello\n")
TEXTS = {
    "plain": "Hello Anna,\nsee you on Tuesday.\n",
    "accents": "Grüße, señora Ñandú — à bientôt\n",
    "emoji": "👩‍👩‍👧 " * 200 + "\n",
    "right to left": "مرحبا بك في منزلك الجديد\nשלום\n" * 20,
    "chinese": "欢迎" * 2000 + "\n",
    "long lines": ("x" * 5000 + "\n") * 3,
    "long words with spaces": " ".join(["word"] * 4000) + "\n",
    "dots": ".\n..\n.hidden\n",
    "from": "From here\n>From there\n",
    "blanks at line ends": "a  \nb\t\n",
    "no last line end": "bye",
    "equals": "1 + 1 = 2 =\n=20\n",
    "empty": "",
}


def read(email: OutgoingEmail) -> EmailMessage:
    raw = build(email)
    assert raw.isascii()
    assert not re.search(rb"[^\r]\n|\r[^\n]", raw), "lines end with CRLF"
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    return message_from_bytes(raw, policy=policy.SMTP)


def lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_words_arrive(text):
    single = read(replace(MAIL, text=text))
    assert lines(single.get_content()) == lines(text)
    both = read(replace(MAIL, text=text, html=f"<p>{text}</p>"))
    assert both.get_content_type() == "multipart/alternative"
    assert lines(both.get_body(("plain",)).get_content()) == lines(text)
    assert lines(both.get_body(("html",)).get_content()) == lines(f"<p>{text}</p>")
    assert both.defects == []


@pytest.mark.parametrize(
    "words",
    [
        "Welcome",
        "Zoë Ünïcode",
        "👩‍👩‍👧 family " * 20,
        "مرحبا بك في منزلك الجديد",
        'Anna "Annie" O\\Brien, (Ltd.) <not@an.address>; Co:',
        "=?utf-8?q?not_encoded?=",
        "word " * 60 + "end",
        "a  double  space " * 12 + "end",
        "tab\tinside",
        "x" * 2000,
    ],
)
def test_subjects_and_names_arrive(words):
    mail = read(replace(MAIL, subject=words, recipient_name=words, sender_name=words))
    expected = words.replace("\t", " ").strip()
    assert mail["Subject"] == expected
    assert mailbox(mail, "From") == (" ".join(expected.split()), MAIL.sender)
    assert mailbox(mail, "To") == (" ".join(expected.split()), MAIL.recipient)


def mailbox(mail: EmailMessage, header: str) -> tuple[str, str]:
    """(name, address) by the older reader: the newer one of Python 3.11 puts blanks between encoded words."""
    raw = next(value for name, value in mail.raw_items() if name == header)
    name, address = parseaddr("".join(str(raw).splitlines()))
    return " ".join(str(make_header(decode_header(name))).split()), address


def test_the_thread_and_the_way_out_are_in_the_head():
    mail = read(
        replace(
            MAIL,
            reply_to="ada+t0ken@acme.test",
            in_reply_to="<b@example.com>",
            references=("<a@example.com>", "<b@example.com>"),
            unsubscribe_url="https://acme.test/u/t0ken",
            unsubscribe_mailto="ada+stop@acme.test",
            headers=(("Auto-Submitted", "auto-generated"),),
        )
    )
    assert mail["Message-ID"] == MAIL.message_id
    assert mail["Reply-To"] == "ada+t0ken@acme.test"
    assert mail["In-Reply-To"] == "<b@example.com>"
    assert mail["References"].split() == ["<a@example.com>", "<b@example.com>"]
    assert mail["List-Unsubscribe"] == "<https://acme.test/u/t0ken>, <mailto:ada+stop@acme.test>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime is not None


def test_a_letter_by_hand_carries_no_way_out():
    mail = read(MAIL)
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None


@given(
    words=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120),
    text=st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n"), max_size=300),
)
def test_any_printable_text_arrives_and_adds_no_header(words, text):
    mail = read(replace(MAIL, subject=words, recipient_name=words, text=text))
    assert mail.keys() == read(MAIL).keys()
    assert lines(mail.get_content()) == lines(text)
    assert "".join(mail["Subject"].split()) == "".join(words.split())


@pytest.mark.parametrize("character", ["\r", "\n", "\r\n", "\0", "\x0b", "\x85", "\u2028", "\x1b"])
@pytest.mark.parametrize("field", ["subject", "recipient_name", "sender_name", "recipient", "sender", "message_id"])
def test_control_characters_are_refused_in_every_header(field, character):
    value = getattr(MAIL, field)
    with pytest.raises(ValueError, match=r"header|address|Message-ID"):
        build(replace(MAIL, **{field: value[:2] + character + value[2:]}))


@pytest.mark.parametrize("addition", ["\r\nBcc: all@example.com", "\nBcc: all@example.com", "\r", "\n", "\0", " ", ">"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reply_to", "anna@example.com"), ("envelope_sender", "anna@example.com"), ("in_reply_to", "<1@example.com>"),
        ("unsubscribe_url", "https://example.com/u"), ("unsubscribe_mailto", "anna@example.com"),
        ("sender", "anna@example.com"), ("recipient", "anna@example.com"), ("message_id", "<1@example.com>"),
    ],
)  # fmt: skip
def test_nothing_is_added_to_an_address_or_an_id(field, value, addition):
    build(replace(MAIL, **{field: value}))
    for more in (value + addition, value[:4] + addition + value[4:], addition + value):
        with pytest.raises(ValueError, match="is not"):
            build(replace(MAIL, **{field: more}))


@pytest.mark.parametrize("addition", ["\r\nBcc: all@example.com", "\n", "\r", "\0"])
def test_nothing_is_added_to_references_and_further_headers(addition):
    further = [
        {"references": ("<1@example.com>", f"<2@example.com>{addition}")},
        {"headers": ((f"X-Mark{addition}", "x"),)},
        {"headers": (("X-Mark", f"x{addition}y"),)},
    ]
    for changes in further:
        with pytest.raises(ValueError, match=r"is not|cannot hold"):
            build(replace(MAIL, **changes))


@pytest.mark.parametrize("kind", ["", "image", "image/png\r\nX-Mark: 1", "image/png\n", "image/png; name=x", "a/b/c"])
def test_nothing_is_added_to_the_type_of_a_file(kind, tmp_path):
    path = tmp_path / "plan"
    path.touch()
    file = OutgoingFile("plan.png", kind, path, 0, sha256(b"").hexdigest())
    build(replace(MAIL, files=(replace(file, content_type="image/png"),)))
    with pytest.raises(ValueError, match="media type"):
        build(replace(MAIL, files=(file,)))


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@", "@example.com", "a b@example.com", "änna@example.com", "a@b@c"]
)
def test_only_plain_addresses_are_written(address):
    with pytest.raises(ValueError, match="address"):
        build(replace(MAIL, recipient=address))
