"""A lead's mail comes in by the webhook: proven, kept, read once, put where it belongs."""

import dataclasses
from io import BytesIO

import pytest
from sqlalchemy import func, select, update

from leadcrm import create_app
from leadcrm.conversations import intake, operations
from leadcrm.conversations.models import Attachment, Conversation, Message, RawInbound, Suppression
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import EventRow
from leadcrm.leads.models import ContactPoint, Lead
from tests.conversations.conftest import make_lead, plan
from tests.conversations.mails import hand_over, mail, signature


def drain() -> None:
    intake.drain(lambda: False)


def received(organization) -> list[Message]:
    db.session.rollback()
    with tenancy.organization(organization.id):
        inbound = select(Message).where(Message.direction == "inbound").order_by(Message.id)
        return list(db.session.scalars(inbound))


def count(model) -> int:
    db.session.rollback()
    with tenancy.everyone():
        return db.session.scalar(select(func.count()).select_from(model))


def the_lead(message: Message) -> Lead:
    with tenancy.organization(message.organization_id):
        return db.session.scalars(select(Lead).where(Lead.id == message.lead_id)).one()


# The door


@pytest.mark.parametrize("signed", ["", "sha256=", "sha256=" + "0" * 64, "nonsense", "sha256=é"])
def test_a_forged_signature_opens_nothing(client, signed):
    assert hand_over(client, mail(), signed).status_code == 403
    assert count(RawInbound) == 0


def test_the_signature_covers_every_byte(client):
    body = mail()
    assert hand_over(client, body + b" ", signature(body)).status_code == 403
    assert hand_over(client, body, signature(body, "another secret")).status_code == 403


@pytest.mark.parametrize("place", [0, 7, 15, 39, 70])
def test_a_signature_that_is_wrong_in_one_place_opens_nothing(client, place):
    right = signature(mail())
    wrong = right[:place] + ("0" if right[place] != "0" else "1") + right[place + 1 :]
    assert hand_over(client, mail(), wrong).status_code == 403
    assert hand_over(client, mail(), right[: max(place, 1)]).status_code == 403
    assert count(RawInbound) == 0


def test_without_a_secret_the_door_is_closed(settings):
    app = create_app(dataclasses.replace(settings, email_webhook_secret=None))
    with app.app_context():
        assert hand_over(app.test_client(), mail(), signature(mail(), "")).status_code == 403


def test_ten_megabytes_are_the_most(client):
    large = mail("x\n" * 5_300_000)
    assert hand_over(client, large).status_code == 413
    assert count(RawInbound) == 0


def test_a_mail_that_does_not_say_how_long_it_is_is_bounded_too(client):
    large = mail("x\n" * 5_300_000)
    answer = client.post(
        "/webhook/email",
        input_stream=BytesIO(large),
        headers={"X-LeadCRM-Signature": signature(large), "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
        content_type="message/rfc822",
    )
    assert answer.status_code == 413
    assert count(RawInbound) == 0


@pytest.mark.parametrize("body", [b"", b"\x00\xff" * 500, b"no headers at all", b"Subject: no sender\r\n\r\nhi"])
def test_what_names_no_sender_is_refused_without_a_row(client, body):
    assert hand_over(client, body).status_code == 422
    assert count(RawInbound) == 0


def test_a_mail_for_nobody_is_refused_without_a_row(client):
    answer = hand_over(client, mail(to="someone@else.test"))
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "no_recipient")
    assert count(RawInbound) == 0


def test_a_repeat_is_200_and_nothing(client, cast):
    assert hand_over(client, mail()).json == {"status": "accepted"}
    assert hand_over(client, mail()).json == {"status": "known"}
    drain()
    assert hand_over(client, mail()).json == {"status": "known"}
    drain()
    assert len(received(cast.acme)) == 1


def test_a_mail_without_an_id_is_known_by_its_bytes(client, cast):
    for _ in range(2):
        hand_over(client, mail(message_id=None))
    hand_over(client, mail("Another one.\n", message_id=None))
    drain()
    assert len(received(cast.acme)) == 2


