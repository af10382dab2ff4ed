"""The sending policy where it must hold: in the delivery, message by message, also with several workers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from itertools import count
from threading import Barrier

import pytest
from sqlalchemy import select, update

from leadcrm.adapters.ports import OutcomeUnknown, Refused, TryLater
from leadcrm.conversations import operations, sending_policy
from leadcrm.conversations.delivery import sending
from leadcrm.conversations.models import Message
from leadcrm.conversations.sending_policy import Window
from leadcrm.conversations.sending_queries import sending_rules
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.leads.models import Lead
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport, again, make_lead, plan

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # Tuesday, 12:00 in New York
FRIDAY = datetime(2026, 11, 27, 22, tzinfo=UTC)  # 17:00 there
MONDAY = datetime(2026, 11, 30, 5, tzinfo=UTC)  # 0:00 there
HOUR = timedelta(hours=1)
WEEKDAYS = Window(days=frozenset(range(5)))
TEXT = {"channel": "sms", "subject": ""}


def at(monkeypatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def rule(*, gap: timedelta = timedelta(0), **windows: Window) -> None:
    perform(operations.change_sending_rules, {**sending_rules().windows, **windows}, gap, {})


def state(message: Message) -> tuple[str, str]:
    message = again(message)
    return message.status, message.reason


# Sending days


def test_automatic_mail_waits_for_its_days_and_a_letter_by_hand_does_not(jane, transport, monkeypatch):
    at(monkeypatch, FRIDAY + 12 * HOUR)
    rule(email=WEEKDAYS)
    by_flow, by_hand = plan(jane, "flow", origin="flow"), plan(make_lead("Joe", email="joe@example.com"), "hand")
    transport.drain()
    assert state(by_hand) == ("sent", "")
    assert state(by_flow) == ("held", sending_policy.CLOSED_DAY)
    assert again(by_flow).due_at == MONDAY
    at(monkeypatch, MONDAY)
    transport.drain()
    assert state(by_flow) == ("sent", "")


def test_a_weekend_takes_nothing_from_the_time_a_message_is_useful(jane, transport, monkeypatch):
    """72 hours after Friday evening it is Monday evening: counted from the opening, it is Thursday."""
    at(monkeypatch, FRIDAY)
    rule(email=Window(days=frozenset({3})))  # Thursdays only
    message = plan(jane, origin="flow")
    assert again(message).useful_until == FRIDAY + 72 * HOUR
    thursday = datetime(2026, 12, 3, 5, tzinfo=UTC)
    at(monkeypatch, thursday + HOUR)
    FakeTransport([TryLater("450 greylisted", retry_after=60)]).drain()
    assert state(message) == ("scheduled", "450 greylisted")
    at(monkeypatch, thursday + 2 * HOUR)
    transport.drain()
    assert state(message) == ("sent", "")


def test_what_is_useless_stays_useless(jane, transport, monkeypatch):
    at(monkeypatch, FRIDAY)
    rule(email=WEEKDAYS)
    message = plan(jane, origin="flow")
    at(monkeypatch, FRIDAY + 73 * HOUR)
    transport.drain()
    assert state(message) == ("expired", "too late to be useful")


# Lateness


@pytest.mark.parametrize(("late", "status"), [(2 * HOUR, "sent"), (2 * HOUR + timedelta(seconds=1), "skipped")])
def test_a_step_may_rather_be_skipped_than_late(jane, transport, monkeypatch, late, status):
    at(monkeypatch, NOON)
    asked_to_skip = plan(jane, "skip", origin="flow", when_late="skip")
    asked_to_send = plan(jane, "send", origin="flow")
    at(monkeypatch, NOON + late)
    transport.drain()
    assert state(asked_to_skip) == (status, sending_policy.TOO_LATE if status == "skipped" else "")
    assert state(asked_to_send) == ("sent", "")


def test_a_night_of_waiting_is_not_lateness(jane, transport, monkeypatch):
    at(monkeypatch, NOON + 10 * HOUR)  # 22:00
    message = plan(jane, origin="flow", when_late="skip", **TEXT)
    transport.drain()
    assert state(message) == ("held", sending_policy.QUIET)
    at(monkeypatch, again(message).due_at)
    transport.drain()
    assert state(message) == ("sent", "")


def test_what_a_person_sends_now_is_not_late(jane, transport, monkeypatch):
    at(monkeypatch, NOON)
    message = plan(jane, origin="flow", when_late="skip")
    at(monkeypatch, NOON + 20 * HOUR)
    perform(operations.send_now, message)
    at(monkeypatch, NOON + 25 * HOUR)
    transport.drain()
    assert state(message) == ("sent", "")


# The gap


def test_the_second_of_two_automatic_messages_waits_across_channels(jane, transport, monkeypatch):
    at(monkeypatch, NOON)
    rule(gap=4 * HOUR)
    mail = plan(jane, "mail", origin="flow")
    text = plan(jane, "text", origin="automation", **TEXT)
    letter = plan(jane, "letter")
    transport.drain()
    assert (state(mail), state(letter)) == (("sent", ""), ("sent", ""))
    assert state(text) == ("held", sending_policy.TOO_SOON)
    assert again(text).due_at == NOON + 4 * HOUR
    at(monkeypatch, NOON + 4 * HOUR)
    transport.drain()
    assert state(text) == ("sent", "")


def test_two_of_one_batch_keep_their_distance(jane, transport, monkeypatch):
    at(monkeypatch, NOON)
    rule(gap=HOUR)
    messages = [plan(jane, key, origin="flow") for key in ("one", "two", "three")]
    for hour in range(3):
        at(monkeypatch, NOON + hour * HOUR)
        transport.drain()
        assert len(transport.sent) == hour + 1
    sent = sorted(again(message).sent_at for message in messages)
    assert sent == [NOON, NOON + HOUR, NOON + 2 * HOUR]


@pytest.mark.parametrize(
    ("answer", "first", "second"),
    [
        (Refused("550 no such mailbox", "550"), "failed", "sent"),
        (TryLater("450 busy", retry_after=600), "scheduled", "sent"),
        (OutcomeUnknown("the line went dead"), "unknown", "held"),  # it may have arrived
    ],
)
def test_only_what_left_or_may_have_left_keeps_others_waiting(jane, monkeypatch, answer, first, second):
    at(monkeypatch, NOON)
    rule(gap=HOUR)
    mails = [plan(jane, key, origin="flow") for key in ("one", "two")]
    FakeTransport([answer]).drain()
    assert sorted(again(mail).status for mail in mails) == sorted([first, second])


def test_what_a_person_sends_now_keeps_no_gap(jane, transport, monkeypatch):
    at(monkeypatch, NOON)
    rule(gap=HOUR)
    plan(jane, "one", origin="flow")
    transport.drain()
    second = plan(jane, "two", origin="flow")
    perform(operations.send_now, second)
    transport.drain()
    assert state(second) == ("sent", "")


def test_workers_side_by_side_keep_the_gap(app, acme, monkeypatch):
    """Each lead has a mail and a text that are due, and both channels begin together: one of the two leaves."""
    rule(gap=HOUR, sms=Window())
    leads = [make_lead(email=f"lead{n}@example.com", phone=f"+1212555{n:04}") for n in range(20)]
    for lead in leads:
        plan(lead, f"mail {lead.id}", origin="flow")
        plan(lead, f"text {lead.id}", origin="flow", **TEXT)
    both, prepare = Barrier(2, timeout=30), sending._Delivery._prepare

    def prepare_together(delivery):
        ready = prepare(delivery)
        both.wait()  # neither has seen the other send
        return ready

    monkeypatch.setattr(sending._Delivery, "_prepare", prepare_together)
    organization_id = acme.id

    def drain(channel: str) -> list:
        transport = FakeTransport()
        with app.app_context(), sending.Sessions(lambda _: transport) as sessions:
            sending._send_batch(organization_id, channel, sessions, lambda: False)
        return transport.sent

    with ThreadPoolExecutor(2) as threads:
        sent = [outgoing for mine in threads.map(drain, ("email", "sms")) for outgoing in mine]

    assert len(sent) == len(leads)
    db.session.rollback()
    rows = db.session.execute(select(Message.lead_id, Message.status)).all()
    assert sorted(rows) == sorted((lead.id, status) for lead in leads for status in ("sent", "held"))


# Leads whose zone is not certain


def guessed(phone: str) -> Lead:
    return make_lead(phone=phone, timezone="America/New_York", zone_source="organization")


def test_a_text_waits_until_every_zone_the_lead_may_be_in_is_awake(acme, transport, monkeypatch):
    at(monkeypatch, NOON)  # 12:00 in New York, 7:00 in Honolulu
    toll_free, local = guessed("+18005550199"), guessed("+12125550123")
    messages = [plan(lead, lead.id, **TEXT) for lead in (toll_free, local)]
    transport.drain()
    assert [state(message) for message in messages] == [("held", sending_policy.QUIET_SOMEWHERE), ("sent", "")]
    at(monkeypatch, again(messages[0]).due_at)
    transport.drain()
    assert state(messages[0]) == ("sent", "")


def test_a_text_waits_until_every_zone_of_the_leads_city_is_awake(acme, transport, monkeypatch):
    at(monkeypatch, NOON)  # 12:00 in Portland, Maine, 9:00 in Oregon
    rule(sms=Window(time(21), time(10)))
    there = {"timezone": "America/New_York", "zone_source": "address", "country": "US"}
    numbers = {"Portland": "+18005550198", "Boston": "+18005550199"}
    leads = [make_lead(phone=phone, city=city, **there) for city, phone in numbers.items()]
    messages = [plan(lead, lead.id, **TEXT) for lead in leads]
    transport.drain()
    assert [state(message) for message in messages] == [("held", sending_policy.QUIET_SOMEWHERE), ("sent", "")]
    at(monkeypatch, again(messages[0]).due_at)
    transport.drain()
    assert state(messages[0]) == ("sent", "")


@pytest.mark.parametrize(("origin", "status"), [("flow", "skipped"), ("manual", "failed")])
def test_without_an_hour_for_all_of_them_it_says_so(acme, transport, monkeypatch, origin, status):
    at(monkeypatch, NOON)
    rule(sms=Window(time(13), time(12)))
    message = plan(guessed("+18005550199"), origin=origin, **TEXT)
    transport.drain()
    assert state(message) == (status, sending_policy.NO_HOUR)


def test_mail_does_not_wait_for_zones(acme, transport, monkeypatch):
    at(monkeypatch, NOON)
    rule(email=Window(time(21), time(8)))
    lead = make_lead(email="a@example.com", phone="+18005550199", zone_source="organization")
    message = plan(lead, origin="flow")
    transport.drain()
    assert state(message) == ("sent", "")


# What it costs


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_batch_asks_no_more_for_more_messages(acme, monkeypatch, channel):
    at(monkeypatch, NOON)
    rule(gap=HOUR, email=WEEKDAYS)
    numbers = count()

    def selects_of(messages: int) -> int:
        for _ in range(messages):
            number = next(numbers)
            lead = make_lead(email=f"lead{number}@example.com", phone=f"+1212555{number:04}")
            plan(lead, lead.id, origin="flow", channel=channel, subject="Hi" if channel == "email" else "")
        with count_queries() as queries:
            sending._send_batch(acme.id, channel, sessions, lambda: True)  # prepared, and given back
        with writing() as session:
            session.execute(update(Message).values(due_at=None, status="canceled"))
        return sum(query.startswith(("SELECT", "WITH")) for query in queries)

    with sending.Sessions(lambda _: FakeTransport()) as sessions:
        assert selects_of(2) == selects_of(15)
