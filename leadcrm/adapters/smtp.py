"""Mail by SMTP: one connection for a batch, one recipient per transaction, and an exact account of each outcome."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from leadcrm.adapters import mime
from leadcrm.adapters.ports import OutcomeUnknown, OutgoingEmail, Refused, Sent, TryLater

DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_LEADING_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over; times in seconds."""

    scheme: str
    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    connect_timeout: float = 10
    command_timeout: float = 60
    verdict_timeout: float = 300  # RFC 5321 asks for 600; leases are laid out for this

    @classmethod
    def from_url(cls, url: str, **timeouts: float) -> "SmtpServer":
        """Read `smtp://user:password@host:port`, `smtps://…` or `smtp+starttls://…`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://host:port, smtps://host or smtp+starttls://host.")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port or DEFAULT_PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
            **timeouts,
        )


class SmtpTransport:
    """Sends through one server; a MailTransport."""

    def __init__(self, server: SmtpServer):
        self.server = server

    @contextmanager
    def open(self) -> Iterator["SmtpSession"]:
        session = SmtpSession(self.server)
        try:
            yield session
        finally:
            session.close()


class SmtpSession:
    """A connection made at the first mail, kept for the next ones, and made anew after it broke."""

    def __init__(self, server: SmtpServer):
        self.server = server
        self._connection: smtplib.SMTP | None = None

    def send(self, email: OutgoingEmail) -> Sent:
        """Hand over one mail, or raise Refused, TryLater or OutcomeUnknown."""
        try:
            payload = _on_the_wire(mime.build(email))
        except ValueError as error:
            raise Refused(str(error), "invalid") from error
        self._begin(email.envelope_sender or email.sender)
        self._command("rcpt", f"TO:<{email.recipient}>", (250, 251, 252))
        self._command("data", "", (354,))
        self._deliver(payload)
        return Sent(email.message_id)

    def close(self) -> None:
        """Say goodbye when there is still somebody to say it to."""
        if self._connection:
            with suppress(OSError, smtplib.SMTPException):
                self._connection.sock.settimeout(self.server.connect_timeout)
                self._connection.quit()
            self._drop()

    def _begin(self, sender: str) -> None:
        """Open the transaction. A kept connection that the server has since closed is replaced once."""
        kept = self._connection is not None
        if not kept:
            self._connect()
        try:
            self._command("mail", f"FROM:<{sender}>", (250,))
        except TryLater:
            if not kept or self._connection is not None:
                raise
            self._connect()
            self._command("mail", f"FROM:<{sender}>", (250,))

    def _connect(self) -> None:
        try:
            self._connection = connected(self.server)
        except smtplib.SMTPResponseException as error:
            raise TryLater(f"The mail server did not let us in: {_words(error.smtp_code, error.smtp_error)}") from error
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise TryLater(f"The mail server cannot be reached: {error}") from error
        self._connection.sock.settimeout(self.server.command_timeout)

    def _command(self, verb: str, argument: str, expected: tuple[int, ...]) -> None:
        """One command before the mail itself: whatever goes wrong here, nothing was accepted."""
        try:
            code, reply = self._connection.docmd(verb, argument)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise TryLater(f"The connection to the mail server broke: {error}") from error
        if code in expected:
            return
        self._reset(code)
        _raise_verdict(code, reply)

    def _deliver(self, payload: bytes) -> None:
        """The mail and its final dot in one write: two writes cost a delayed ACK of 40 ms each time.

        From the first byte on only the server knows whether it took the mail.
        """
        connection = self._connection
        try:
            connection.sock.settimeout(self.server.verdict_timeout)
            connection.sock.sendall(payload)
            code, reply = connection.getreply()
            connection.sock.settimeout(self.server.command_timeout)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise OutcomeUnknown(f"The mail server did not say whether it took the mail: {error}") from error
        if 200 <= code < 300:
            return
        self._reset(code)
        if not 400 <= code < 600:
            raise OutcomeUnknown(f"The mail server's answer makes no sense: {_words(code, reply)}")
        _raise_verdict(code, reply)

    def _reset(self, code: int) -> None:
        """Clear the failed transaction for the next mail, by a new connection when this one will not do."""
        try:
            usable = 400 <= code < 600 and code != 421 and self._connection.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            usable = False
        if not usable:
            self._drop()

    def _drop(self) -> None:
        self._connection.close()
        self._connection = None


def connected(server: SmtpServer) -> smtplib.SMTP:
    """A greeted, encrypted and signed-in connection. Raises OSError, ValueError or smtplib.SMTPException."""
    tls = None if server.scheme == "smtp" else ssl.create_default_context()  # reading the authorities takes 40 ms
    where = {
        "host": server.host,
        "port": server.port,
        "timeout": server.connect_timeout,
        "local_hostname": socket.gethostname(),  # smtplib would ask the name servers for it, which can hang
    }
    connection = smtplib.SMTP_SSL(context=tls, **where) if server.scheme == "smtps" else smtplib.SMTP(**where)
    try:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.ehlo_or_helo_if_needed()
        if server.scheme == "smtp+starttls":
            connection.starttls(context=tls)
            connection.ehlo_or_helo_if_needed()
        if server.username:
            connection.login(server.username, server.password or "")
    except BaseException:
        connection.close()
        raise
    return connection


def _on_the_wire(mail: bytes) -> bytes:
    """The mail as DATA wants it: leading dots doubled, the final dot appended."""
    return _LEADING_DOT.sub(b"..", mail) + b".\r\n"


def _raise_verdict(code: int, reply: bytes) -> None:
    words = _words(code, reply)
    if 500 <= code < 600:
        raise Refused(words, str(code))
    raise TryLater(words)


def _words(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}"[:300]
