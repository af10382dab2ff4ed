"""What messages do because something happened elsewhere, and what the operators see of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from leadcrm.adapters.ports import OutcomeUnknown
from leadcrm.conversations import delivery, listeners, operations
from leadcrm.conversations.jobs import purge_raw_inbound, wake_snoozed
from leadcrm.conversations.models import Conversation, Message, RawInbound
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.leads import operations as leads
from leadcrm.leads.events import FollowUpRequested, LeadArchived, LeadAssigned
from leadcrm.notifications.models import Notification
from tests.conversations.conftest import FakeTransport, again, make_due, make_lead, plan

REPLY = {"channel": "email", "sender": "jane@example.com", "content": "Yes", "external_id": "<r@x>"}


def told(user) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Notification.title).where(Notification.user_id == user.id)))


def test_the_tick_sends_one_follow_up_however_often_the_fact_is_read(jane, cast, transport):
    perform(operations.ensure_default_templates)
    fact = FollowUpRequested(lead_id=jane.id, user_id=cast.ada.id)
    for _ in range(2):
        perform(listeners.send_follow_up, fact)
    transport.drain()
    (mail,) = transport.sent
    assert "Hi Jane" in mail.text
    assert mail.sender_name == "Ada"
    assert mail.unsubscribe_url is None, "a person's letter"


def test_a_follow_up_that_cannot_be_sent_is_told_to_whoever_asked(acme, cast):
    perform(operations.ensure_default_templates)
    lead = make_lead(phone="+12125550123")
    perform(listeners.send_follow_up, FollowUpRequested(lead_id=lead.id, user_id=cast.ben.id))
    assert told(cast.ben) == ["No follow-up was sent: Jane Doe has no email address. Add one first."]


def test_archiving_drops_what_waits(jane):
    message = plan(jane, scheduled_for=clock.now() + timedelta(days=1))
    perform(leads.archive_lead, jane)
    perform(listeners.stop_writing, LeadArchived(lead_id=jane.id))
    assert again(message).status == "skipped"


def test_the_assignee_else_the_owner_hears_of_a_reply(acme, cast):
    lead = make_lead(email="jane@example.com", owner_id=cast.ben.id)
    message = perform(operations.receive, received_at=clock.now(), **REPLY)
    fact = listeners.MessageReceived(lead_id=lead.id, message_id=message.id, channel="email", origin="inbound")
    perform(listeners.tell_of_reply, fact)
    perform(listeners.tell_of_reply, fact)
    assert told(cast.ben) == ["Jane Doe replied by email"]

    with writing() as session:
        session.execute(update(Conversation).values(assignee_id=cast.max.id))
    perform(listeners.tell_of_reply, fact)
    assert told(cast.max) == ["Jane Doe replied by email"]


def test_threads_end_with_the_last_owner_whatever_comes_late(acme, cast):
    lead = make_lead(email="jane@example.com", owner_id=cast.ben.id)
    plan(lead)
    facts = [
        LeadAssigned(lead_id=lead.id, old_owner_id=cast.ben.id, owner_id=cast.mia.id),
        LeadAssigned(lead_id=lead.id, old_owner_id=cast.mia.id, owner_id=cast.max.id),
    ]
    perform(leads.assign_lead, lead, cast.max.id)
    for fact in reversed(facts):
        perform(listeners.hand_over_threads, fact)
    db.session.rollback()
    assert db.session.scalar(select(Conversation.assignee_id)) == cast.max.id


def test_nobody_is_told_of_a_machines_mail(acme, cast):
    lead = make_lead(email="jane@example.com", owner_id=cast.ben.id)
    message = perform(operations.receive, received_at=clock.now(), automatic=True, **REPLY)
    perform(
        listeners.tell_of_reply,
        listeners.MessageReceived(
            lead_id=lead.id, message_id=message.id, channel="email", origin="inbound", automatic=True
        ),
    )
    assert told(cast.ben) == []


def test_a_snoozed_thread_wakes_when_its_time_has_come(jane, monkeypatch):
    plan(jane)
    thread = db.session.scalars(select(Conversation)).one()
    perform(operations.snooze_conversation, thread, clock.now() + timedelta(hours=1))
    assert wake_snoozed() == 0
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert wake_snoozed() == 1
    db.session.rollback()
    assert db.session.scalars(select(Conversation).execution_options(populate_existing=True)).one().status == "open"


def test_bytes_of_webhooks_are_forgotten_after_thirty_days(acme):
    for age, state in ((31, "read"), (29, "read"), (31, "due"), (31, "given up")):
        with writing() as session:
            raw = RawInbound(
                channel="email",
                external_id=f"{age} {state}",
                body=b"x",
                received_at=clock.now() - timedelta(days=age),
            )
            session.add(raw)
            session.flush()
            if state != "due":
                raw.due_at = None
            if state == "read":
                raw.done_at = clock.now()
    assert purge_raw_inbound() == 1
    kept = set(db.session.scalars(select(RawInbound.external_id)))
    assert kept == {"29 read", "31 due", "31 given up"}, "what nobody has read is kept"


def test_readyz_tells_of_late_and_unknown_messages(app, jane):
    late, unknown = plan(jane, "late"), plan(jane, "unknown", channel="sms", subject="")
    FakeTransport([OutcomeUnknown("cut"), OutcomeUnknown("cut")]).drain()
    assert {again(late).status} == {"unknown"}
    waiting = plan(jane, "waiting")
    make_due(waiting)
    report = app.test_client().get("/readyz").json
    assert report["unknown_messages"] == len([m for m in (late, unknown) if again(m).status == "unknown"])
    assert report["oldest_due_seconds"] >= 1
    assert report["unread_webhooks"] == 0


def test_a_lease_in_the_air_is_not_swept(jane):
    message = plan(jane)

    def look(outgoing):
        assert delivery.sweep() == 0
        assert again(message).status == "sending"

    FakeTransport([look]).drain()
    assert again(message).status == "sent"
    assert db.session.scalars(select(Message.lease_until)).all() == [None]


@pytest.mark.parametrize(("seconds", "told"), [(-2, 0), (0, 0.1), (0.04, 0.1), (3.21, 3.2)])
def test_readyz_says_nought_only_when_nothing_is_due(app, jane, monkeypatch, seconds, told):
    waiting = plan(jane, "waiting")
    due_at = again(waiting).due_at
    monkeypatch.setattr(clock, "now", lambda: due_at + timedelta(seconds=seconds))
    assert app.test_client().get("/readyz").json["oldest_due_seconds"] == told
