"""Mail by SMTP: one connection for a batch, one recipient per transaction, and an exact account of each outcome."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from leadcrm.adapters import mime
from leadcrm.adapters.ports import OutcomeUnknown, OutgoingEmail, Refused, Sent, TryLater
from leadcrm.adapters.smtp_watchdog import Watchdog

DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_LEADING_DOT = re.compile(rb"(?m)^\.")

Command = tuple[str, str, tuple[int, ...]]  # verb, argument, the codes that mean yes
Reply = tuple[int, bytes]


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

    def say_in_turn(self, commands: Sequence[Command]) -> Reply | None:
        """One command after the other; the first reply that is not a yes, or None."""
        for verb, argument, expected in commands:
            code, reply = self.docmd(verb, argument)
            if code not in expected:
                return code, reply
        return None

    def say_at_once(self, commands: Sequence[Command]) -> Reply | None:
        """All commands, the last of them DATA, in one write; the first reply that is not a yes, or None.

        When the server waits for a mail that it just said no to, the connection ends: that mail must not leave.
        """
        lines = (f"{verb.upper()} {argument}".rstrip() for verb, argument, _ in commands)
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode("ascii"))
        refusal, waits = None, False
        for _, _, expected in commands:
            code, reply = self.getreply()
            waits = code == 354
            if refusal is None and code not in expected:
                refusal = code, reply
            if code == 421:
                break
        if refusal is not None and waits:
            self.close()
        return refusal

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
        self._watchdog = Watchdog(server.total_timeout, self._cut)

    def send(self, email: OutgoingEmail) -> Sent:
        """Hand over one mail, or raise Refused, TryLater or OutcomeUnknown."""
        try:
            payload = _on_the_wire(mime.build(email))
        except ValueError as error:
            raise Refused(str(error), "invalid") from error
        with self._watchdog.watching():
            self._announce(email.envelope_sender or email.sender, email.recipient)
            self._deliver(payload)
        return Sent(email.message_id)

    def close(self) -> None:
        """Say goodbye when there is still somebody to say it to."""
        self._watchdog.end()
        if self._connection:
            goodbye = Watchdog(self.server.connect_timeout, self._cut)
            with suppress(OSError, smtplib.SMTPException), goodbye.watching():
                self._connection.quit()
            goodbye.end()
            self._drop()

    def _cut(self) -> None:
        if (connection := self._connection) is not None:
            connection.cut()

    def _announce(self, sender: str, recipient: str) -> None:
        """Say from whom to whom, up to the 354. A kept connection that the server has since closed is replaced once."""
        commands = (
            ("mail", f"FROM:<{sender}>", (250,)),
            ("rcpt", f"TO:<{recipient}>", (250, 251, 252)),
            ("data", "", (354,)),
        )
        kept = self._connection is not None
        if not kept:
            self._connect()
        try:
            self._say(commands)
        except TryLater:
            if not kept or self._connection is not None or self._watchdog.is_late:
                raise
            self._connect()
            self._say(commands)

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

    def _say(self, commands: Sequence[Command]) -> None:
        """The commands before the mail itself: whatever goes wrong here, nothing was accepted.

        In one write where the server allows it (RFC 2920), which waits for it once and not three times.
        """
        try:
            if self._connection.has_extn("pipelining"):
                refusal = self._connection.say_at_once(commands)
            else:
                refusal = self._connection.say_in_turn(commands)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise TryLater(f"The connection to the mail server broke: {self._why(error)}") from error
        if refusal is not None:
            self._reset(refusal[0])
            _raise_verdict(*refusal)

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
        return f"it took longer than {self.server.total_timeout:g} s" if self._watchdog.is_late else str(error)

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