# Whose it is


def test_a_stranger_becomes_a_lead(client, cast):
    hand_over(client, mail(sender="Zoë Łuk <zoe@example.com>", subject="Is the house still free?"))
    drain()
    (message,) = received(cast.acme)
    lead = the_lead(message)
    assert (lead.name, lead.source) == ("Zoë Łuk", "inbound email")
    assert message.subject == "Is the house still free?"
    assert message.status == "received"


def test_a_known_address_finds_its_lead(client, cast, acme):
    lead = make_lead(email="jane@example.com")
    hand_over(client, mail(sender="JANE@Example.com"))
    drain()
    assert received(cast.acme)[0].lead_id == lead.id


def test_a_reply_finds_its_thread_by_the_tag_whoever_writes(client, cast, acme, transport):
    lead = make_lead(email="jane@example.com")
    plan(lead)
    transport.drain()
    reply_to = transport.sent[0].reply_to
    hand_over(client, mail(sender="husband@example.com", to=reply_to.upper()))
    drain()
    (message,) = received(cast.acme)
    assert (message.lead_id, message.address) == (lead.id, "husband@example.com")
    assert count(Lead) == 1


def test_a_reply_finds_its_thread_by_the_mail_it_answers(client, cast, acme, transport):
    lead = make_lead(email="jane@example.com")
    plan(lead)
    transport.drain()
    body = mail(sender="other@example.com", to="anything@else.test", References=transport.sent[0].message_id)
    hand_over(client, body)
    drain()
    assert received(cast.acme)[0].lead_id == lead.id


def test_an_answer_to_a_leads_mail_that_others_received_too_is_not_theirs(client, cast):
    """An id that a stranger chose names no organization: only those of our own mails do."""
    hand_over(client, mail(to="Rita <rita@rival.test>", message_id="<to-both@example.com>"))
    drain()
    hand_over(client, mail(References="<to-both@example.com>"))
    drain()
    assert (len(received(cast.rival)), len(received(cast.acme))) == (1, 1)


def test_an_organizations_own_address_gets_its_mail(client, cast):
    hand_over(client, mail(to="Rita <rita@rival.test>"))
    drain()
    assert len(received(cast.rival)) == 1
    assert received(cast.acme) == []


def test_an_address_two_organizations_share_is_not_guessed(mail_door, cast):
    assert hand_over(mail_door, mail()).status_code == 422
    with tenancy.organization(cast.rival.id):
        make_lead(email="jane@example.com")
    assert hand_over(mail_door, mail()).status_code == 200
    drain()
    assert len(received(cast.rival)) == 1


def test_a_tag_of_another_organization_reaches_that_one_only(client, cast):
    with tenancy.organization(cast.rival.id):
        lead = make_lead(email="jane@example.com")
        plan(lead)
        token = db.session.scalars(select(Conversation.reply_token)).one()
    hand_over(client, mail(to=f"leads+{token}@leadcrm.test"))
    drain()
    assert received(cast.acme) == []
    assert received(cast.rival)[0].lead_id == lead.id


def test_our_own_mail_coming_back_is_no_message(client, cast, acme, transport):
    plan(make_lead(email="jane@example.com"))
    transport.drain()
    hand_over(client, mail(message_id=transport.sent[0].message_id))
    drain()
    assert received(cast.acme) == []
    with tenancy.everyone():
        assert db.session.scalar(select(RawInbound.done_at)) is not None


# What it says


def test_the_earlier_text_is_folded(client, cast):
    hand_over(client, mail("Saturday is fine.\n\nOn Tue, Ada wrote:\n> When does it suit?\n"))
    drain()
    (message,) = received(cast.acme)
    assert message.content == "Saturday is fine."
    assert "When does it suit?" in message.quoted


