"""What every adapter to the outside promises, and the plain values that cross the border.

A send ends in exactly one of four ways:

- it returns `Sent`: the other side took the message;
- it raises `Refused`: the other side said no for good, sending the same again cannot help;
- it raises `TryLater`: the message was surely not accepted, sending again cannot double it;
- it raises `OutcomeUnknown`: bytes left and no verdict came back; nobody may send it again unasked.

Anything else that escapes from `send` is a bug, and the delivery must treat it as unknown.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class OutgoingFile:
    """A file that goes with a mail: read from `path` when the mail is built, `size` in bytes, `sha256` in hex.

    When it is not there any more, or not as it was, the mail is refused.
    """

    filename: str
    content_type: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class OutgoingEmail:
    """One mail to one recipient.

    `message_id`, `in_reply_to` and `references` (oldest first) carry their angle brackets. Addresses are plain
    ASCII (`core.addresses.email_address` makes them so); names and subject may hold any printable text. `text` and
    `html` are the same words in two dresses. `unsubscribe_url` makes it flow mail with one-click headers;
    `unsubscribe_mailto` is an address. `headers` are further (name, value) pairs. `invitation` is an iCalendar object
    with its METHOD.
    """

    message_id: str
    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    subject: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    unsubscribe_url: str | None = None
    unsubscribe_mailto: str | None = None
    envelope_sender: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    files: tuple[OutgoingFile, ...] = ()
    invitation: str | None = None


@dataclass(frozen=True)
class OutgoingText:
    """One SMS or WhatsApp message; `key` is ours and the same for every attempt, numbers are E.164."""

    key: str
    sender: str
    recipient: str
    text: str


@dataclass(frozen=True)
class Sent:
    """Accepted by the other side, which knows it by `external_id`."""

    external_id: str


class Refused(Exception):
    """Not accepted, for good. `code` is the other side's own ("550") or "invalid" when we would not even ask."""

    def __init__(self, reason: str, code: str):
        super().__init__(reason)
        self.reason = reason
        self.code = code


class TryLater(Exception):
    """Surely not accepted; may be sent again, not before `retry_after` seconds when the other side named a time."""

    def __init__(self, reason: str, retry_after: float | None = None):
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class OutcomeUnknown(Exception):
    """Bytes left and no verdict came: perhaps it arrived. Only a person, or a later report, can tell."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class MailSession(Protocol):
    def send(self, email: OutgoingEmail) -> Sent:
        """Hand over one mail, or raise Refused, TryLater or OutcomeUnknown. The session stays usable after each."""


class MailTransport(Protocol):
    def open(self) -> AbstractContextManager[MailSession]:
        """One session for a batch. Opening never fails: a server that is away answers TryLater to each `send`."""


class TextSession(Protocol):
    def send(self, text: OutgoingText) -> Sent:
        """Hand over one text, or raise Refused, TryLater or OutcomeUnknown. The session stays usable after each."""


class TextTransport(Protocol):
    def open(self) -> AbstractContextManager[TextSession]:
        """One session for a batch, as with mail."""
