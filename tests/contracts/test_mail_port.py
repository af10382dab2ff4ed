"""What the port promises of mail, of every adapter; then each way an SMTP server can fail, and its exact class."""

import json
import smtplib
import subprocess
import sys
import time
from dataclasses import replace
from email import message_from_bytes, policy
from types import SimpleNamespace

import pytest

from leadcrm.adapters.ports import OutcomeUnknown, OutgoingEmail, OutgoingText, Refused, Sent, TryLater
from leadcrm.adapters.registry import is_sandbox, mail_transport, text_transport
from leadcrm.adapters.smtp import SmtpServer, SmtpSession, SmtpTransport
from leadcrm.adapters.smtp_probe import greet
from leadcrm.conversations.delivery.leases import SEND_LEASE
from leadcrm.core.processes import HUNG_SECONDS
from tests.contracts.faulty_smtp import DRIP, HANG_UP, SAY_NOTHING, faulty_smtp

MAIL = OutgoingEmail(
    message_id="<one@acme.test>",
    sender="ada@acme.test",
    sender_name="Ada Acme",
    recipient="anna@example.com",
    recipient_name="Anna Berg",
    subject="Welcome",
    text="Hello Anna\n.\n..\nBye\n",
)
SECOND = replace(MAIL, message_id="<two@acme.test>", recipient="ben@example.com")


@pytest.fixture(scope="module")
def sink(tmp_path_factory):
    """A real SMTP server in a process of its own, and what it took."""
    log = tmp_path_factory.mktemp("sink") / "taken.jsonl"
    command = [sys.executable, "-m", "tests.contracts.smtp_sink", "--port", "0", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield SimpleNamespace(
                url=f"smtp://127.0.0.1:{int(process.stdout.readline())}",
                taken=lambda: [json.loads(line) for line in log.read_text().splitlines()],
            )
        finally:
            process.kill()


@pytest.fixture(params=["smtp", "sandbox"])
def transport(request):
    url = request.getfixturevalue("sink").url if request.param == "smtp" else None
    return mail_transport(SimpleNamespace(smtp_url=url))


@pytest.fixture(params=[False, True], ids=["one command at a time", "pipelining"])
def faulty(request):
    with faulty_smtp() as server:
        server.pipelines = request.param
        yield server


def session_to(server, **timeouts: float) -> SmtpSession:
    short = {"connect_timeout": 2, "command_timeout": 0.3, "verdict_timeout": 0.3} | timeouts
    return SmtpSession(SmtpServer.from_url(f"smtp://127.0.0.1:{server.port}", **short))


# The port, of both adapters


def test_a_batch_is_taken_in_one_session(transport):
    with transport.open() as session:
        outcomes = [session.send(MAIL), session.send(SECOND)]
    assert all(isinstance(outcome, Sent) and outcome.external_id for outcome in outcomes)
    assert outcomes[0] != outcomes[1]


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Hi\r\nBcc: victim@example.com"},
        {"recipient_name": "Anna\nBcc: victim@example.com"},
        {"sender_name": "Ada\r\n\r\nbody"},
        {"recipient": "anna@example.com>\r\nRCPT TO:<victim@example.com"},
        {"recipient": "anna@example.com, victim@example.com"},
        {"envelope_sender": "ada@acme.test>\r\nRCPT TO:<victim@example.com"},
        {"reply_to": "x@acme.test\nBcc: y@example.com"},
        {"in_reply_to": "<a@b>\r\nBcc: y@example.com"},
        {"references": ("<a@b>\r\nBcc: y@example.com",)},
        {"unsubscribe_url": "https://acme.test/u\r\nBcc: y@example.com"},
        {"headers": (("X-Test", "a\r\nBcc: y@example.com"),)},
        {"headers": (("X-Test\r\nBcc", "y@example.com"),)},
        {"text": "half a character: \ud83d"},
    ],
)
def test_nothing_typed_adds_a_header_or_a_recipient(transport, change):
    with transport.open() as session:
        with pytest.raises(Refused) as refused:
            session.send(replace(MAIL, **change))
        assert refused.value.code == "invalid"
        session.send(MAIL)


def test_the_sink_logs_what_it_took_in_order(sink):
    with mail_transport(SimpleNamespace(smtp_url=sink.url)).open() as session:
        session.send(MAIL)
        session.send(SECOND)
    assert [(line["message_id"], line["rcpt"]) for line in sink.taken()[-2:]] == [
        (MAIL.message_id, MAIL.recipient),
        (SECOND.message_id, SECOND.recipient),
    ]