def test_html_is_made_harmless(client, cast):
    html = '<p onclick="x()">Hello <b hx-get="/trap">there</b></p><script>alert(1)</script><form action="/x">'
    hand_over(client, mail("Hello there\n", html=html))
    drain()
    (message,) = received(cast.acme)
    assert "Hello <b>there</b>" in message.html
    assert not any(word in message.html for word in ("onclick", "hx-get", "script", "form"))


def test_a_mail_of_html_only_still_says_something(client, cast):
    body = (
        b"From: jane@example.com\r\nTo: leads@leadcrm.test\r\nMessage-ID: <h@x>\r\nContent-Type: text/html\r\n\r\n"
        b"<style>p{}</style><p>First &amp; second</p><p>Third</p>"
    )
    hand_over(client, body)
    drain()
    assert received(cast.acme)[0].content.split("\n") == ["First & second", "Third"]


@pytest.mark.parametrize(
    "body",
    [
        b"From: jane@example.com\r\nTo: leads@leadcrm.test\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\nnone",
        b"From: jane@example.com\r\nTo: leads@leadcrm.test\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhi \xff",
        b"From: jane@example.com\r\nTo: leads@leadcrm.test\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
        b"From: =?utf-8?b?////?= <jane@example.com>\r\nTo: leads@leadcrm.test\r\nSubject: =?x?q?=00?=\r\n\r\na\x00b",
        b"From: jane@example.com\nTo: leads@leadcrm.test\nSubject: " + b"=?utf-8?q?a?= " * 3000 + b"\n\nhi",
        b"From: jane@example.com\r\nTo: leads@leadcrm.test\r\n"
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 400
        + b"deep",
        b"From: jane@example.com\nTo: leads@leadcrm.test\nContent-Type: text/html; charset=utf-7\n\n<p>hi +2AA- there",
        b"From: jane@example.com\nTo: leads@leadcrm.test\nContent-Type: image/p\x00ng; name=a\n\nhi",
    ],
    ids=["no parts", "unknown charset", "bad base64", "bad words and NUL", "many words", "deep", "half", "NUL in type"],
)
def test_a_broken_mail_comes_in_all_the_same(client, cast, body):
    assert hand_over(client, body).status_code == 200
    drain()
    (message,) = received(cast.acme)
    assert "\x00" not in message.content + message.subject


def test_an_answer_to_an_endless_id_comes_in(client, cast):
    hand_over(client, mail("hi", In_Reply_To=f"<{'a' * 400}@example.com>"))
    drain()
    (message,) = received(cast.acme)
    assert message.content == "hi"
    assert message.in_reply_to.startswith("sha256:")  # as the mail it answers would be known by


def test_an_address_that_grows_when_it_is_lowered_is_none(client):
    body = ("From: " + "\u0130" * 200 + "@example.com\nTo: leads@leadcrm.test\n\nhi").encode()
    assert hand_over(client, body).json["error"]["code"] == "no_sender"


def test_files_are_kept_under_our_names_and_given_out_as_downloads(client, cast, sign_in, app):
    files = (("../../etc/passwd", "text/plain", b"root"), ("plan.html", "text/html", b"<script>alert(1)</script>"))
    hand_over(client, mail(files=files))
    drain()
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        first, second = db.session.scalars(select(Attachment).order_by(Attachment.filename)).all()
    assert (first.filename, first.size, second.filename) == ("passwd", 4, "plan.html")
    kept = list((app.settings.uploads / "inbound").iterdir())
    assert sorted(path.name for path in kept) == sorted([first.stored_as, second.stored_as])

    download = sign_in(cast.ada).get(f"/attachments/{second.id}")
    assert download.data == b"<script>alert(1)</script>"
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert download.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in download.headers["Content-Security-Policy"]
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert sign_in(cast.rita).get(f"/attachments/{second.id}").status_code == 404
    assert client.get(f"/attachments/{second.id}").status_code == 302


def test_a_mail_with_many_files_keeps_the_first(client, cast):
    hand_over(client, mail(files=tuple((f"{n}.txt", "text/plain", b"x") for n in range(60))))
    drain()
    assert count(Attachment) == 20


# What it changes


