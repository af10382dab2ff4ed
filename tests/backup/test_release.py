"""After a restore nothing leaves on a channel until a manager of that organization releases it."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from leadcrm.conversations import operations
from leadcrm.conversations.models import CHANNELS, Message, SendingPause
from leadcrm.conversations.operations.releasing import RESTORED
from leadcrm.conversations.sending_policy import Window
from leadcrm.conversations.sending_queries import sending_rules
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict
from leadcrm.core.models import EventRow
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport, again, make_due, make_lead, plan

PAGE = "/settings/system/sending"


def pause(organization, *channels: str) -> None:
    """As a restore leaves an organization behind."""
    with tenancy.organization(organization.id), writing() as session:
        for channel in channels or CHANNELS:
            moments = {"backup_at": clock.real_now() - timedelta(hours=9), "paused_at": clock.real_now()}
            session.execute(insert(SendingPause).values(channel=channel, paused_by="root", **moments))


@pytest.fixture
def jane(acme):
    return make_lead(email="jane@example.com", phone="+12125550123")


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport()


def test_due_messages_are_held_until_the_release(jane, cast, transport):
    message = plan(jane)
    pause(cast.acme)
    assert transport.drain() == 1
    assert transport.sent == []
    assert (again(message).status, again(message).reason) == ("held", RESTORED)
    assert perform(operations.release_sending, "email") == 1
    transport.drain()
    assert len(transport.sent) == 1
    assert again(message).status == "sent"


def test_what_no_worker_has_seen_yet_counts_too(jane, cast, transport):
    plan(jane)
    plan(jane, "later", scheduled_for=clock.now() + timedelta(days=1))
    pause(cast.acme)
    assert perform(operations.release_sending, "email") == 1


def test_each_kind_and_each_organization_is_released_on_its_own(jane, cast, transport):
    mail, sms = plan(jane), plan(jane, "two", channel="sms", content="Hi")
    perform(operations.send_now, sms)  # also in the quiet hours
    with tenancy.organization(cast.rival.id):
        plan(make_lead("Rob", email="rob@example.com"))
    pause(cast.acme)
    pause(cast.rival)
    transport.drain()
    perform(operations.release_sending, "sms")
    assert (again(sms).status, again(mail).status) == ("scheduled", "held")
    transport.drain()
    assert again(sms).status == "sent"
    assert again(mail).status == "held"
    perform(operations.release_sending, "email")
    transport.drain()
    assert [outgoing.recipient for outgoing in transport.sent] == ["+12125550123", "jane@example.com"]


def test_what_is_held_for_another_reason_is_not_let_go(jane, cast):
    message, tomorrow = plan(jane), clock.now() + timedelta(days=1)
    with writing() as session:
        held = update(Message).where(Message.id == message.id)
        session.execute(held.values(status="held", reason="the office is closed", due_at=tomorrow))
    pause(cast.acme)
    assert perform(operations.release_sending, "email") == 0
    assert (again(message).status, again(message).due_at) == ("held", tomorrow)


def test_a_message_that_was_claimed_before_does_not_leave(jane, cast, transport, monkeypatch):
    """The pause begins between claim and call: the last look finds it."""
    message = plan(jane)
    from leadcrm.conversations.delivery import sending

    true_prepare = sending._Delivery._prepare

    def restored_meanwhile(delivery):
        leaving = true_prepare(delivery)
        pause(cast.acme)
        return leaving

    monkeypatch.setattr(sending._Delivery, "_prepare", restored_meanwhile)
    transport.drain()
    assert transport.sent == []
    assert again(message).status == "held"


def test_send_now_does_not_get_around_the_pause(jane, cast, transport):
    message = plan(jane)
    pause(cast.acme)
    transport.drain()
    perform(operations.send_now, again(message))
    transport.drain()
    assert transport.sent == []


def test_what_is_released_to_one_lead_keeps_the_gap_across_channels(jane, cast, transport):
    """Three days of a flow fell due while all channels waited: they do not reach the lead together."""
    open_always = {**sending_rules().windows, "sms": Window()}
    perform(operations.change_sending_rules, open_always, timedelta(hours=1), {})
    began = clock.now()
    for day, channel in ((1, "email"), (2, "sms"), (3, "email")):
        subject = f"Day {day}" if channel == "email" else ""
        when = began + timedelta(days=day)
        plan(jane, f"day {day}", channel=channel, subject=subject, origin="flow", scheduled_for=when)
    clock.move(3 * 86_400 + 60)
    pause(cast.acme)
    transport.drain()
    assert transport.sent == []
    assert [perform(operations.release_sending, channel) for channel in ("email", "sms")] == [2, 1]
    for hour in range(3):
        clock.move(3 * 86_400 + 120 + hour * 3600)
        transport.drain()
        transport.drain()
        assert len(transport.sent) == hour + 1


def test_what_is_no_longer_useful_at_the_release_is_not_sent(jane, cast, transport):
    message = plan(jane, useful_until=clock.now() + timedelta(hours=1))
    pause(cast.acme)
    transport.drain()
    clock.move(7200)
    perform(operations.release_sending, "email")
    transport.drain()
    assert transport.sent == []
    assert again(message).status == "expired"


def test_other_reasons_to_wait_survive_the_release(jane, cast, transport):
    later = plan(jane, scheduled_for=clock.now() + timedelta(days=1))
    pause(cast.acme)
    transport.drain()
    assert perform(operations.release_sending, "email") == 0
    assert again(later).status == "scheduled"
    make_due(later)
    transport.drain()
    assert again(later).status == "sent"


def test_the_page_says_what_waits_and_its_button_releases(jane, cast, sign_in, transport):
    plan(jane)
    plan(jane, "later", scheduled_for=clock.now() + timedelta(days=1))
    pause(cast.acme)
    transport.drain()
    client = sign_in(cast.max)
    page = client.get(PAGE, hx=True).text
    assert "Email: 1 message would leave now" in page
    assert "Text: 0 messages would leave now" in page
    assert "by root" in page
    assert client.post(f"{PAGE}/email/release").status_code == 303
    assert "Release emails" not in client.get(PAGE, hx=True).text
    assert "Release texts" in client.get(PAGE, hx=True).text
    assert client.post(f"{PAGE}/email/release").status_code == 409
    assert client.post(f"{PAGE}/pigeon/release").status_code == 404
    db.session.rollback()
    fact = db.session.scalars(select(EventRow).where(EventRow.name == "sending.released")).one()
    assert (fact.actor, fact.data) == (f"user:{cast.max.id}", {"channel": "email", "waiting": 1})
    row = db.session.scalars(select(SendingPause).where(SendingPause.channel == "email")).one()
    assert row.released_by == f"user:{cast.max.id}"


def test_the_page_lists_what_would_leave_in_a_fixed_number_of_queries(jane, cast, sign_in, transport):
    client = sign_in(cast.ada)
    pause(cast.acme)
    plan(jane, subject="A <b>late</b> hello")
    plan(jane, "text", channel="sms", subject="", content="Hello {first_name|there}, " + "as we said, " * 9)
    plan(jane, "later", subject="Not due", scheduled_for=clock.now() + timedelta(days=1))
    with count_queries() as for_one:
        page = client.get(PAGE, hx=True).text
    assert "A &lt;b&gt;late&lt;/b&gt; hello" in page
    assert f"/leads/{jane.id}" in page
    assert "Hello Jane, as we said" in page
    assert "we sa…" in page
    assert "Not due" not in page
    for number in range(60):
        plan(jane, f"more {number}", subject=f"More {number}")
    with count_queries() as for_many:
        page = client.get(PAGE, hx=True).text
    assert page.count("planned for") == 50
    assert len(for_many) <= len(for_one)
    assert "What would leave" not in sign_in(cast.rita).get(PAGE, hx=True).text


def test_only_those_who_run_that_team_may_release(jane, cast, sign_in, transport):
    pause(cast.acme, "email")
    assert sign_in(cast.ben).post(f"{PAGE}/email/release").status_code == 403
    assert sign_in(cast.rita).post(f"{PAGE}/email/release").status_code == 409
    assert "Sending is paused" not in sign_in(cast.rita).get(PAGE, hx=True).text
    assert "Release emails" in sign_in(cast.ada).get(PAGE, hx=True).text


def test_readyz_counts_paused_channels(cast, app):
    pause(cast.acme, "email", "sms")
    assert app.test_client().get("/readyz").json["paused_channels"] == 2


def test_a_channel_is_paused_once_at_a_time(acme, cast):
    pause(cast.acme, "email")
    with pytest.raises(Exception, match=r"uq_sending_pauses_open|UNIQUE"):
        pause(cast.acme, "email")
    perform(operations.release_sending, "email")
    pause(cast.acme, "email")
    perform(operations.release_sending, "email")
    with pytest.raises(Conflict):
        perform(operations.release_sending, "email")
