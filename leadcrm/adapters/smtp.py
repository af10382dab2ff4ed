"""Mail by SMTP: one connection for a batch, one recipient per transaction, and an exact account of each outcome."""

import re
import smtplib
import socket
import ssl
import threading
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
    total_timeout: float = 360  # of one send with all its commands, below the lease: others drip a byte a minute

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


class SmtpConnection(smtplib.SMTP):
    """A connection that another thread may cut, in whatever it hangs: each time-out covers one read, not a drip."""

    def __init__(self, server: SmtpServer):
        # smtplib would ask the name servers for our own name, which can hang
        super().__init__(local_hostname=socket.gethostname(), timeout=server.connect_timeout)
        self.server = server
        self._host = server.host  # whose certificate starttls checks
        self._tls = None if server.scheme == "smtp" else ssl.create_default_context()  # reading authorities: 40 ms
        self._handle: socket.socket | None = None  # stays with the connection when TLS takes the socket over
        self._is_cut = False

    def enter(self) -> None:
        """Be greeted, encrypt and sign in. Raises OSError, ValueError or smtplib.SMTPException."""
        code, reply = self.connect(self.server.host, self.server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, reply)
        self.ehlo_or_helo_if_needed()
        if self.server.scheme == "smtp+starttls":
            self.starttls(context=self._tls)
            self.ehlo_or_helo_if_needed()
        if self.server.username:
            self.login(self.server.username, self.server.password or "")

    def cut(self) -> None:
        """End the connection at once: who waits for it gets an OSError or an SMTPServerDisconnected."""
        self._is_cut = True
        if self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def getreply(self) -> tuple[int, bytes]:
        """As smtplib's, which takes what came before the end of a connection for a whole answer."""
        reply = super().getreply()
        if self._is_cut:
            raise smtplib.SMTPServerDisconnected("The connection was cut within an answer.")
        return reply

    def close(self) -> None:
        super().close()
        if self._handle is not None:
            self._handle.close()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._handle = plain.dup()
        if self._is_cut:
            plain.close()
            raise TimeoutError("there was no time left to connect")
        return self._tls.wrap_socket(plain, server_hostname=host) if self.server.scheme == "smtps" else plain


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
        self._connection: SmtpConnection | None = None
        self._is_late = False

    def send(self, email: OutgoingEmail) -> Sent:
        """Hand over one mail, or raise Refused, TryLater or OutcomeUnknown."""
        try:
            payload = _on_the_wire(mime.build(email))
        except ValueError as error:
            raise Refused(str(error), "invalid") from error
        with self._within(self.server.total_timeout):
            self._begin(email.envelope_sender or email.sender)
            self._command("rcpt", f"TO:<{email.recipient}>", (250, 251, 252))
            self._command("data", "", (354,))
            self._deliver(payload)
        return Sent(email.message_id)

    def close(self) -> None:
        """Say goodbye when there is still somebody to say it to."""
        if self._connection:
            with suppress(OSError, smtplib.SMTPException), self._within(self.server.connect_timeout):
                self._connection.quit()
            self._drop()

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """Cut the connection when this takes longer."""
        self._is_late = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self._is_late = True
        if (connection := self._connection) is not None:
            connection.cut()

    def _begin(self, sender: str) -> None:
        """Open the transaction. A kept connection that the server has since closed is replaced once."""
        kept = self._connection is not None
        if not kept:
            self._connect()
        try:
            self._command("mail", f"FROM:<{sender}>", (250,))
        except TryLater:
            if not kept or self._connection is not None or self._is_late:
                raise
            self._connect()
            self._command("mail", f"FROM:<{sender}>", (250,))

    def _connect(self) -> None:
        self._connection = SmtpConnection(self.server)
        try:
            self._connection.enter()
        except smtplib.SMTPResponseException as error:
            self._drop()
            raise TryLater(f"The mail server did not let us in: {_words(error.smtp_code, error.smtp_error)}") from error
        except (OSError, ValueError, smtplib.SMTPException) as error:
            self._drop()
            raise TryLater(f"The mail server cannot be reached: {self._why(error)}") from error
        self._connection.sock.settimeout(self.server.command_timeout)

    def _command(self, verb: str, argument: str, expected: tuple[int, ...]) -> None:
        """One command before the mail itself: whatever goes wrong here, nothing was accepted."""
        try:
            code, reply = self._connection.docmd(verb, argument)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise TryLater(f"The connection to the mail server broke: {self._why(error)}") from error
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
            raise OutcomeUnknown(f"The mail server did not say whether it took the mail: {self._why(error)}") from error
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

    def _why(self, error: Exception) -> str:
        return f"it took longer than {self.server.total_timeout:g} s" if self._is_late else str(error)

    def _drop(self) -> None:
        self._connection.close()
        self._connection = None


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
