"""One row per intent, whoever asks and however often; threads from the first message on."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from leadcrm.adapters.ports import OutcomeUnknown
from leadcrm.conversations import merge, operations
from leadcrm.conversations.models import Conversation, Message
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict, DomainError, NotFound
from leadcrm.core.models import EventRow
from leadcrm.leads.models import Lead
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport, again, make_lead, plan


def rows() -> int:
    return db.session.scalar(select(func.count(Message.id)))


def test_a_message_that_is_due_opens_its_thread_at_once(jane):
    message = plan(jane, content="Hello Jane")
    thread = db.session.scalars(select(Conversation)).one()
    assert again(message).conversation_id == thread.id
    assert (thread.lead_id, thread.channel, thread.snippet) == (jane.id, "email", "Hello Jane")


def test_a_message_for_later_opens_no_thread_before_it_is_sent(jane, transport, monkeypatch):
    message = plan(jane, scheduled_for=clock.now() + timedelta(days=1))
    assert db.session.scalars(select(Conversation)).all() == []
    tomorrow = clock.now() + timedelta(days=1, hours=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    transport.drain()
    assert again(message).conversation_id == db.session.scalars(select(Conversation)).one().id


def test_the_same_intent_is_planned_once(jane):
    assert plan(jane, "welcome") is not None
    assert plan(jane, "welcome") is None
    assert rows() == 1
    assert [row.name for row in db.session.scalars(select(EventRow))].count("message.scheduled") == 1


def test_twins_side_by_side_plan_it_once(app, jane):
    organization_id = jane.organization_id

    def one(_):
        with app.app_context(), tenancy.organization(organization_id):
            return plan(jane, "welcome") is not None

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(one, range(12))) == 1


def test_another_organization_may_have_the_same_intent(jane, cast):
    plan(jane, "welcome")
    with tenancy.organization(cast.rival.id):
        assert plan(make_lead(email="jane@example.com"), "welcome") is not None


def test_nobody_writes_to_another_organizations_lead(jane, cast):
    with tenancy.organization(cast.rival.id), pytest.raises(NotFound):
        plan(jane)


@pytest.mark.parametrize(("channel", "field"), [("email", "email"), ("sms", "phone"), ("whatsapp", "phone")])
def test_a_lead_without_an_address_is_refused_by_name(acme, channel, field):
    lead = make_lead()
    with pytest.raises(DomainError, match="Jane Doe has no") as refusal:
        plan(lead, channel=channel)
    assert refusal.value.field == field
    assert rows() == 0


def test_who_does_not_want_messages_is_not_written_to(jane):
    perform(operations.suppress, "all", "jane@example.com", "by_hand")
    with pytest.raises(DomainError, match="does not want"):
        plan(jane)


def test_an_archived_lead_is_not_written_to(jane):
    with writing() as session:
        session.execute(update(Lead).values(archived_at=clock.now()))
    with pytest.raises(DomainError, match="archived"):
        plan(jane)


def bulk(leads: list[Lead], **columns) -> list[dict]:
    return [
        {
            "lead_id": lead.id,
            "channel": "email",
            "content": "Hi {first_name|there}",
            "subject": "Hello",
            "origin": "automation",
            "intent_key": f"step:{lead.id}",
            **columns,
        }
        for lead in leads
    ]


def test_planning_in_bulk_twice_adds_nothing(acme):
    leads = [make_lead(email=f"lead{n}@example.com") for n in range(30)]
    assert perform(operations.plan_messages, bulk(leads[:20])) == 20
    assert perform(operations.plan_messages, bulk(leads)) == 10
    assert rows() == 30
    assert db.session.scalar(select(func.count(Conversation.id))) == 30


def test_planning_in_bulk_costs_the_same_few_statements(acme):
    lead = make_lead(email="jane@example.com")
    later = clock.now() + timedelta(days=1)
    many = [{**bulk([lead], scheduled_for=later)[0], "intent_key": f"key {n}"} for n in range(900)]
    with count_queries() as queries:
        assert perform(operations.plan_messages, many) == 900
    assert len(queries) <= 40


def test_a_plan_in_the_past_is_due_now(jane):
    long_ago = clock.now() - timedelta(days=3)
    message = plan(jane, origin="automation", scheduled_for=long_ago)
    assert message.scheduled_for > long_ago
    assert message.useful_until == message.scheduled_for + timedelta(hours=72)


def test_missing_fields_are_named_once_in_reading_order(acme):
    lead = make_lead(first_name="", last_name="", name="jane@example.com", email="jane@example.com")
    text = "{company} {first_name|there} {interest} {company} {unsubscribe_url}"
    assert operations.missing_fields(lead, "For {first_name}", text) == ["first_name", "company", "interest"]


def test_every_field_of_the_menu_can_be_filled(acme):
    said = {"company": "Acme", "interest": "A flat", "city": "Cape Town", "country": "ZA"}
    lead = make_lead(email="jane@example.com", phone="+12125550147", **said)
    template = " ".join(f"{{{name}}}" for name in merge.FIELDS if not name.startswith("owner_"))
    assert operations.missing_fields(lead, "", template) == []


def test_where_a_lead_lives_is_said_in_words_and_missed_when_unknown(jane, transport):
    assert operations.missing_fields(jane, "", "{city|where you live} {city}, {country}") == ["city", "country"]
    plan(make_lead(email="amy@example.com", city="Cape Town", country="ZA"), content="How is {city}, {country}?")
    transport.drain()
    assert "How is Cape Town, South Africa?" in transport.sent[0].text


def test_a_flow_that_is_left_says_nothing_more(jane, transport):
    """The enrolment is only a name here: its own feature is a floor above."""
    waiting = plan(jane, "later", scheduled_for=clock.now() + timedelta(days=1))
    plan(jane, "now")
    transport.drain()
    assert perform(operations.skip_waiting_of_lead, jane.id, "replied") == 1
    assert (again(waiting).status, again(waiting).reason) == ("skipped", "replied")


def test_retrying_is_for_what_was_not_sent(jane, transport):
    message = plan(jane)
    transport.drain()
    with pytest.raises(Conflict):
        perform(operations.retry_message, again(message))


def test_an_unknown_message_is_settled_by_a_person(jane):
    first, second = plan(jane, "one"), plan(jane, "two")
    transport = FakeTransport([OutcomeUnknown("cut"), OutcomeUnknown("cut")])
    transport.drain()
    perform(operations.resolve_unknown, again(first), "arrived")
    perform(operations.resolve_unknown, again(second), "resend")
    transport.drain()
    assert [again(message).status for message in (first, second)] == ["sent", "sent"]
    assert [mail.message_id for mail in transport.sent] == [again(second).external_id]
    with pytest.raises(Conflict):
        perform(operations.resolve_unknown, again(first), "resend")


def test_default_templates_are_given_once(acme):
    perform(operations.ensure_default_templates)
    perform(operations.ensure_default_templates)
    assert operations.template_for("follow_up").subject
    assert operations.template_for("welcome").content
    lead = make_lead(first_name="", last_name="", name="x@example.com", email="x@example.com")
    for purpose in ("follow_up", "welcome"):
        template = operations.template_for(purpose)
        assert operations.missing_fields(lead, template.subject, template.content) == [], "shipped words need no data"
