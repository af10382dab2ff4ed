"""Outgoing mail as bytes.

`EmailMessage` builds the same in more than a millisecond, and building is what a mail costs; so the few shapes we
send are written out by hand here. The tests hold every result against the standard library's own reading of it.
"""

import binascii
import re
import secrets
from email.utils import formatdate

from leadcrm.adapters.mime.files import file_part
from leadcrm.adapters.ports import OutgoingEmail

LINE_GOAL = 76  # of a folded header, in characters
LINE_LIMIT = 900  # a body line longer than this is encoded; RFC 5322 allows 998
ENCODED_WORD_BYTES = 42  # 56 characters of base64; with "=?utf-8?b?" and "?=" under the limit of 75

_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[!-;=?A-~]{1,64}@[A-Za-z0-9.\-\[\]:]{1,253}")  # ASCII without blanks and angle brackets
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_WEB_ADDRESS = re.compile(r"https?://[!-;=?-~]{1,900}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9\-]{1,70}")
_LINE_END = re.compile(r"\r\n?|\n")
_METHOD = re.compile(r"^METHOD:([A-Z]{1,20})\r?$", re.MULTILINE)
_LONG_LINE = re.compile(rf"[^\n]{{{LINE_LIMIT}}}")


def build(email: OutgoingEmail) -> bytes:
    """The whole mail, lines ended by CRLF, every byte ASCII.

    Raises ValueError when a header would hold a line break or another control character, or an address or
    Message-ID has not its shape: nothing typed by a lead can add a header. And when a file is not there as it was, or
    an invitation has no METHOD.
    """
    if email.envelope_sender:
        _address(email.envelope_sender)
    head = [
        f"Message-ID: {_message_id(email.message_id)}",
        f"Date: {formatdate(usegmt=True)}",
        f"From: {_mailbox(email.sender_name, email.sender)}",
        f"To: {_mailbox(email.recipient_name, email.recipient)}",
        _text_header("Subject", email.subject),
        *_thread_headers(email),
        *_unsubscribe_headers(email),
        *(_text_header(_header_name(name), value) for name, value in email.headers),
        "MIME-Version: 1.0",
    ]
    return ("\r\n".join(head) + "\r\n" + _content(email)).encode("ascii")


def _thread_headers(email: OutgoingEmail) -> list[str]:
    lines = []
    if email.reply_to:
        lines.append(f"Reply-To: {_address(email.reply_to)}")
    if email.in_reply_to:
        lines.append(f"In-Reply-To: {_message_id(email.in_reply_to)}")
    if email.references:
        lines.append("References: " + "\r\n ".join(_message_id(reference) for reference in email.references))
    return lines


def _unsubscribe_headers(email: OutgoingEmail) -> list[str]:
    ways = []
    if email.unsubscribe_url:
        ways.append(f"<{_url(email.unsubscribe_url)}>")
    if email.unsubscribe_mailto:
        ways.append(f"<mailto:{_address(email.unsubscribe_mailto)}>")
    lines = ["List-Unsubscribe: " + ",\r\n ".join(ways)] if ways else []
    if email.unsubscribe_url:
        lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return lines


def _content(email: OutgoingEmail) -> str:
    """The words, and behind them the files."""
    if not email.files:
        return _body(email)
    boundary = _boundary()
    files = (f"--{boundary}\r\n{file_part(file)}" for file in email.files)
    return (
        f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\n{_body(email)}"
        f"{''.join(files)}--{boundary}--\r\n"
    )


def _body(email: OutgoingEmail) -> str:
    """The words in their dresses, the plainest first; a calendar reads what it understands (RFC 6047)."""
    parts = [_part("plain", email.text)]
    if email.html is not None:
        parts.append(_part("html", email.html))
    if email.invitation is not None:
        parts.append(_part(f"calendar; method={_method(email.invitation)}", email.invitation))
    if len(parts) == 1:
        return parts[0]
    boundary = _boundary()
    opened = "".join(f"--{boundary}\r\n{part}" for part in parts)
    return f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n{opened}--{boundary}--\r\n'


