"""The caller of other programs: what arrives, how each ending is told, and that nobody reaches our own network."""

import http.server
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from leadcrm.adapters.ports import OutcomeUnknown, Refused, TryLater
from leadcrm.adapters.webhook import Answer, WebhookClient, is_public, look_up

HOST = "hooks.example.test"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """(certificate and key, certificate) for HOST, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(public + secret)
    (folder / "public.pem").write_bytes(public)
    return folder / "both.pem", folder / "public.pem"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what it was told, answers as the test wants."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, dict(self.headers), body))
        self.server.answers(self)

    def log_message(self, *arguments) -> None:
        pass


def answering(status: int, body: bytes = b"", **headers: str):
    def answer(handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def receiver(certificate) -> Iterator[http.server.HTTPServer]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    server.heard, server.answers = [], answering(200, b"thank you")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate[0])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield server


@contextmanager
def serving(server) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def client(receiver, certificate) -> WebhookClient:
    """As in production, but for the address of HOST and for the port."""
    return make_client(receiver, certificate)


def make_client(receiver, certificate, **changes) -> WebhookClient:
    settings = {
        "may_reach": lambda address: address.is_loopback,
        "resolve": lambda host, port: ["127.0.0.1"],
        "ports": (receiver.server_address[1],),
        "tls": ssl.create_default_context(cafile=certificate[1]),
        "timeout": 0.5,
    }
    return WebhookClient(**(settings | changes))


def url_of(receiver, path: str = "/in?a=b", host: str = HOST) -> str:
    return f"https://{host}:{receiver.server_address[1]}{path}"


def test_what_is_told_arrives_whole_and_the_answer_is_kept(client, receiver):
    answer = client.post(url_of(receiver), "é{}".encode(), {"Content-Type": "application/json", "webhook-id": "1"})
    assert answer == Answer(200, "thank you")
    [(path, headers, body)] = receiver.heard
    assert (path, body) == ("/in?a=b", "é{}".encode())
    assert headers["Host"] == f"{HOST}:{receiver.server_address[1]}"
    assert (headers["webhook-id"], headers["Content-Type"]) == ("1", "application/json")


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, Refused, "Answered 400: no"),
        (401, Refused, "Answered 401: no"),
        (410, Refused, "Answered 410: no"),
        (408, TryLater, "Answered 408: no"),
        (429, TryLater, "Answered 429: no"),
        (500, TryLater, "Answered 500: no"),
        (503, TryLater, "Answered 503: no"),
    ],
)
def test_every_answer_that_is_no_yes(client, receiver, status, error, words):
    receiver.answers = answering(status, b"no", Retry_After="30")
    with pytest.raises(error, match=words) as refusal:
        client.post(url_of(receiver), b"{}", {})
    if error is TryLater:
        assert refusal.value.retry_after == 30


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(client, receiver, status):
    receiver.answers = answering(status, Location=url_of(receiver, "/elsewhere", "127.0.0.1"))
    with pytest.raises(Refused, match="redirects are not followed"):
        client.post(url_of(receiver), b"{}", {})
    assert [path for path, _, _ in receiver.heard] == ["/in?a=b"]


def test_a_long_answer_is_cut(client, receiver):
    receiver.answers = answering(200, b"x" * 1_000_000)
    assert client.post(url_of(receiver), b"{}", {}).text == "x" * 200


def test_of_an_answer_without_end_only_the_beginning_is_taken_in(client, receiver):
    """Else whoever answers fills the worker's memory."""
    piece, most = b"x" * 65_536, 1_000
    pieces = []

    def answer(handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            while len(pieces) < most:
                handler.wfile.write(piece)
                pieces.append(len(piece))

    receiver.answers = answer
    client.post(url_of(receiver), b"{}", {})
    assert len(pieces) < most / 2, "the rest found nobody who listens"


def test_nobody_there_is_tried_later(client, receiver):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = free.getsockname()[1]
    client.ports = (nobody,)
    with pytest.raises(TryLater, match="Could not connect"):
        client.post(f"https://{HOST}:{nobody}/", b"{}", {})


def test_a_name_that_is_unknown_is_tried_later(receiver, certificate):
    def fails(host, port):
        raise socket.gaierror("Name or service not known")

    with pytest.raises(TryLater, match="could not be looked up"):
        make_client(receiver, certificate, resolve=fails).post(url_of(receiver), b"{}", {})


@pytest.mark.parametrize("host", ["other.example.test", "127.0.0.1"])
def test_a_certificate_for_another_name_is_not_believed(client, receiver, host):
    with pytest.raises(TryLater, match=r"(?i)certificate|hostname|mismatch"):
        client.post(url_of(receiver, host=host), b"{}", {})
    assert receiver.heard == []


def test_a_certificate_of_nobody_known_is_not_believed(receiver, certificate):
    client = make_client(receiver, certificate, tls=None)
    with pytest.raises(TryLater, match=r"(?i)certificate"):
        client.post(url_of(receiver), b"{}", {})


def test_silence_after_the_call_leaves_the_outcome_open(client, receiver):
    receiver.answers = lambda handler: time.sleep(1)
    with pytest.raises(OutcomeUnknown):
        client.post(url_of(receiver), b"{}", {})


def test_an_answer_that_drips_is_cut_off(receiver, certificate):
    def drip(handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(OSError):
            for _ in range(50):
                handler.wfile.write(b"X: y\r\n")
                time.sleep(0.1)

    receiver.answers = drip
    begun = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        make_client(receiver, certificate, total_timeout=0.6).post(url_of(receiver), b"{}", {})
    assert time.monotonic() - begun < 4


INSIDE = [
    "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::",
    "2001:0:1::1", "2001:db8::1", "::127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"])
def test_addresses_that_are_public(address):
    assert is_public(ipaddress.ip_address(address))


SPELLINGS = (
    "127.0.0.1", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "0", "localhost", "[::1]", "[::ffff:127.0.0.1]",
    "①②⑦.⓪.⓪.①",
)  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_this_machine_is_reached(receiver, certificate, spelling):
    client = make_client(receiver, certificate, may_reach=is_public, resolve=look_up)
    with pytest.raises((Refused, TryLater)) as refusal:
        client.post(url_of(receiver, host=spelling), b"{}", {})
    assert "public internet" in str(refusal.value) or "looked up" in str(refusal.value)
    assert receiver.heard == []


def test_one_private_answer_among_public_ones_is_enough_to_refuse(receiver, certificate):
    client = make_client(
        receiver, certificate, may_reach=is_public, resolve=lambda host, port: ["93.184.216.34", "127.0.0.1"]
    )
    with pytest.raises(Refused, match="public internet"):
        client.post(url_of(receiver), b"{}", {})


def test_a_name_that_changes_its_mind_is_asked_once(receiver, certificate):
    """Rebinding: public when it is looked at, ours when it is called."""
    asked = []

    def turns(host, port):
        asked.append(host)
        return ["203.0.113.1"] if len(asked) == 1 else ["127.0.0.1"]

    client = make_client(
        receiver, certificate, may_reach=lambda address: str(address) == "203.0.113.1", resolve=turns, timeout=0.2
    )
    with pytest.raises(TryLater, match="Could not connect"):
        client.post(url_of(receiver), b"{}", {})
    assert (asked, receiver.heard) == ([HOST], [])


@pytest.mark.parametrize(
    "url", ["http://{host}:{port}/", "ftp://{host}:{port}/", "https://{host}/", "https://{host}:22/", "https:///x", "x"]
)
def test_other_schemes_and_ports_are_not_called(client, receiver, url):
    with pytest.raises(Refused):
        client.post(url.format(host=HOST, port=receiver.server_address[1]), b"{}", {})
    assert receiver.heard == []


def test_a_name_with_addresses_without_end_is_given_up_soon(receiver, certificate, monkeypatch):
    """Whoever owns a name decides how many addresses it has: nobody may keep the lane busy by naming silent ones."""
    tried = []

    def silent(connection) -> None:
        tried.append(connection.host)
        time.sleep(0.05)
        raise TimeoutError("timed out")

    monkeypatch.setattr("leadcrm.adapters.webhook.HTTPSConnection.connect", silent)
    addresses = [f"127.0.0.{number}" for number in range(1, 101)]
    client = make_client(receiver, certificate, resolve=lambda host, port: addresses, total_timeout=0.2)
    with pytest.raises(TryLater, match="Could not connect"):
        client.post(url_of(receiver), b"{}", {})
    assert 1 <= len(tried) <= 4
