"""Telling other programs: one HTTPS POST to an address of the public internet, and to no other.

The name is looked up once, every answer has to be public, and the connection goes to the address that was looked at;
redirects are not followed. So nobody reaches our own network through us (server-side request forgery).
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util.ssl_match_hostname import CertificateError

from leadcrm.adapters.ports import OutcomeUnknown, Refused, TryLater
from leadcrm.adapters.smtp_watchdog import Watchdog

PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
IPV4_INSIDE_IPV6 = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/23"))  # 6to4, Teredo and the like
ANSWER_BYTES = 65_536
SAID = 200  # characters of an answer that are kept
COME_BACK = (408, 425, 429)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """The other side took it: its status (200 to 299) and the beginning of what it said."""

    status: int
    text: str


def is_public(address: Address) -> bool:
    """Whether the address is one that anybody on the internet could reach; Python's `is_global` alone says too much."""
    if address.is_multicast or not address.is_global:
        return False
    if address.version == 4:
        return True
    return address in PUBLIC_IPV6 and not any(address in network for network in IPV4_INSIDE_IPV6)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order. Raises OSError or UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(address[0] for *_, address in found))


class WebhookClient:
    """Posts one at a time. Times in seconds; `total_timeout` is of finding somebody who answers, and again of the whole
    call that follows, however slowly its answer drips.
    """

    def __init__(
        self,
        *,
        may_reach: Callable[[Address], bool] = is_public,
        resolve: Resolve = look_up,
        ports: Collection[int] = (443,),
        tls: ssl.SSLContext | None = None,
        timeout: float = 5,
        total_timeout: float = 15,
    ):
        self.may_reach = may_reach
        self.resolve = resolve
        self.ports = ports
        self.tls = tls
        self.timeout = timeout
        self.total_timeout = total_timeout

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Hand over the body. Raises Refused, TryLater or OutcomeUnknown, as ports.py says."""
        parts = self._checked(url)
        connection = self._connected(parts)
        watchdog = Watchdog(self.total_timeout, lambda: _cut(connection))
        try:
            with watchdog.watching():
                response, text = self._ask(connection, parts, body, headers)
        finally:
            watchdog.end()
            connection.close()
        if watchdog.is_late:  # what was cut off in the middle may look like a whole answer
            raise OutcomeUnknown("No answer in time")
        return _judged(response.status, " ".join(text.split())[:SAID], response.headers.get("Retry-After", ""))

    def _checked(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            is_ours = parts.scheme == "https" and bool(parts.hostname) and (parts.port or 443) in self.ports
        except ValueError:
            is_ours = False
        if not is_ours:
            raise Refused("Only https addresses on the usual port are called", "invalid")
        return parts

    def _connected(self, parts: SplitResult) -> HTTPSConnection:
        """A connection to one of the addresses that were looked at, encrypted to the name.

        Each silent address takes a time-out, and whoever owns a name gives it as many as he likes: so there is a limit
        to all of them.
        """
        trouble, until = "it has no address", time.monotonic() + self.total_timeout
        for address in self._addresses(parts.hostname, parts.port or 443):
            if time.monotonic() >= until:
                break
            connection = HTTPSConnection(
                address,
                parts.port or 443,
                timeout=self.timeout,
                server_hostname=parts.hostname,
                assert_hostname=parts.hostname,
                ssl_context=self.tls or ssl.create_default_context(),
            )
            try:
                connection.connect()
                return connection
            except (HTTPError, OSError, CertificateError) as error:
                connection.close()
                trouble = _words(error)
        raise TryLater(f"Could not connect to {parts.hostname}: {trouble}")

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise TryLater(f"The name {host} could not be looked up: {_words(error)}") from error
        if not all(self.may_reach(ipaddress.ip_address(address.partition("%")[0])) for address in addresses):
            raise Refused(f"{host} is not an address of the public internet", "private")
        return addresses

    def _ask(
        self, connection: HTTPSConnection, parts: SplitResult, body: bytes, headers: Mapping[str, str]
    ) -> tuple[BaseHTTPResponse, str]:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {**headers, "Host": parts.netloc, "Accept-Encoding": "identity", "Connection": "close"}
        try:
            connection.request("POST", target, body, sent, preload_content=False, decode_content=False)
            response = connection.getresponse()
            return response, response.read(ANSWER_BYTES).decode(errors="replace")
        except (HTTPError, OSError) as error:
            raise OutcomeUnknown(f"No answer: {_words(error)}") from error


def _judged(status: int, text: str, retry_after: str) -> Answer:
    if 200 <= status < 300:
        return Answer(status, text)
    words = f"Answered {status}{f': {text}' if text else ''}"
    if status >= 500 or status in COME_BACK:
        raise TryLater(words, float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None)
    raise Refused(f"{words} (redirects are not followed)" if 300 <= status < 400 else words, str(status))


def _cut(connection: HTTPSConnection) -> None:
    """Wakes whoever waits for the other side, with an OSError."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _words(error: Exception) -> str:
    return str(error).rpartition(": ")[2][:SAID] or type(error).__name__
