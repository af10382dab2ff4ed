"""What a lead's wish does: obeyed at once, confirmed once, taken back by them alone, doubtful ones put to a person."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from leadcrm.conversations import operations
from leadcrm.conversations.models import Conversation, Message, Suppression
from leadcrm.conversations.operations.opting_out import answer_opt_out_question
from leadcrm.conversations.opt_out_intent import Meaning, opt_out_intent
from leadcrm.conversations.optout import CONFIRMATIONS, confirmation
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.drains import drain_events
from leadcrm.core.errors import Conflict
from leadcrm.core.models import EventRow
from leadcrm.leads.models import Lead
from leadcrm.notifications.models import Notification
from tests.conversations.conftest import again, make_lead, plan

PHONE, EMAIL = "+12125550123", "jane@example.com"


def write(text: str, external_id: str = "1", channel: str = "sms", **more) -> Message:
    sender = EMAIL if channel == "email" else PHONE
    return perform(operations.receive, channel, sender, text, external_id, clock.now(), **more)


def facts(lead: Lead) -> list[str]:
    db.session.rollback()
    about = EventRow.name.in_(["lead.opted_out", "lead.opted_in", "lead.opt_out_suspected", "lead.opt_out_dismissed"])
    return list(
        db.session.scalars(select(EventRow.name).where(EventRow.lead_id == lead.id, about).order_by(EventRow.id))
    )


def confirmations() -> list[Message]:
    db.session.rollback()
    db.session.expire_all()
    return list(
        db.session.scalars(select(Message).where(Message.intent_key.startswith("opt-out:")).order_by(Message.id))
    )


def the_thread(lead: Lead, channel: str = "sms") -> Conversation:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Conversation).filter_by(lead_id=lead.id, channel=channel)).one()


def suppressed() -> dict[str, bool]:
    db.session.rollback()
    return {
        channel: operations.is_suppressed(channel, EMAIL if channel == "email" else PHONE)
        for channel in ("email", "sms", "whatsapp")
    }


# Stop


@pytest.mark.parametrize("text", ["STOP", "please stop texting me", "Bitte keine SMS mehr"])
def test_it_closes_the_channel_and_drops_what_waits(jane, text):
    waiting = plan(jane, channel="sms", scheduled_for=clock.now() + timedelta(days=1))
    write(text)
    assert suppressed() == {"email": False, "sms": True, "whatsapp": False}
    assert again(waiting).status == "skipped"
    assert facts(jane) == ["lead.opted_out"]


@pytest.mark.parametrize("text", ["stop everything", "Delete my number", "quita mi número"])
def test_some_words_close_every_channel(jane, text):
    waiting = plan(jane, scheduled_for=clock.now() + timedelta(days=1))
    write(text)
    assert suppressed() == {"email": True, "sms": True, "whatsapp": True}
    assert again(waiting).status == "skipped"
    assert facts(jane) == ["lead.opted_out"]


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_it_is_confirmed_once_in_the_leads_language_and_that_one_leaves(cast, jane, transport, channel):
    write("stop, danke", channel=channel)
    for n in range(3):
        write("STOP!", f"again-{n}", channel)
    (message,) = confirmations()
    transport.drain()
    assert (again(message).status, again(message).reason) == ("sent", "")
    assert cast.acme.name in again(message).content
    assert "schreibt Ihnen hier nicht mehr" in again(message).content
    assert len(transport.sent) == 1
    assert facts(jane) == ["lead.opted_out"]


def test_it_is_answered_at_night_too(acme, transport, monkeypatch):
    zone = next(f"Etc/GMT{n:+d}" for n in range(-12, 13) if (clock.now().hour - n) % 24 == 23)
    make_lead(email=EMAIL, phone=PHONE, timezone=zone)
    write("STOP")
    transport.drain()
    assert [sent.text for sent in transport.sent] == [confirmations()[0].content]


def test_nothing_else_leaves_after_it(jane, transport):
    write("STOP")
    late = perform(
        operations.plan_messages,
        [{"lead_id": jane.id, "channel": "sms", "content": "Hi", "origin": "flow", "intent_key": "late"}],
    )
    transport.drain()
    assert late == 1
    assert [sent.text for sent in transport.sent] == [message.content for message in confirmations()]


@pytest.mark.parametrize("reason", ["bounced", "complained"])
def test_a_confirmation_does_not_go_where_mail_is_refused_for_another_reason(jane, transport, reason):
    write("STOP", channel="email")
    perform(lambda: db.session.execute(Suppression.__table__.update().values(reason=reason)))
    transport.drain()
    assert transport.sent == []
    assert confirmations()[0].status == "skipped"


def test_a_confirmation_is_no_contact_by_a_person(jane, transport):
    write("STOP")
    transport.drain()
    (message,) = confirmations()
    assert (again(message).status, get_or_404(Lead, jane.id).status) == ("sent", "new")


def test_a_new_opt_out_is_confirmed_anew(jane):
    for n, text in enumerate(["STOP", "START", "STOP"]):
        write(text, str(n))
    assert len(confirmations()) == 2
    assert facts(jane) == ["lead.opted_out", "lead.opted_in", "lead.opted_out"]


def test_an_automatic_answer_is_neither_obeyed_nor_confirmed(jane):
    write("Unsubscribe", channel="email", automatic=True)
    assert not suppressed()["email"]
    assert confirmations() == []


@pytest.mark.parametrize("language", CONFIRMATIONS)
def test_a_confirmation_asks_for_nothing_where_it_arrives(language):
    for channel in ("sms", "email"):
        assert opt_out_intent(confirmation(language, "Stop & Start Homes"), channel).meaning is Meaning.NONE


def test_two_webhooks_at_once_make_one_confirmation(app, acme, jane):
    start = Barrier(2)

    def stop(key: str) -> None:
        with app.app_context(), tenancy.organization(organization_id):
            start.wait(timeout=10)
            write("STOP", key)

    organization_id, lead_id = acme.id, jane.id
    db.session.rollback()
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(stop, ["a", "b"]))
    assert len(confirmations()) == 1
    assert facts(get_or_404(Lead, lead_id)) == ["lead.opted_out"]
    assert db.session.scalar(select(func.count(Message.id)).where(Message.direction == "inbound")) == 2


# Start


def test_start_takes_back_what_they_asked_for(jane):
    write("stop everything")
    write("START", "2")
    assert suppressed() == {"email": True, "sms": False, "whatsapp": True}
    assert facts(jane) == ["lead.opted_out", "lead.opted_in"]


@pytest.mark.parametrize("reason", ["bounced", "complained"])
def test_start_heals_no_bounce_and_no_complaint(jane, reason):
    perform(operations.suppress, "email", EMAIL, reason)
    write("START", channel="email")
    assert suppressed()["email"]
    assert facts(jane) == []


# Unsure


@pytest.fixture
def asked(cast, acme) -> Lead:
    lead = make_lead(email=EMAIL, phone=PHONE, owner_id=cast.ada.id)
    write("How do I unsubscribe?", "q1")
    return lead


def test_a_doubtful_message_is_put_before_its_owner_once(cast, asked):
    write("Not interested", "q2")
    drain_events(lambda: False)
    db.session.rollback()
    assert not suppressed()["sms"]
    assert facts(asked) == ["lead.opt_out_suspected"]
    titles = select(Notification.title).where(Notification.user_id == cast.ada.id, Notification.icon == "bell-off")
    with tenancy.organization(cast.acme.id):
        assert list(db.session.scalars(titles)) == [
            "Does Jane Doe want no more messages? They wrote: “How do I unsubscribe?”"
        ]


def test_the_thread_asks_and_one_click_opts_them_out(cast, asked, sign_in):
    ada, thread = sign_in(cast.ada), the_thread(asked)
    page = ada.get(f"/inbox?c={thread.id}").text
    assert "Opt them out" in page
    assert "“How do I unsubscribe?”" in page
    ada.post(f"/conversations/{thread.id}/opt-out", data={"wants_out": "1"}, hx=True)
    with tenancy.organization(cast.acme.id):
        assert suppressed()["sms"]
        assert len(confirmations()) == 1
        assert facts(asked) == ["lead.opt_out_suspected", "lead.opted_out"]
    assert "Opt them out" not in ada.get(f"/inbox?c={thread.id}").text


def test_they_did_not_mean_that(cast, asked, sign_in):
    ada, thread = sign_in(cast.ada), the_thread(asked)
    assert ada.post(f"/conversations/{thread.id}/opt-out", data={"wants_out": "0"}, hx=True).status_code == 200
    assert "Opt them out" not in ada.get(f"/conversations/{thread.id}/header", hx=True).text
    with tenancy.organization(cast.acme.id):
        assert not suppressed()["sms"]
        assert facts(asked) == ["lead.opt_out_suspected", "lead.opt_out_dismissed"]
        assert confirmations() == []


def test_two_colleagues_cannot_both_answer(asked):
    thread = the_thread(asked)
    perform(answer_opt_out_question, thread, wants_out=False)
    with pytest.raises(Conflict):
        perform(answer_opt_out_question, thread, wants_out=True)
    assert not suppressed()["sms"]


def test_who_opts_out_meanwhile_has_answered_it(asked):
    write("STOP", "q2")
    with pytest.raises(Conflict):
        perform(answer_opt_out_question, the_thread(asked), wants_out=False)


@pytest.mark.parametrize(("reason", "asked"), [("bounced", 1), ("complained", 0)])
def test_a_doubtful_mail_from_an_address_that_bounced_is_asked_about(jane, reason, asked):
    perform(operations.suppress, "email", EMAIL, reason)
    write("How do I unsubscribe?", channel="email")
    assert facts(jane) == ["lead.opt_out_suspected"] * asked


def test_a_keyword_as_the_subject_is_doubtful(jane):
    write("Sent from my iPhone", channel="email", subject="Unsubscribe")
    assert facts(jane) == ["lead.opt_out_suspected"]
    write("See you on Monday", external_id="2", channel="email", subject="Re: Unsubscribe")
    assert facts(jane) == ["lead.opt_out_suspected"]
    perform(answer_opt_out_question, the_thread(jane, "email"), wants_out=True)
    assert suppressed()["email"]
    (told,) = confirmations()
    assert told.content == confirmation("en", "Acme")


def test_plain_talk_changes_nothing(jane):
    write("I can't stop thinking about the house")
    assert facts(jane) == []
    assert confirmations() == []