def test_a_reply_opens_the_thread_again(client, cast, acme, transport):
    plan(make_lead(email="jane@example.com"))
    transport.drain()
    thread = db.session.scalars(select(Conversation)).one()
    perform(operations.close_conversation, thread)
    hand_over(client, mail("Hello again\n"))
    drain()
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        thread = db.session.scalars(select(Conversation).execution_options(populate_existing=True)).one()
    assert (thread.status, thread.snippet, thread.last_direction) == ("open", "Hello again", "inbound")
    assert thread.last_inbound_at is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"sender": "MAILER-DAEMON@example.com"},
    ],
)
def test_a_machines_mail_is_kept_but_opens_and_stops_nothing(client, cast, acme, headers):
    thread_owner = make_lead(email="jane@example.com")
    plan(thread_owner)
    perform(operations.close_conversation, db.session.scalars(select(Conversation)).one())
    token = db.session.scalars(select(Conversation.reply_token)).one()
    hand_over(client, mail("stop\n", to=f"leads+{token}@leadcrm.test", **headers))
    drain()
    (message,) = received(cast.acme)
    assert message.lead_id == thread_owner.id
    with tenancy.organization(cast.acme.id):
        assert db.session.scalars(select(Conversation)).one().status == "closed"
        fact = db.session.scalars(select(EventRow).where(EventRow.name == "message.received")).one()
    assert fact.data["automatic"] is True
    assert count(Suppression) == 0


@pytest.mark.parametrize("text", ["STOP", " stop. ", "Unsubscribe\n\nOn Tue, Ada wrote:\n> Hello\n"])
def test_stop_is_obeyed_and_what_waits_is_dropped(client, cast, acme, text):
    lead = make_lead(email="jane@example.com")
    plan(lead, "now")
    plan(lead, "flow", origin="flow", scheduled_for=clock.now().replace(year=clock.now().year + 1))
    hand_over(client, mail(text))
    drain()
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        planned = select(Message.status).where(Message.intent_key.in_(["now", "flow"]))
        assert db.session.scalars(planned).all() == ["skipped", "skipped"]
        assert operations.is_suppressed("email", "jane@example.com")


def test_stop_inside_a_sentence_is_only_a_word(client, cast):
    hand_over(client, mail("Please stop by on Saturday"))
    drain()
    assert count(Suppression) == 0


def test_the_mail_programs_unsubscribe_address_works(client, cast, acme, transport):
    plan(make_lead(email="jane@example.com"), origin="flow")
    transport.drain()
    hand_over(client, mail("\n", to=transport.sent[0].unsubscribe_mailto, subject="unsubscribe"))
    drain()
    with tenancy.organization(cast.acme.id):
        assert operations.is_suppressed("email", "jane@example.com")


@pytest.mark.parametrize("text", ["STOP", "no more, thank you"], ids=["a word", "the address for it"])
def test_stop_from_another_address_stops_what_goes_to_the_leads_own(client, cast, acme, transport, text):
    plan(make_lead(email="jane@example.com"), origin="flow")
    transport.drain()
    mailbox = transport.sent[0].reply_to if text == "STOP" else transport.sent[0].unsubscribe_mailto
    hand_over(client, mail(text, sender="jane@alias.example", to=mailbox))
    drain()
    with tenancy.organization(cast.acme.id):
        assert operations.is_suppressed("email", "jane@example.com")
        assert operations.is_suppressed("email", "jane@alias.example")
        (fact,) = db.session.scalars(select(EventRow).where(EventRow.name == "lead.opted_out"))
        assert fact.actor == f"lead:{fact.lead_id}"
    hand_over(client, mail("START", sender="jane@alias.example", to=mailbox.replace("-stop", ""), message_id="<2@x>"))
    drain()
    with tenancy.organization(cast.acme.id):
        assert not operations.is_suppressed("email", "jane@example.com")
        names = db.session.scalars(select(EventRow.name).where(EventRow.name.like("lead.opted%")).order_by(EventRow.id))
        assert list(names) == ["lead.opted_out", "lead.opted_in"]


