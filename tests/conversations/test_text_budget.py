"""Texts a day: no more leave than are allowed, however many workers send; the others wait for tomorrow and say so."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from leadcrm.adapters.ports import TryLater
from leadcrm.conversations import operations
from leadcrm.conversations.models import Message, TextBudget
from leadcrm.conversations.sending_policy import SPENT
from leadcrm.conversations.sending_queries import sending_rules
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.notifications.models import Notification
from tests.conversations.conftest import FakeTransport, again, drain_side_by_side, make_due, make_lead, plan

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # 12:00 in New York, where the office is
EVENING = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)  # 19:30 there, and tomorrow already in UTC
MIDNIGHT = datetime(2026, 11, 25, 5, tzinfo=UTC)
MORNING = datetime(2026, 11, 25, 13, 1, tzinfo=UTC)  # quiet hours are over at 8:00
TEXT = {"channel": "sms", "subject": ""}


@pytest.fixture(autouse=True)
def noon(monkeypatch) -> None:
    at(monkeypatch, NOON)


def at(monkeypatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def allow(number: int, channel: str = "sms") -> None:
    rules = sending_rules()
    perform(operations.change_sending_rules, rules.windows, rules.gap, {channel: number})


def texts(count: int, **arguments) -> list[Message]:
    """One to each of so many leads."""
    leads = [make_lead(phone=f"+121255501{n:02}") for n in range(count)]
    return [plan(lead, f"to {lead.id}", **TEXT, **arguments) for lead in leads]


def states(messages: list[Message]) -> Counter:
    return Counter(again(message).status for message in messages)


def used() -> int:
    db.session.rollback()
    return db.session.scalars(select(TextBudget.used).where(TextBudget.channel == "sms")).one()


def test_what_is_too_much_waits_for_tomorrow_and_says_so(acme, cast, monkeypatch):
    allow(3)
    messages, transport = texts(5), FakeTransport()
    transport.drain()
    assert states(messages) == Counter(sent=3, held=2)
    waiting = [again(message) for message in messages if again(message).status == "held"]
    assert {(message.reason, message.due_at) for message in waiting} == {(SPENT, MIDNIGHT)}
    told = db.session.scalars(select(Notification).where(Notification.key.startswith("spent:"))).all()
    assert {note.user_id for note in told} == {cast.ada.id, cast.max.id}
    at(monkeypatch, MORNING)
    transport.drain()
    assert states(messages) == Counter(sent=5)
    assert used() == 2


def test_all_that_is_due_waits_at_once_when_a_day_is_spent(acme):
    allow(1)
    first, transport = texts(1), FakeTransport()
    transport.drain()
    later = [plan(make_lead(phone=f"+121255502{n:02}"), f"late {n}", **TEXT) for n in range(30)]
    transport.drain()
    assert states(first) == Counter(sent=1)
    assert states(later) == Counter(held=30)
    assert len(transport.sent) == 1


def test_mail_costs_nothing_and_each_channel_has_its_own(acme, jane):
    allow(1)
    spent, transport = texts(2), FakeTransport()
    others = [plan(jane, "mail"), plan(jane, "whatsapp", channel="whatsapp", subject="")]
    transport.drain()
    assert states(spent) == Counter(sent=1, held=1)
    assert states(others) == Counter(sent=2)


def test_raising_it_lets_those_that_wait_go_today(acme):
    allow(1)
    messages, transport = texts(4), FakeTransport()
    transport.drain()
    allow(3)
    transport.drain()
    assert states(messages) == Counter(sent=3, held=1)


def test_what_leaves_in_the_evening_of_its_first_day_is_not_tomorrows(acme, monkeypatch):
    at(monkeypatch, EVENING)
    allow(1)
    first, transport = texts(1), FakeTransport()
    transport.drain()
    at(monkeypatch, MORNING)
    second = plan(make_lead(phone="+12125550299"), "second", **TEXT)
    transport.drain()
    assert states([*first, second]) == Counter(sent=2)


def test_lowering_it_below_what_left_stops_the_rest(acme):
    messages, transport = texts(3), FakeTransport()
    transport.drain()
    allow(2)
    more = plan(make_lead(phone="+12125550299"), "more", **TEXT)
    transport.drain()
    assert states(messages) == Counter(sent=3)
    assert again(more).status == "held"


def test_a_second_try_is_paid_for_though_the_day_is_spent(acme):
    allow(1)
    (tried,), transport = texts(1), FakeTransport(answers=[TryLater("busy")])
    transport.drain()
    assert (again(tried).status, used()) == ("scheduled", 1)
    fresh = plan(make_lead(phone="+12125550299"), "fresh", **TEXT)
    make_due(tried)
    transport.drain()
    assert again(tried).status == "sent"
    assert (again(fresh).status, again(fresh).reason) == ("held", SPENT)
    assert used() == 1


def test_what_may_not_leave_is_not_counted(acme):
    allow(1)
    gone, stays = texts(2)
    perform(operations.suppress, "sms", "+12125550100", "by_hand")
    transport = FakeTransport()
    transport.drain()
    assert again(gone).status == "skipped"
    assert again(stays).status == "sent"


def test_workers_side_by_side_keep_to_it(app, acme):
    allow(7)
    messages = texts(40)
    assert sum(len(transport.sent) for transport in drain_side_by_side(app)) == 7
    assert states(messages) == Counter(sent=7, held=33)
    assert used() == 7


def test_one_organizations_budget_is_its_own(acme, cast):
    allow(1)
    with tenancy.organization(cast.rival.id):
        theirs = texts(2)
    transport = FakeTransport()
    transport.drain()
    with tenancy.organization(cast.rival.id):
        assert states(theirs) == Counter(sent=2)


def test_a_clock_that_goes_back_gives_no_second_day(acme, monkeypatch):
    allow(1)
    first, transport = texts(1), FakeTransport()
    at(monkeypatch, NOON + timedelta(days=1))
    transport.drain()
    assert states(first) == Counter(sent=1)
    at(monkeypatch, NOON)
    more = plan(make_lead(phone="+12125550299"), "more", **TEXT)
    transport.drain()
    assert again(more).status == "held"


@pytest.mark.parametrize("values", [{"per_day": 0}, {"used": -1}, {"channel": "email"}])
def test_the_database_refuses_what_cannot_be(acme, values):
    allow(1)
    with pytest.raises(IntegrityError), writing() as session:
        session.execute(update(TextBudget).values(**values))
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(TextBudget)) == 1
