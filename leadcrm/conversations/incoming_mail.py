"""A raw mail as values: who wrote it to whom, what it answers, and what it says.

Made by anyone, so nothing in it is believed to be well-formed: whatever cannot be read becomes replacement
characters or is left out, and counts and lengths have limits. Only a mail without any sender is refused.
One that is built to keep its reader busy (the library's parsers take quadratic time over a few shapes, which are
looked for first) is not taken apart: it comes in whole, as a file. Of a mail that is too large to keep only the
beginning comes in, without files.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from leadcrm.conversations import delivery_reports
from leadcrm.conversations.delivery_reports import Report
from leadcrm.conversations.mail_words import lines_of_html, printable, safe_html, text_of
from leadcrm.conversations.threading import fold_quoted

LARGEST_MAIL = 10 * 1024 * 1024
CUT = "X-LeadCRM-Cut"  # how many bytes the whole mail had
MOST_PARTS = 200
MOST_ADDRESSES = 100
MOST_REFERENCES = 100
LONGEST_HEAD = 64 * 1024
LONGEST_HEADER = 20_000
LONGEST_TEXT = 200_000
LONGEST_HTML = 500_000
LONGEST_NAME = 200
LONGEST_ADDRESS = 254
LONGEST_CONTENT_HEADER = 4_000
MOST_CONTAINERS = 30  # multiparts and mails within mails; each line is held against the boundary of each
MOST_SEPARATORS = 10_000
MOST_LINES = 1_000_000
WHOLE_MAIL = ("mail.eml", "message/rfc822")
RECIPIENT_HEADERS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To", "Resent-To")
MAIL_SYSTEMS = ("mailer-daemon", "postmaster")
MACHINE_SENDERS = (*MAIL_SYSTEMS, "no-reply", "noreply")
MACHINE_PRECEDENCES = {"bulk", "junk", "auto_reply"}
AUTO_REPLY_HEADERS = ("X-Autoreply", "X-Autorespond")

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CONTENT_HEADER = re.compile(rb"^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_CONTAINER = re.compile(rb"multipart/|message/", re.IGNORECASE)


class NoSender(ValueError):
    """Nobody is named who could have written this."""


@dataclass(frozen=True)
class Head:
    """What is needed to tell whose mail it is; ids with their angle brackets, addresses lower case."""

    message_id: str | None
    sender: str  # "" only of a report
    sender_name: str
    recipients: tuple[str, ...]
    in_reply_to: str | None
    references: tuple[str, ...]  # oldest first, the mail it answers or reports on last
    subject: str
    is_automatic: bool  # a machine wrote it: answering would start a loop, and no flow may think the lead did
    is_of_a_list: bool  # it came through one, such as a Google Group that is the team's mailbox
    is_auto_reply: bool  # a bounce, a receipt, an out-of-office: nobody new is writing


@dataclass(frozen=True)
class File:
    """An attachment."""

    filename: str | None
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """A whole mail: `text` is what was written, `quoted` the earlier text below it, `html` is safe to show framed."""

    head: Head
    text: str
    quoted: str
    html: str | None
    files: tuple[File, ...]
    report: Report | None = None


def cut_short(beginning: bytes, size: int) -> bytes:
    """The beginning of a mail of `size` bytes, marked so that it is read as such."""
    return f"{CUT}: {size}\r\n".encode() + beginning


def read_head(raw: bytes) -> Head:
    """The head of a mail; of a report also, as a reference, the mail it is about. Raises NoSender."""
    end = _HEAD_END.search(raw, 0, LONGEST_HEAD)
    mail = BytesHeaderParser(policy=compat32).parsebytes(raw[: end.start() if end else LONGEST_HEAD])
    head = _head(mail)
    if not _is_report(mail) or _trouble_with(raw):
        return head
    return _with_reference(head, delivery_reports.find(message_from_bytes(raw, policy=compat32)))


def read(raw: bytes) -> Mail:
    """The whole mail. Raises NoSender."""
    if trouble := _trouble_with(raw):
        return Mail(read_head(raw), f"[{trouble} It is attached as it came.]", "", None, (File(*WHOLE_MAIL, raw),))
    mail = message_from_bytes(raw, policy=compat32)
    plain, rich, files = None, None, []
    for part in _leaves(mail):
        kind = part.get_content_type()
        if _is_file(part) or kind not in ("text/plain", "text/html"):
            files.append(File(_filename(part), printable(kind), _content(part)))
        elif kind == "text/plain" and plain is None:
            plain = text_of(_content(part), part.get_content_charset())[:LONGEST_TEXT]
        elif kind == "text/html" and rich is None:
            rich = text_of(_content(part), part.get_content_charset())[:LONGEST_HTML]
    is_said_plainly = bool(plain and plain.strip())  # some programs leave the plain part empty
    said, quoted = fold_quoted(plain if is_said_plainly else lines_of_html(rich or ""))
    report = delivery_reports.find(mail)
    whole = Mail(_with_reference(_head(mail), report), said, quoted, safe_html(rich or ""), tuple(files), report)
    return _without_cut_files(whole, _header(mail, CUT))


def _with_reference(head: Head, report: Report | None) -> Head:
    if report is None or report.message_id is None:
        return head
    return replace(head, references=(*head.references, report.message_id))


def _without_cut_files(mail: Mail, size: str) -> Mail:
    """Of a mail that was cut short, files are incomplete."""
    if not size.isdecimal():
        return mail
    note = f"[This mail was too large to take in, {int(size[:15]) // 1024**2} MB. Its files are only in the mailbox.]"
    return replace(mail, text=f"{mail.text}\n\n{note}".strip(), files=())


def _trouble_with(raw: bytes) -> str | None:
    """Why reading this mail would take too long, found in one pass; None for nearly every mail."""
    if not _HEAD_END.search(raw, 0, LONGEST_HEAD) and len(raw) > LONGEST_HEAD:
        return "The head of this mail is too long."
    if raw.count(b"\n") > MOST_LINES or raw.count(b"\n--") > MOST_SEPARATORS:
        return "This mail has too many lines."
    containers = 0
    for header in _CONTENT_HEADER.finditer(raw):
        if header.end() - header.start() > LONGEST_CONTENT_HEADER:
            return "A part of this mail describes itself at too great a length."
        containers += _CONTAINER.search(header[0]) is not None
    return "This mail has too many parts within parts." if containers > MOST_CONTAINERS else None


def _head(mail: Message) -> Head:
    is_of_a_list = _is_of_a_list(mail)
    rewritten = _addresses(mail, "X-Original-From") if is_of_a_list else []  # by the list, which put its own address
    senders = rewritten or _addresses(mail, "From") or _addresses(mail, "Sender") or _addresses(mail, "Return-Path")
    if not senders and not _is_report(mail):
        raise NoSender("This mail names no sender.")
    name, sender = senders[0] if senders else ("", "")
    answers = _MESSAGE_ID.findall(_header(mail, "In-Reply-To"))
    references = [*_MESSAGE_ID.findall(_header(mail, "References"))[-MOST_REFERENCES:], *answers[:1]]
    ids = _MESSAGE_ID.findall(_header(mail, "Message-ID"))
    return Head(
        message_id=ids[0] if ids else None,
        sender=sender,
        sender_name=name[:LONGEST_NAME],
        recipients=tuple(address for header in RECIPIENT_HEADERS for _, address in _addresses(mail, header)),
        in_reply_to=answers[0] if answers else (references[-1] if references else None),
        references=tuple(dict.fromkeys(references)),
        subject=" ".join(_header(mail, "Subject").split()),
        is_automatic=_is_automatic(mail, sender),
        is_of_a_list=is_of_a_list,
        is_auto_reply=_is_auto_reply(mail, sender),
    )


def _is_automatic(mail: Message, sender: str) -> bool:
    submitted = _header(mail, "Auto-Submitted").strip().lower()
    return (
        (submitted != "" and not submitted.startswith("no"))
        or _header(mail, "Precedence").strip().lower() in MACHINE_PRECEDENCES
        or sender.partition("@")[0] in MACHINE_SENDERS
        or _is_auto_reply(mail, sender)
    )


def _is_of_a_list(mail: Message) -> bool:
    return bool(_values(mail, "List-Id")) or _header(mail, "Precedence").strip().lower() == "list"


def _is_auto_reply(mail: Message, sender: str) -> bool:
    return (
        _header(mail, "Auto-Submitted").strip().lower().startswith("auto-replied")
        or _header(mail, "Return-Path").strip() == "<>"
        or any(_values(mail, header) for header in AUTO_REPLY_HEADERS)
        or _is_report(mail)
        or sender.partition("@")[0] in MAIL_SYSTEMS
    )


def _is_report(mail: Message) -> bool:
    return mail.get_content_type() == "multipart/report"


def _header(mail: Message, name: str) -> str:
    """Every value of a header, decoded, printable characters and blanks only."""
    return " ".join(_decoded(value) for value in _values(mail, name))


def _values(mail: Message, name: str) -> list[str]:
    """The raw values of a header, on one line each; bytes beyond ASCII are read as UTF-8."""
    values = [str(value) for header, value in mail.raw_items() if header.lower() == name.lower()]
    return [
        " ".join(value[:LONGEST_HEADER].encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())
        for value in values[:MOST_ADDRESSES]
    ]


def _decoded(value: str) -> str:
    text = value
    with suppress(LookupError, ValueError):
        text = str(make_header(decode_header(value)))
    return printable(text)


def _addresses(mail: Message, name: str) -> list[tuple[str, str]]:
    """(name, address) pairs of a header; the structure is read before the names are decoded, so no name adds one."""
    try:
        pairs = getaddresses(_values(mail, name))[:MOST_ADDRESSES]
    except RecursionError:  # a comment in a comment in a comment …
        return []
    return [
        (" ".join(_decoded(person).split()), address)
        for person, address in ((person, typed.strip().lower()) for person, typed in pairs)
        if address.count("@") == 1 and address.isprintable() and " " not in address and len(address) <= LONGEST_ADDRESS
    ]


def _leaves(mail: Message) -> Iterator[Message]:
    """The parts that hold something; a mail inside a mail is one file."""
    waiting, seen = [mail], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop()
        seen += 1
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting.extend(reversed(part.get_payload()))
        else:
            yield part


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_filename(part))


def _filename(part: Message) -> str | None:
    try:
        name = part.get_filename()
    except (LookupError, ValueError, TypeError):
        return None
    return _decoded(name) if name else None


def _content(part: Message) -> bytes:
    """The part's bytes, decoded; of a mail inside a mail its source."""
    try:
        if part.get_content_maintype() == "message":
            return b"".join(bytes(inner) for inner in part.get_payload() if isinstance(inner, Message))
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, MessageError):  # also of a header that cannot be written back
        return b""
    return payload if isinstance(payload, bytes) else b""