def test_start_does_not_heal_another_address_that_bounced(client, cast, acme):
    lead = make_lead(email="jane@example.com")
    with writing() as session:
        session.add(ContactPoint(lead_id=lead.id, kind="email", value="old@example.com", is_primary=False))
    perform(operations.suppress, "email", "old@example.com", "bounced")
    perform(operations.suppress, "email", "jane@example.com", "replied_stop")
    hand_over(client, mail("START"))
    drain()
    with tenancy.organization(cast.acme.id):
        assert operations.is_suppressed("email", "old@example.com")
        assert not operations.is_suppressed("email", "jane@example.com")


def test_start_lifts_it(client, cast, acme):
    make_lead(email="jane@example.com")
    perform(operations.suppress, "email", "jane@example.com", "replied_stop")
    hand_over(client, mail("START"))
    drain()
    assert count(Suppression) == 0


# Trouble


def test_what_cannot_be_read_keeps_its_error_and_tries_eight_times(client, cast, monkeypatch):
    hand_over(client, mail())
    monkeypatch.setattr(intake, "receive", lambda *arguments, **named: 1 / 0)
    for tries in range(1, 10):
        drain()
        db.session.rollback()
        with tenancy.everyone():
            row = db.session.scalars(select(RawInbound).execution_options(populate_existing=True)).one()
            assert row.tries == min(tries, 8)
            assert "ZeroDivisionError" in row.error
            if row.due_at is not None:
                with writing() as session:
                    session.execute(update(RawInbound).values(due_at=clock.real_now()))
    assert row.due_at is None

    monkeypatch.undo()
    with tenancy.organization(cast.acme.id):
        perform(intake.read_again, row.id)
    drain()
    assert len(received(cast.acme)) == 1


def test_what_kills_its_reader_is_given_up_too(client, monkeypatch):
    class Killed(BaseException):
        """The process is gone: nothing of ours catches this."""

    def die(body):
        raise Killed

    hand_over(client, mail())
    monkeypatch.setattr(intake.incoming_mail, "read", die)
    for _ in range(intake.MAX_TRIES):
        with pytest.raises(Killed):
            drain()
        with tenancy.everyone(), writing() as session:
            session.execute(update(RawInbound).values(due_at=clock.real_now()))
    drain()
    db.session.rollback()
    with tenancy.everyone():
        row = db.session.scalars(select(RawInbound).execution_options(populate_existing=True)).one()
    assert (row.due_at, row.done_at, row.tries) == (None, None, intake.MAX_TRIES)
    assert row.error == intake.BROKE_OFF


def test_one_unreadable_mail_does_not_hold_up_the_next(client, cast, monkeypatch):
    def receive(channel, sender, *rest, **named):
        if sender == "bad@example.com":
            raise RuntimeError("cannot")
        return operations.receive(channel, sender, *rest, **named)

    monkeypatch.setattr(intake, "receive", receive)
    hand_over(client, mail(sender="bad@example.com", message_id="<1@x>"))
    hand_over(client, mail(sender="good@example.com", message_id="<2@x>"))
    drain()
    assert [message.address for message in received(cast.acme)] == ["good@example.com"]


def test_a_reader_that_died_leaves_the_mail_to_the_next(client, cast):
    hand_over(client, mail())
    with tenancy.everyone():
        raw_id = db.session.scalar(select(RawInbound.id))
        db.session.rollback()
        assert perform(intake._claim, raw_id) is not None
        assert perform(intake._claim, raw_id) is None, "it has a reader"
        with writing() as session:
            session.execute(update(RawInbound).values(due_at=clock.real_now()))
    drain()
    assert len(received(cast.acme)) == 1


def test_stranger_contact_point_is_theirs(client, cast):
    hand_over(client, mail(sender="new@example.com"))
    drain()
    with tenancy.organization(cast.acme.id):
        assert db.session.scalars(select(ContactPoint.value)).all() == ["new@example.com"]