def _method(invitation: str) -> str:
    if (found := _METHOD.search(invitation)) is None:
        raise ValueError("An invitation says by its METHOD what it asks for.")
    return found[1]


def _boundary() -> str:
    return f"=_{secrets.token_hex(16)}"  # "=_" cannot occur in quoted-printable or base64


def _part(subtype: str, text: str) -> str:
    text = _LINE_END.sub("\n", text)
    if not text.endswith("\n"):
        text += "\n"
    encoding, payload = _encoded(text)
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n" + payload.replace("\n", "\r\n")
    )


def _encoded(text: str) -> tuple[str, str]:
    """The cheapest encoding that keeps every character: as it is, quoted-printable, or base64 for foreign scripts."""
    if text.isascii() and "\0" not in text and not _LONG_LINE.search(text):
        return "7bit", text
    data = text.encode()
    if len(data) > 1.2 * len(text):
        lines = (binascii.b2a_base64(data[i : i + 57]) for i in range(0, len(data), 57))
        return "base64", b"".join(lines).decode("ascii")
    return "quoted-printable", binascii.b2a_qp(data, quotetabs=False, istext=True).decode("ascii")


def _text_header(name: str, value: str) -> str:
    value = _printable(value).strip()
    if not value.isascii() or "=?" in value:
        return f"{name}: {_encoded_words(value)}"
    return _folded(f"{name}: {value}")


def _mailbox(name: str, address: str) -> str:
    address = _address(address)
    name = _printable(name).strip()
    if not name:
        return address
    if not name.isascii() or "=?" in name or len(name) > LINE_GOAL:
        return f"{_encoded_words(name)}\r\n <{address}>"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def _encoded_words(text: str) -> str:
    """RFC 2047 words of whole characters, one to a line."""
    words, chunk, size = [], [], 0
    for character in text:
        width = len(character.encode())
        if size + width > ENCODED_WORD_BYTES:
            words.append("".join(chunk))
            chunk, size = [], 0
        chunk.append(character)
        size += width
    words.append("".join(chunk))
    return "\r\n ".join(
        f"=?utf-8?b?{binascii.b2a_base64(word.encode(), newline=False).decode('ascii')}?=" for word in words
    )


def _folded(line: str) -> str:
    """The header line broken before blanks; a word too long for any line is encoded instead."""
    if len(line) <= LINE_GOAL:
        return line
    name, _, value = line.partition(": ")
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(word) > LINE_LIMIT:
            return f"{name}: {_encoded_words(value)}"
        # an empty word is one of several blanks in a row: a line of blanks only would be dropped by some readers
        if word and len(lines[-1]) + 1 + len(word) > LINE_GOAL and lines[-1].strip() and not lines[-1].endswith(" "):
            lines.append(f" {word}")
        else:
            lines[-1] += f" {word}"
    return "\r\n".join(lines)


def _printable(value: str) -> str:
    if _UNPRINTABLE.search(value):
        raise ValueError("A mail header cannot hold line breaks or control characters.")
    return value.replace("\t", " ")


def _address(value: str) -> str:
    return _shaped(_ADDRESS, value, "is not a plain e-mail address")


def _message_id(value: str) -> str:
    return _shaped(_MESSAGE_ID, value, "is not a Message-ID in angle brackets")


def _header_name(value: str) -> str:
    return _shaped(_HEADER_NAME, value, "is not a header name")


def _url(value: str) -> str:
    return _shaped(_WEB_ADDRESS, value, "is not a web address")


def _shaped(shape: re.Pattern[str], value: str, complaint: str) -> str:
    if not shape.fullmatch(value):
        raise ValueError(f"{value[:80]!r} {complaint}.")
    return value
