"""The demo offices: alive, true to the rules, repeatable, and quiet."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from leadcrm import create_app, demo
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.pipeline import STAGES
from leadcrm.accounts.wording import AT_RISK, HEALTHY
from leadcrm.bookings.models import Booking
from leadcrm.conversations.models import Attempt, Conversation, Message
from leadcrm.conversations.queries import unread_count
from leadcrm.conversations.search import MessageSearch
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.models import Debt, EventRow
from leadcrm.core.once import run_once
from leadcrm.demo import houses
from leadcrm.flows.models import Enrolment
from leadcrm.identity import passwords, queries
from leadcrm.identity.models import Organization, User
from leadcrm.leads.models import ContactPoint, Conversion, Lead, LeadSearch
from leadcrm.tasks.models import Task
from leadcrm.tasks.queries import task_page
from tests.conftest import create_schema, make_settings


@pytest.fixture(scope="module")
def seeded(databases, tmp_path_factory):
    """One demo for all these tests: those that look at it come first, those that add to it last."""
    url = databases.create(empty=True)
    app = create_app(make_settings(url, tmp_path_factory.mktemp("demo") / "var"))
    with app.app_context():
        create_schema()
        first = app.test_cli_runner().invoke(args=["seed-demo", "--json"])
        assert first.exit_code == 0, first.output
        app.first_output = first.output
        yield app
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def acme(seeded):
    with tenancy.everyone():
        organization = db.session.scalars(select(Organization).where(Organization.slug == "acme")).one()
    with tenancy.organization(organization.id):
        yield organization
    db.session.rollback()


def number(model, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where))


def test_every_account_signs_in_and_every_token_works(seeded):
    for organization in demo.accounts()["organizations"]:
        for account in organization["users"]:
            user = queries.user_by_email(account["email"])
            assert passwords.matches(user.password_hash, account["password"])
            assert queries.user_by_token(account["api_token"])[0].id == user.id
            assert account.get("realtor_id") == user.realtor_id
    assert demo.sign_in_of_owner()[0] == "ada@acme.test"


def test_the_clock_is_given_back(seeded):
    assert abs(clock.now() - clock.real_now()) < timedelta(seconds=1)


def test_leads_are_varied_and_found(acme):
    leads = db.session.scalars(select(Lead)).all()
    assert len(leads) == len(houses.ACME)
    assert {lead.status for lead in leads} == {"new", "contacted", "qualified", "converted", "unqualified"}
    assert len({lead.timezone for lead in leads}) >= 8
    assert {lead.owner.name if lead.owner else None for lead in leads} >= {None, "Ben Carter", "Rosa Delgado"}
    assert number(LeadSearch) == len(leads)
    assert number(ContactPoint) > len(leads)


def test_messages_have_every_fate(acme):
    statuses = set(db.session.scalars(select(Message.status).distinct()))
    assert statuses >= {"sent", "received", "scheduled", "skipped", "failed", "unknown"}
    assert set(db.session.scalars(select(Message.channel).distinct())) == {"email", "sms", "whatsapp"}
    sent = Message.status.in_(["sent", "failed", "unknown"])
    assert number(Message, sent) == number(Attempt)
    assert number(Message, sent | (Message.direction == "inbound")) == number(MessageSearch)
    assert not db.session.scalars(select(Message).where(Message.status == "sent", Message.content.contains("{"))).all()


def test_nothing_is_due_today_only_steps_of_days_to_come_wait(acme):
    waiting = db.session.scalars(select(Message).where(Message.due_at.is_not(None))).all()
    assert len(waiting) >= 5
    assert all(message.due_at > clock.now() for message in waiting)
    assert number(Debt) == 0


def test_whoever_replied_has_left_the_flow(acme):
    replied = select(Message.lead_id).where(Message.direction == "inbound")
    assert number(Enrolment, Enrolment.lead_id.in_(replied), Enrolment.state == "running") == 0
    assert number(Enrolment, Enrolment.state == "running") >= 5
    assert number(Enrolment, Enrolment.state == "finished") >= 5


def test_one_greeting_each(acme):
    greetings = select(Message.lead_id, func.count()).where(Message.intent_key.startswith("greeting:"))
    assert all(count == 1 for _, count in db.session.execute(greetings.group_by(Message.lead_id)))


def test_events_are_told_in_the_order_of_time(acme):
    moments = db.session.scalars(select(EventRow.at).order_by(EventRow.id)).all()
    assert list(moments) == sorted(moments)


def test_everybody_finds_something_new_in_the_inbox(acme):
    team = db.session.scalars(select(User).where(User.organization_id == acme.id)).all()
    unread = {user.email: unread_count(user) for user in team}
    assert min(unread.values()) >= 3, "the threads that are nobody's are new to everybody"
    assert max(unread.values()) <= 12
    assert len(set(unread.values())) >= 3
    nobodys = select(Conversation).where(Conversation.assignee_id.is_(None), Conversation.last_direction == "inbound")
    assert len(db.session.scalars(nobodys).all()) >= 3


def test_there_are_customers_in_every_state_and_leads_that_became_some(acme):
    assert {deal.stage for deal in db.session.scalars(select(Opportunity))} == set(STAGES)
    assert min(db.session.scalars(select(Account.health))) < AT_RISK
    assert max(db.session.scalars(select(Account.health))) >= HEALTHY
    assert number(Conversion, Conversion.made_account) == number(Conversion, ~Conversion.made_account) == 1
    assert number(Contact, Contact.is_primary) == number(Account) == 4


def snapshot() -> dict[str, int]:
    db.session.rollback()
    with tenancy.everyone():
        return {table.name: number(table) for table in db.metadata.sorted_tables}


def test_meetings_are_past_to_come_and_canceled(acme):
    rows = db.session.scalars(select(Booking).where(Booking.organization_id == acme.id)).all()
    assert {row.state for row in rows} == {"booked", "canceled"}
    assert {row.is_coming(clock.now()) for row in rows if row.state == "booked"} == {True, False}
    assert {row.place for row in rows} == {"Acme Realty, 48 Mercer Street, or by video"}


def test_ada_has_something_to_do_today(acme):
    ada = db.session.scalars(select(User).where(User.email == "ada@acme.test")).one()
    mine = task_page(ada, "mine").items
    assert [task.due_at < clock.now() for task in mine] == [True, False, False]
    assert {task.state for task in db.session.scalars(select(Task))} == {"open", "done"}


def test_a_second_run_changes_nothing_and_prints_the_same(seeded):
    before = snapshot()
    second = seeded.test_cli_runner().invoke(args=["seed-demo", "--json"])
    assert second.output == seeded.first_output
    assert json.loads(second.output)["organizations"][0]["users"][0]["email"] == "ada@acme.test"
    assert snapshot() == before
    assert before["leads"] == len(houses.ACME) + len(houses.RIVAL)


def test_a_worker_that_starts_on_a_fresh_demo_sends_nothing(seeded):
    before = snapshot()
    run_once()
    after = snapshot()
    assert (after["attempts"], after["messages"]) == (before["attempts"], before["messages"])


def test_a_crowd_is_added_once_spread_over_two_years_and_findable(seeded, acme):
    runner = seeded.test_cli_runner()
    before = snapshot()
    assert runner.invoke(args=["seed-demo", "--leads", "40"]).exit_code == 0
    grown = snapshot()
    assert runner.invoke(args=["seed-demo", "--leads", "40"]).exit_code == 0
    assert snapshot() == grown
    assert grown["leads"] - before["leads"] == grown["lead_search"] - before["lead_search"] == 40
    assert grown["messages"] - before["messages"] == grown["message_search"] - before["message_search"] >= 40
    crowd = select(ContactPoint.lead_id).where(ContactPoint.value.endswith("@crowd.example.com"))
    made = db.session.scalars(select(Lead.created_at).where(Lead.id.in_(crowd))).all()
    assert max(made) - min(made) > timedelta(days=690)
    assert number(Message, Message.lead_id.in_(crowd), Message.due_at.is_not(None)) == 0
