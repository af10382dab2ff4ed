"""The facts of leads: what conditions look at, gathered for many at once."""

from datetime import UTC, datetime, timedelta

import pytest

from leadcrm.bookings import operations as bookings
from leadcrm.bookings.queries import free_slots
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.condition_fields import LEAD_FIELDS
from leadcrm.conversations.queries import facts_of
from leadcrm.core import clock
from leadcrm.core.db import perform, writing
from leadcrm.core.events import record
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.tracking.events import MessageClicked
from tests.conftest import count_queries
from tests.conversations.conftest import plan

SUNDAY_EVENING = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


@pytest.fixture
def naledi(acme, cast):
    data = LeadData(
        first_name="Naledi", email="naledi@example.test", phone="+27821234567", source="Fair", company="Acme",
        tags=["Buyer", "Hot"], owner_id=cast.ben.id,
        timezone="Africa/Johannesburg", city="Cape Town", country="South Africa",
    )  # fmt: skip
    return perform(leads.create_lead, data, by=None)


def test_all_facts_of_a_lead(naledi, cast):
    account = perform(leads.give_account, naledi, None)
    facts = facts_of([naledi.id], SUNDAY_EVENING)[naledi.id]
    assert facts | {"age": 0, "quiet": 0} == {
        "status": "new", "score": 0, "priority": "low", "source": "Fair", "owner": cast.ben.id, "interest": "",
        "company": "Acme", "city": "Cape Town", "country": "ZA", "tag": ["Buyer", "Hot"], "email": True, "phone": True,
        "age": 0, "quiet": 0, "time": "01:30", "weekday": "monday", "account": account.id, "account_health": 50,
    }  # fmt: skip
    assert facts.keys() - LEAD_FIELDS.keys() == set()


def test_days_are_counted_whole(naledi):
    later = clock.now() + timedelta(days=2, hours=23)
    facts = facts_of([naledi.id], later)[naledi.id]
    assert (facts["age"], facts["quiet"]) == (2, 2)


def test_a_reply_counts_and_an_out_of_office_does_not(naledi):
    def hear(mail_id: str, automatic: bool) -> bool:
        perform(conversations.receive, "email", "naledi@example.test", "Hi", mail_id, clock.now(), automatic=automatic)
        return bool(facts_of([naledi.id], clock.now())[naledi.id].get("replied"))

    assert hear("<1@x>", True) is False
    assert hear("<2@x>", False) is True


def test_a_meeting_counts_until_it_is_canceled(naledi, cast):
    def has_a_meeting() -> bool:
        return facts_of([naledi.id], clock.now())[naledi.id].get("meeting", False)

    assert not has_a_meeting()
    slot, *_ = free_slots(cast.rosa, clock.now(), clock.now() + timedelta(days=14))
    booking, _ = perform(bookings.book, naledi, cast.rosa, slot.start)
    assert has_a_meeting()
    perform(bookings.cancel, booking)
    assert not has_a_meeting()
    perform(bookings.book, naledi, cast.rosa, slot.start)
    assert has_a_meeting()


def test_a_click_counts_for_the_lead_who_made_it(naledi):
    other = perform(leads.create_lead, LeadData(email="other@example.test"), by=None)
    message = plan(naledi)
    with writing():
        record(MessageClicked(lead_id=naledi.id, message_id=message.id, url="https://acme.example/house"))
    facts = facts_of([naledi.id, other.id], clock.now())
    assert facts[naledi.id]["clicked"] is True
    assert "clicked" not in facts[other.id]
    assert "replied" not in facts[naledi.id]


def test_opt_outs_by_channel_and_not_bounces(naledi):
    perform(conversations.suppress, "email", "naledi@example.test", "bounced")
    assert "opted_out" not in facts_of([naledi.id], clock.now())[naledi.id]
    perform(conversations.opt_out, naledi.id, "sms", "+27821234567", "replied_stop")
    assert facts_of([naledi.id], clock.now())[naledi.id]["opted_out"] == ["sms"]
    perform(conversations.opt_out, naledi.id, "all", "naledi@example.test", "unsubscribed")
    assert facts_of([naledi.id], clock.now())[naledi.id]["opted_out"] == ["email", "sms", "whatsapp"]


def test_many_leads_cost_as_many_queries_as_one_and_only_what_is_asked_for(naledi):
    others = [perform(leads.create_lead, LeadData(email=f"l{n}@example.test"), by=None) for n in range(5)]
    ids = [naledi.id, *(lead.id for lead in others)]

    def measure(lead_ids, *fields):
        with count_queries() as seen:
            found = facts_of(lead_ids, clock.now(), *fields)
        assert found.keys() == set(lead_ids)
        return len(seen)

    assert measure(ids) == measure(ids[:1]) <= 8
    assert measure(ids, {"score", "time"}) == 1
    assert measure(ids, {"tag"}) == 2
    assert facts_of(["nobody"], clock.now()) == {}