def test_texts_stay_in_the_house():
    settings = SimpleNamespace(smtp_url="smtp://mail.test")
    for channel in ("sms", "whatsapp"):
        assert is_sandbox(settings, channel)
        with text_transport(settings, channel).open() as session:
            assert session.send(OutgoingText("key-1", "", "+14155550100", "Hi")) == Sent("sandbox-key-1")
    assert not is_sandbox(settings, "email")
    with pytest.raises(ValueError, match="email"):
        text_transport(settings, "email")


# SMTP and its failures


def test_a_large_mail_leaves_in_one_write_and_arrives_whole(faulty, monkeypatch):
    session = session_to(faulty)
    session.send(MAIL)
    writes = []
    monkeypatch.setattr(session._connection, "sock", Spy(session._connection.sock, writes))
    text = "".join(f".{n} " + "x" * 50 + "\r\n" for n in range(1100))
    assert len(text) > 60_000
    session.send(replace(MAIL, text=text))
    session.close()
    assert [len(write) > 60_000 for write in writes].count(True) == 1
    assert b"\r\n.\r\n" in next(write for write in writes if len(write) > 60_000)
    received = message_from_bytes(faulty.accepted[1], policy=policy.default)
    assert received.get_content().replace("\r\n", "\n") == text.replace("\r\n", "\n")


class Spy:
    """A socket that notes what is written to it."""

    def __init__(self, sock, writes):
        self.sock, self.writes = sock, writes

    def sendall(self, data):
        self.writes.append(data)
        return self.sock.sendall(data)

    def __getattr__(self, name):
        return getattr(self.sock, name)


@pytest.mark.parametrize(
    ("moment", "answer", "expected"),
    [
        ("connect", "421 too busy", TryLater),
        ("connect", "554 not you", TryLater),
        ("connect", HANG_UP, TryLater),
        ("connect", "hello, I am a web server", TryLater),
        ("mail", "451 greylisted", TryLater),
        ("mail", "550 sender unwelcome", Refused),
        ("mail", HANG_UP, TryLater),
        ("mail", SAY_NOTHING, TryLater),
        ("rcpt", "450 mailbox busy", TryLater),
        ("rcpt", "550 no such user", Refused),
        ("rcpt", "421 closing", TryLater),
        ("rcpt", HANG_UP, TryLater),
        ("rcpt", SAY_NOTHING, TryLater),
        ("data", "451 later", TryLater),
        ("data", "554 no", Refused),
        ("data", "250 not a 354", TryLater),
        ("data", HANG_UP, TryLater),
        ("data", SAY_NOTHING, TryLater),
        ("body", HANG_UP, OutcomeUnknown),
        ("dot", "451 disk full", TryLater),
        ("dot", "421 shutting down", TryLater),
        ("dot", "550 spam", Refused),
        ("dot", HANG_UP, OutcomeUnknown),
        ("dot", SAY_NOTHING, OutcomeUnknown),
        ("dot", "no number at all", OutcomeUnknown),
        ("dot", "250" + "x" * 10_000, OutcomeUnknown),
    ],
)
def test_each_failure_has_its_class_and_the_next_mail_goes_through(faulty, moment, answer, expected):
    faulty.faults[moment] = answer
    session = session_to(faulty)
    with pytest.raises(expected) as raised:
        session.send(MAIL)
    if expected is Refused:
        assert raised.value.code == answer[:3]
    if expected is not OutcomeUnknown and moment != "dot":
        assert faulty.accepted == []
    faulty.released.set()
    assert session.send(SECOND) == Sent(SECOND.message_id)
    assert faulty.recipients[-1] == SECOND.recipient
    session.close()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("connect", TryLater),
        ("ehlo", TryLater),
        ("mail", TryLater),
        ("rcpt", TryLater),
        ("data", TryLater),
        ("dot", OutcomeUnknown),
    ],
)
def test_a_server_that_drips_its_answer_cannot_hold_a_send_for_ever(faulty, moment, expected):
    """Each byte comes within the time-out of a read, so only the deadline of the whole send ends it."""
    faulty.faults[moment] = DRIP
    session = session_to(faulty, total_timeout=0.5)
    started = time.monotonic()
    with pytest.raises(expected, match=r"longer than 0\.5 s"):
        session.send(MAIL)
    assert time.monotonic() - started < 2
    faulty.released.set()
    assert session.send(SECOND) == Sent(SECOND.message_id)
    session.close()


