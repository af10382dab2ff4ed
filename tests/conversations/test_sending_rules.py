"""Settings → Sending: windows per channel and the gap, what they mean, and what they do to messages that wait."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from leadcrm.conversations import operations
from leadcrm.conversations.models import SendingWindow
from leadcrm.conversations.sending_policy import DEFAULT_WINDOWS, EVERY_DAY, Window, bits_of, days_in
from leadcrm.conversations.sending_queries import sending_rules
from leadcrm.conversations.sending_words import days_words
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import EventRow
from tests.conversations.conftest import FakeTransport, again, plan

WEEKDAYS = frozenset(range(5))
TYPED = {
    "email-days": ["0", "1", "2", "3", "4"],
    "sms-quiet_from": "20:00",
    "sms-quiet_until": "09:30",
    "sms-days": ["0", "1", "2", "3", "4", "5", "6"],
    "whatsapp-days": ["5", "6"],
    "sms-per_day": "1000",
    "whatsapp-per_day": "200",
    "gap": "240",
}


def test_who_says_nothing_has_quiet_nights_for_texts_and_no_gap(acme):
    rules = sending_rules()
    assert rules.windows == DEFAULT_WINDOWS
    assert rules.windows["sms"] == rules.windows["whatsapp"] == Window(time(21), time(8))
    assert rules.windows["email"] == Window()
    assert rules.gap == timedelta(0)


def test_managers_set_the_windows_and_the_gap(acme, cast, sign_in):
    answer = sign_in(cast.max).post("/settings/sending", data=TYPED)
    assert answer.status_code == 303
    rules = sending_rules()
    assert rules.windows == {
        "email": Window(days=WEEKDAYS),
        "sms": Window(time(20), time(9, 30)),
        "whatsapp": Window(days=frozenset({5, 6})),
    }
    assert rules.gap == timedelta(hours=4)
    row = db.session.scalars(select(EventRow).where(EventRow.name == "sending.changed")).one()
    assert row.actor == f"user:{cast.max.id}"
    assert row.data["changes"] == [
        "Email: at any hour, Monday to Friday",
        "Text: quiet from 20:00 to 09:30, every day",
        "WhatsApp: at any hour, Saturday and Sunday",
        "Gap: 4 hours",
        "WhatsApp: 200 a day at most",
    ]


def test_saving_what_is_so_already_records_nothing(acme, cast, sign_in):
    client = sign_in(cast.ada)
    for _ in range(2):
        client.post("/settings/sending", data=TYPED)
    assert len(db.session.scalars(select(EventRow.id).where(EventRow.name == "sending.changed")).all()) == 1


def test_one_organizations_rules_are_its_own(acme, cast, sign_in):
    sign_in(cast.ada).post("/settings/sending", data=TYPED)
    db.session.rollback()
    with tenancy.organization(cast.rival.id):
        assert sending_rules().windows == DEFAULT_WINDOWS


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"sms-quiet_until": ""}, "Type both times, or leave both empty."),
        ({"sms-quiet_from": ""}, "Type both times, or leave both empty."),
        ({"sms-quiet_from": "25:00"}, "Not a valid time value."),
        ({"sms-quiet_until": "20:00"}, "Leave both empty for no quiet hours."),
        ({"whatsapp-days": []}, "Choose at least one day"),
        ({"email-days": ["7"]}, "not a valid choice"),
        ({"gap": "7"}, "Not a valid choice"),
        ({"sms-per_day": ""}, "Type how many may leave in a day."),
        ({"sms-per_day": "0"}, "Type a whole number from 1 to 1,000,000."),
        ({"whatsapp-per_day": "many"}, "Not a valid integer value."),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(acme, cast, sign_in, change, complaint):
    answer = sign_in(cast.ada).post("/settings/sending", data=TYPED | change, hx=True)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert 'value="09:30"' in answer.text or "sms-quiet_until" in change
    assert sending_rules().windows == DEFAULT_WINDOWS


def test_others_do_not_see_the_rules(acme, cast, sign_in):
    for person in (cast.ben, cast.mia, cast.pat):
        client = sign_in(person)
        assert client.get("/settings/sending").status_code == 403
        assert client.post("/settings/sending", data=TYPED).status_code == 403


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-24 17:00", ["Email leaves at any time.", "Text leaves now, until Tue, 24 Nov, 9:00 PM."]),
        ("2026-11-25 04:00", ["Text waits. Next opening: Wed, 25 Nov, 8:00 AM."]),
    ],
)
def test_the_next_opening_is_told_in_words(acme, cast, sign_in, monkeypatch, at, words):
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(at).replace(tzinfo=UTC))
    page = " ".join(sign_in(cast.ada).get("/settings/sending").text.replace("<b>", "").replace("</b>", "").split())
    for sentence in words:
        assert sentence in page


def test_what_is_typed_is_told_before_it_is_saved(acme, cast, sign_in, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 17, tzinfo=UTC))  # a Tuesday
    client = sign_in(cast.ada)
    text = client.post("/settings/sending/preview", data=TYPED, hx=True).text
    assert "waits. Next opening: Sat, 28 Nov, 12:00 AM." in " ".join(text.split())
    assert client.post("/settings/sending/preview", data=TYPED | {"gap": "x"}, hx=True).text.strip() == ""
    assert sending_rules().windows == DEFAULT_WINDOWS


def test_messages_that_wait_are_asked_anew(jane, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 25, 4, tzinfo=UTC))  # 23:00 in New York
    message, transport = plan(jane, channel="sms", subject=""), FakeTransport()
    transport.drain()
    assert again(message).status == "held"
    perform(operations.change_sending_rules, {"sms": Window()}, timedelta(0), {})
    transport.drain()
    assert again(message).status == "sent"


@pytest.mark.parametrize("days", [0, 128])
def test_the_database_refuses_a_window_without_a_day(acme, days):
    with pytest.raises(IntegrityError), writing() as session:
        session.add(
            SendingWindow(organization_id=acme.id, channel="sms", quiet_from=time(21), quiet_until=time(8), days=days)
        )


def test_days_are_kept_as_bits():
    assert bits_of(frozenset({0})) == 1
    assert bits_of(frozenset({6})) == 64
    assert bits_of(EVERY_DAY) == 127
    assert all(bits_of(days_in(bits)) == bits for bits in range(128))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (range(7), "every day"),
        (range(5), "Monday to Friday"),
        ((5, 6), "Saturday and Sunday"),
        ((2,), "Wednesday"),
        ((0, 2, 4), "Monday, Wednesday and Friday"),
    ],
)
def test_days_in_words(days, words):
    assert days_words(days) == words
