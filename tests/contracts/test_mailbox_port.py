"""What the mailbox adapter promises, against a real IMAP server: nothing is marked, and every failure has one class."""

import datetime
import ipaddress
import socket
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from leadcrm.adapters.imap import ImapServer, MailboxTrouble, opened
from tests.contracts.mailboxes import breaking_line, imap_office

FIRST = b"From: jane@example.com\r\nSubject: One\r\n\r\nHello\r\n"
SECOND = b"From: jane@example.com\r\nSubject: Two\r\n\r\n\xff\xfe raw bytes {7}\r\n) FETCH\r\n" + b"x" * 5000


@pytest.fixture(scope="module")
def office():
    with imap_office(password='pässwörd "quoted" %') as running:
        yield running


@pytest.fixture
def folder(office, request):
    """A mailbox of its own for each test."""
    name = f"Büro {request.node.name[:40]}"
    with office.client(name):
        return name


@pytest.fixture
def server(office, folder):
    return ImapServer.from_url(office.url(folder), timeout=3)


def test_an_empty_mailbox_has_nothing_new(server):
    with opened(server) as box:
        assert box.newer_than(0) == []
        assert box.first_since(datetime.date(2020, 1, 1)) is None
        assert box.uid_validity > 0
        assert box.uid_next > 0


def test_mails_are_listed_in_order_and_come_as_they_are(office, folder, server):
    office.put(FIRST, SECOND, folder=folder)
    with opened(server) as box:
        first, second = box.newer_than(0)
        assert first.uid < second.uid < box.uid_next
        assert (first.size, second.size) == (len(FIRST), len(SECOND))
        assert box.read(first.uid, 10_000) == FIRST
        assert box.read(second.uid, 10_000) == SECOND
        assert box.read(second.uid, 20) == SECOND[:20]


def test_only_what_is_newer_is_listed_also_past_the_end(office, folder, server):
    office.put(FIRST, SECOND, folder=folder)
    with opened(server) as box:
        first, second = box.newer_than(0)
        assert box.newer_than(first.uid) == [second]
        assert box.newer_than(second.uid) == []
        assert box.newer_than(second.uid + 1000) == []


def test_reading_leaves_no_trace(office, folder, server):
    office.put(FIRST, folder=folder)
    with opened(server) as box:
        (entry,) = box.newer_than(0)
        box.read(entry.uid, 10_000)
    with office.client(folder) as client:
        (seen,) = client.fetch(mark_seen=False)
    assert "\\Seen" not in seen.flags


def test_a_mail_that_was_deleted_meanwhile_is_none(office, folder, server):
    office.put(FIRST, SECOND, folder=folder)
    with opened(server) as box:
        first, second = box.newer_than(0)
    with office.client(folder) as client:
        client.delete(str(first.uid))
    with opened(server) as box:
        assert box.read(first.uid, 10_000) is None
        assert box.newer_than(0) == [second]


def test_the_first_mail_since_a_day(office, folder, server):
    now = datetime.datetime.now(datetime.UTC)
    office.put(FIRST, folder=folder, at=now - datetime.timedelta(days=9))
    office.put(SECOND, folder=folder, at=now)
    with opened(server) as box:
        _, recent = box.newer_than(0)
        assert box.first_since((now - datetime.timedelta(days=2)).date()) == recent.uid
        assert box.first_since((now + datetime.timedelta(days=2)).date()) is None


def test_a_folder_made_anew_has_another_validity(office, folder, server):
    with opened(server) as box:
        before = box.uid_validity
    with office.client() as client:
        client.folder.delete(folder)
        client.folder.create(folder)
    with opened(server) as box:
        assert box.uid_validity != before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong"}, "credentials"),
        ({"password": "fälsch"}, "credentials"),
        ({"username": "nobody"}, "credentials"),
        ({"folder": "No such folder"}, "does not exist"),
        ({"port": 1}, "refused"),
        ({"host": "no-such-host.invalid"}, "cannot be read"),
        ({"scheme": "imaps"}, "SSL"),
        ({"scheme": "imap+starttls"}, "TLS"),
    ],
)
def test_every_failure_is_trouble_in_words_without_the_password(server, change, words):
    with pytest.raises(MailboxTrouble) as trouble, opened(replace(server, **change)):
        pass
    assert words in trouble.value.reason
    assert server.password not in trouble.value.reason


def test_a_silent_server_is_left_in_time(server):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        silent = replace(server, port=mute.getsockname()[1], timeout=0.2)
        with pytest.raises(MailboxTrouble), opened(silent):
            pass


def test_a_broken_line_is_trouble_wherever_it_breaks(office, folder, server):
    office.put(FIRST, SECOND, folder=folder)
    with breaking_line(office.port) as line:
        remote = replace(server, port=line.port)
        assert read_all(remote) == [FIRST, SECOND]
        for carried in range(0, line.carried - 200, 223):
            line.breaks_after = carried
            with pytest.raises(MailboxTrouble):
                read_all(remote)


def read_all(server: ImapServer) -> list[bytes]:
    with opened(server) as box:
        return [box.read(entry.uid, 100_000) for entry in box.newer_than(0)]


def test_encrypted_is_read_when_the_certificate_is_trusted_and_only_then(tmp_path, monkeypatch):
    files = certificate(tmp_path)
    with imap_office(options=("--cert", files[0], "--key", files[1])) as office:
        server = ImapServer.from_url(office.url(scheme="imaps"), timeout=3)
        with pytest.raises(MailboxTrouble, match="certificate"), opened(server):
            pass
        monkeypatch.setenv("SSL_CERT_FILE", files[0])
        with opened(server) as box:
            assert box.newer_than(0) == []


def certificate(folder) -> tuple[str, str]:
    """A key and a certificate for 127.0.0.1 that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    local = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(local, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(signed.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


def test_urls_are_read():
    server = ImapServer.from_url("imaps://ada%40acme.test:p%3Aw@mail.acme.test/Leads%2FNew")
    assert (server.host, server.port, server.username, server.password) == (
        "mail.acme.test",
        993,
        "ada@acme.test",
        "p:w",
    )
    assert server.name == "ada@acme.test@mail.acme.test:993/Leads/New"
    assert "p:w" not in repr(server) + server.name
    assert ImapServer.from_url("imap+starttls://ada@mail.test").folder == "INBOX"


@pytest.mark.parametrize("url", ["smtp://ada@mail.test", "imaps://mail.test", "imaps://ada@", "mail.test", ""])
def test_unusable_urls_are_refused(url):
    with pytest.raises(ValueError, match="IMAP_URL"):
        ImapServer.from_url(url)
