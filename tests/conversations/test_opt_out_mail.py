"""Mail's own ways to say no: the one-click header, the spam button, and a mailbox that takes nothing three times."""

from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import select, update

from leadcrm.adapters.mime import outgoing
from leadcrm.conversations import intake, operations
from leadcrm.conversations.models import Message, Suppression
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import EventRow
from tests.conversations.conftest import again, plan
from tests.conversations.mails import hand_over, mail
from tests.conversations.reports import TO, changed, report

FULL = {"Status": "5.2.2", "Diagnostic_Code": "smtp; 552 5.2.2 mailbox full"}
EMAIL = "jane@example.com"
COMPLAINT = """\
From: <feedback@provider.example>
To: {to}
Subject: FW: Hello
Message-ID: <complaint-{kind}@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="F1"

--F1
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.
--F1
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <jane@example.com>

--F1
Content-Type: message/rfc822

From: Ada <leads@leadcrm.test>
To: jane@example.com
Message-ID: {original}
Subject: Hello

Hi
--F1--
"""


def complaint(original: str, kind: str = "abuse") -> bytes:
    return COMPLAINT.format(original=original, kind=kind, to=TO).replace("\n", "\r\n").encode()


def come_in(client, *bodies: bytes) -> None:
    for body in bodies:
        assert hand_over(client, body).status_code == 200
    intake.drain(lambda: False)
    db.session.rollback()
    db.session.expire_all()


def reasons() -> list[str]:
    with tenancy.everyone():
        return list(db.session.scalars(select(Suppression.reason)))


@pytest.fixture
def send(jane, transport):
    """Sends Jane one more mail and returns it."""

    def one(key: str) -> Message:
        message = plan(jane, key)
        transport.drain()
        return again(message)

    return one


@pytest.fixture
def bounce(client, send):
    """Sends Jane one more mail, which her full mailbox does not take."""

    def one(key: str, **fields: str) -> Message:
        message = send(key)
        body = changed(report(message.external_id), **(fields or FULL))
        come_in(client, body.replace(b"postfix-report@", f"report-{key}@".encode()))
        return again(message)

    return one


# One click (RFC 8058)


def test_a_flows_mail_has_both_headers_and_only_the_post_unsubscribes(app, client, jane, transport):
    plan(jane, origin="flow")
    transport.drain()
    built = message_from_bytes(outgoing.build(transport.sent[0]))
    link = transport.sent[0].unsubscribe_url
    assert built["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"<{link}>" in "".join(built["List-Unsubscribe"].split())
    path = link.removeprefix("http://127.0.0.1:8000")
    stranger = app.test_client()
    for method in (stranger.get, stranger.head, stranger.options):
        assert method(path).status_code == 200
        assert reasons() == []
    assert stranger.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert reasons() == ["unsubscribed"]


# Complaints (RFC 5965)


def test_a_complaint_ends_the_mail_at_once(client, jane, send):
    message = send("one")
    waiting = plan(jane, "later", scheduled_for=clock.now() + timedelta(days=1))
    come_in(client, complaint(message.external_id))
    assert reasons() == ["complained"]
    assert again(waiting).status == "skipped"
    fact = db.session.scalars(select(EventRow).where(EventRow.name == "lead.opted_out")).one()
    assert fact.data["how"] == "complained"


def test_start_does_not_take_a_complaint_back_and_it_outweighs_an_opt_out(client, send):
    message = send("one")
    come_in(client, mail("STOP"), complaint(message.external_id), mail("START", message_id="<2@x>"))
    assert reasons() == ["complained"]


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_other_feedback_is_no_complaint(client, send, kind):
    come_in(client, complaint(send("one").external_id, kind))
    assert reasons() == []


def test_a_complaint_about_none_of_our_mails_changes_nothing(client, jane):
    come_in(client, complaint("<strange@elsewhere.test>"))
    assert reasons() == []
    with tenancy.everyone():
        assert db.session.scalars(select(Message)).all() == []


# Soft bounces


def test_the_third_soft_bounce_in_a_row_ends_the_mail(bounce):
    for key in ("1", "2"):
        assert bounce(key).status == "bounced"
        assert reasons() == []
    bounce("3")
    assert reasons() == ["bounced"]


def test_a_reply_in_between_starts_anew(client, bounce):
    bounce("1")
    bounce("2")
    come_in(client, mail("I am back.\n"))
    bounce("3")
    assert reasons() == []


@pytest.mark.parametrize(("status", "days", "ends"), [("delivered", 0, False), ("sent", 6, False), ("sent", 0, True)])
def test_a_mail_that_arrived_in_between_starts_anew(send, bounce, status, days, ends):
    bounce("1")
    bounce("2")
    arrived = send("between")
    with writing() as session:
        sent_at = clock.now() - timedelta(days=days)
        session.execute(update(Message).where(Message.id == arrived.id).values(status=status, sent_at=sent_at))
    bounce("3")
    assert bool(reasons()) is ends


def test_what_is_said_of_us_does_not_count(bounce):
    for key in ("1", "2", "3", "4"):
        bounce(key, Status="5.7.1", Diagnostic_Code="smtp; 550 5.7.1 Blocked")
    assert reasons() == []


def test_who_allows_mail_again_starts_anew(jane, bounce):
    for key in ("1", "2", "3"):
        bounce(key)
    perform(operations.allow_mail_again, jane, EMAIL)
    bounce("4")
    assert reasons() == []