def test_a_goodbye_that_is_dripped_is_not_waited_for(faulty):
    session = session_to(faulty, connect_timeout=0.5)
    session.send(MAIL)
    faulty.faults["quit"] = DRIP
    started = time.monotonic()
    session.close()
    assert time.monotonic() - started < 2


def test_a_deadline_that_is_past_makes_no_further_connection(faulty):
    session = session_to(faulty, total_timeout=0.5)
    session.send(MAIL)
    faulty.faults["mail"] = DRIP
    with pytest.raises(TryLater):
        session.send(SECOND)
    assert faulty.connections == 1


def test_the_longest_send_ends_before_its_lease_and_before_the_worker_counts_as_hung():
    longest = SmtpServer.from_url("smtp://mail.test").total_timeout
    assert longest + 30 <= SEND_LEASE.total_seconds() < HUNG_SECONDS


def test_a_mail_to_nobody_does_not_leave_although_the_server_waits_for_it(faulty):
    faulty.pipelines = faulty.is_careless = True
    faulty.faults["rcpt"] = "550 no such user"
    session = session_to(faulty)
    with pytest.raises(Refused) as refused:
        session.send(MAIL)
    assert refused.value.code == "550"
    session.send(SECOND)
    session.close()
    assert (len(faulty.accepted), faulty.recipients) == (1, [SECOND.recipient])


def test_the_mails_commands_go_out_at_once_where_the_server_allows_it(faulty, monkeypatch):
    session = session_to(faulty)
    session.send(MAIL)
    writes = []
    monkeypatch.setattr(session._connection, "sock", Spy(session._connection.sock, writes))
    session.send(SECOND)
    session.close()
    assert len(writes) == (3 if faulty.pipelines else 5), "what comes before the mail, the mail, the goodbye"


def test_one_connection_serves_the_batch_also_after_a_refusal(faulty):
    session = session_to(faulty)
    session.send(MAIL)
    faulty.faults["rcpt"] = "550 no such user"
    with pytest.raises(Refused):
        session.send(MAIL)
    session.send(SECOND)
    session.close()
    assert faulty.connections == 1


@pytest.mark.parametrize("answer", [HANG_UP, "421 enough for one connection"])
def test_a_kept_connection_the_server_closed_is_replaced_unnoticed(faulty, answer):
    session = session_to(faulty)
    session.send(MAIL)
    faulty.faults["mail"] = answer
    assert session.send(SECOND) == Sent(SECOND.message_id)
    session.close()
    assert faulty.connections == 2
    assert faulty.recipients == [MAIL.recipient, SECOND.recipient]


@pytest.mark.parametrize(
    "url",
    [
        "smtp://127.0.0.1:1",
        "smtp://no-such-host.invalid:2525",
        "smtps://127.0.0.1:1",
    ],
)
def test_a_server_that_is_away_is_tried_later(url):
    with SmtpTransport(SmtpServer.from_url(url, connect_timeout=2)).open() as session:
        for _ in range(2):
            with pytest.raises(TryLater):
                session.send(MAIL)


def test_a_server_without_encryption_is_tried_later_and_told_nothing(faulty):
    where = SmtpServer.from_url(f"smtp+starttls://user:secret@127.0.0.1:{faulty.port}", connect_timeout=2)
    with SmtpTransport(where).open() as session, pytest.raises(TryLater):
        session.send(MAIL)
    assert faulty.accepted == []


def test_a_server_can_be_greeted_without_giving_it_a_mail(faulty):
    where = SmtpServer.from_url(f"smtp://127.0.0.1:{faulty.port}", connect_timeout=2)
    greet(where)
    faulty.faults["connect"] = "554 not you"
    with pytest.raises(smtplib.SMTPConnectError):
        greet(where)
    assert faulty.accepted == []


def test_urls_are_read():
    server = SmtpServer.from_url("smtp+starttls://ada%40acme.test:p%3Aw@mail.acme.test")
    assert (server.scheme, server.host, server.port) == ("smtp+starttls", "mail.acme.test", 587)
    assert (server.username, server.password) == ("ada@acme.test", "p:w")
    assert "p:w" not in repr(server)
    assert SmtpServer.from_url("smtps://mail.acme.test").port == 465


@pytest.mark.parametrize("url", ["http://mail.test", "smtp://", "smtp://host:port", "mail.test:25", ""])
def test_unusable_urls_are_refused(url):
    with pytest.raises(ValueError, match=r"SMTP_URL|[Pp]ort"):
        SmtpServer.from_url(url)
