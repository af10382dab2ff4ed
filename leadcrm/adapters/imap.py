"""A mailbox by IMAP: which mails are new, and their bytes. It is only read: nothing is marked, moved or deleted."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import unquote, urlsplit

from imap_tools import AND, BaseMailBox, H, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

DEFAULT_PORTS = {"imap": 143, "imaps": 993, "imap+starttls": 143}
LONGEST_REASON = 300
SENT_FLAG = "\\Sent"  # RFC 6154
SENT_NAMES = ("sent", "sent items", "sent mail", "sent messages")  # where a server does not flag it

_ENTRY = re.compile(rb"\bUID (?P<uid>\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (?P<size>\d+)")


class MailboxTrouble(Exception):
    """The mailbox cannot be read now; nothing is lost by coming back later. `reason` is fit for an operator's eyes."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason[:LONGEST_REASON]


@dataclass(frozen=True)
class ImapServer:
    """Where mail is fetched; `timeout` in seconds, for connecting and for each answer."""

    scheme: str
    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    timeout: float = 30

    @classmethod
    def from_url(cls, url: str, **changes: float) -> "ImapServer":
        """Read `imaps://user:password@host:port/folder`, `imap+starttls://…` or `imap://…`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or not parts.username:
            raise ValueError(
                "IMAP_URL must look like imaps://user:password@host or imap+starttls://user:password@host."
            )
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port or DEFAULT_PORTS[parts.scheme],
            username=unquote(parts.username),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
            **changes,
        )

    @property
    def name(self) -> str:
        """What tells this mailbox from every other: user, server and folder, without the password."""
        return f"{self.username}@{self.host}:{self.port}/{self.folder}"


@dataclass(frozen=True)
class Entry:
    """A mail in the mailbox; `size` in bytes, as the server says."""

    uid: int
    size: int


class OpenMailbox:
    """A mailbox while the connection lasts. Every method raises MailboxTrouble when it breaks."""

    def __init__(self, box: BaseMailBox):
        self._box = box
        self.uid_validity = self._number("UIDVALIDITY")
        self.uid_next = self._number("UIDNEXT")

    def newer_than(self, uid: int) -> list[Entry]:
        """The mails whose UID is larger, in order of arrival."""
        with _trouble_told():
            # `n:*` names the last mail also when its UID is smaller than n
            lines = self._fetch(f"{uid + 1}:*", "(UID RFC822.SIZE)")
        entries = {}
        for line in lines:
            if isinstance(line, bytes) and (found := _ENTRY.search(line)) and (size := _SIZE.search(line)):
                entries[int(found["uid"])] = Entry(int(found["uid"]), int(size["size"]))
        return [entries[number] for number in sorted(entries) if number > uid]

    def first_since(self, day: date) -> int | None:
        """The UID of the oldest mail that came on that day or later; None when there is none."""
        with _trouble_told():
            return min(map(int, self._box.uids(AND(date_gte=day), charset=None)), default=None)

    def holds(self, message_id: str) -> bool:
        """Whether a mail with this Message-ID, in its angle brackets, is here."""
        with _trouble_told():
            return bool(self._box.uids(AND(header=H("Message-ID", message_id)), charset=None))

    def read(self, uid: int, most_bytes: int) -> bytes | None:
        """A mail as it came, or its first `most_bytes`. None when it is gone."""
        with _trouble_told():
            parts = self._fetch(str(uid), f"(BODY.PEEK[]<0.{most_bytes}>)")
        return next((part[1] for part in parts if isinstance(part, tuple)), None)

    def _fetch(self, uids: str, what: str) -> list[bytes | tuple[bytes, bytes] | None]:
        """The library's own fetch parses every mail with parsers that strangers can keep busy; we want the bytes."""
        status, parts = self._box.client.uid("FETCH", uids, what)
        if status != "OK":
            raise imaplib.IMAP4.error(_words(parts))
        return parts

    def _number(self, name: str) -> int:
        with _trouble_told():
            _, values = self._box.client.response(name)
            if not values or not values[0]:
                raise imaplib.IMAP4.error(f"The server names no {name}.")
            return int(values[0])


@contextmanager
def opened(server: ImapServer) -> Iterator[OpenMailbox]:
    """The mailbox, signed in to and selected read-only. Raises MailboxTrouble."""
    with _signed_in(server) as box:
        yield _selected(box, server.folder)


@contextmanager
def opened_sent(server: ImapServer) -> Iterator[OpenMailbox | None]:
    """The folder that keeps what its owner sent, read-only; None when there is none. Raises MailboxTrouble."""
    with _signed_in(server) as box:
        folder = _sent_folder(box)
        yield _selected(box, folder) if folder is not None else None


@contextmanager
def _signed_in(server: ImapServer) -> Iterator[BaseMailBox]:
    with _trouble_told():
        box = _connected(server)
    try:
        with _trouble_told():
            _sign_in(box, server)
        yield box
    finally:
        with suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
            box.logout()
        with suppress(OSError):
            box.client.shutdown()


def _selected(box: BaseMailBox, folder: str) -> OpenMailbox:
    with _trouble_told():
        box.folder.set(folder, readonly=True)
    return OpenMailbox(box)


def _sent_folder(box: BaseMailBox) -> str | None:
    with _trouble_told():
        folders = box.folder.list()
    flagged = [folder.name for folder in folders if SENT_FLAG in folder.flags]
    named = [folder.name for folder in folders if folder.name.rpartition(folder.delim)[2].lower() in SENT_NAMES]
    return next(iter(flagged + named), None)


def _connected(server: ImapServer) -> BaseMailBox:
    where = {"host": server.host, "port": server.port, "timeout": server.timeout}
    match server.scheme:
        case "imaps":
            return MailBox(**where, ssl_context=ssl.create_default_context())
        case "imap+starttls":
            return MailBoxStartTls(**where, ssl_context=ssl.create_default_context())
        case _:
            return MailBoxUnencrypted(**where)


def _sign_in(box: BaseMailBox, server: ImapServer) -> None:
    is_plain = server.username.isascii() and server.password.isascii()
    (box.login if is_plain else box.login_utf8)(server.username, server.password, initial_folder=None)


@contextmanager
def _trouble_told() -> Iterator[None]:
    """Whatever server, network and library raise becomes MailboxTrouble."""
    try:
        yield
    except ImapToolsError as error:
        result = getattr(error, "command_result", None)
        raise MailboxTrouble(f"The mail server refused: {_words(result[1]) if result else error}") from error
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise MailboxTrouble(f"The mailbox cannot be read: {error}") from error


def _words(parts: list[bytes | tuple[bytes, bytes] | None]) -> str:
    said = b" ".join(part for part in parts if isinstance(part, bytes))
    return " ".join(said.decode("utf-8", "replace").split())
