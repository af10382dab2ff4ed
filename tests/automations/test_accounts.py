"""Rules about accounts and opportunities: what starts them, what they look at, what they do."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.automations import operations, queries
from leadcrm.automations.actions import in_words
from leadcrm.automations.examples import EXAMPLES, started_from
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Message
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.models import EventRow
from leadcrm.flows import operations as flows
from leadcrm.flows.seed import EXAMPLES as FLOWS
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.notifications.models import Notification
from leadcrm.tasks.models import Task
from tests.automations.conftest import NOTE, drain, runs_of
from tests.automations.test_trying import everything, tried

MAKE = {"kind": "create_account", "to": "owner"}
BEGIN = {"kind": "create_opportunity", "name": "", "opportunity": "new_business"}
HEALTH = {"kind": "account_health", "points": "+5"}


@pytest.fixture
def account(acme) -> Account:
    return perform(accounts.create_account, AccountData(name="Karoo Estates"))


def again(row):
    db.session.rollback()
    db.session.expire_all()
    return get_or_404(type(row), row.id)


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def qualify(lead: Lead) -> None:
    perform(leads.change_status, lead, "qualified")
    drain()


def test_the_shipped_rule_for_a_new_prospect_makes_account_and_deal_once(new_lead, cast):
    perform(operations.create_automation, started_from(EXAMPLES["new-prospect"]))
    lead = new_lead(company="Khumalo Homes", owner_id=cast.ben.id)
    qualify(lead)
    account = get_or_404(Account, again(lead).account_id)
    deal = db.session.scalars(select(Opportunity)).one()
    assert (account.name, account.owner_id, lead.status) == ("Khumalo Homes", cast.ben.id, "qualified")
    assert (deal.account_id, deal.owner_id, deal.kind) == (account.id, cast.ben.id, "new_business")
    assert deal.name == "Website: Khumalo Homes"
    assert db.session.scalars(select(Contact.lead_id)).all() == [lead.id]
    perform(leads.change_status, lead, "contacted")
    qualify(lead)
    assert (count(Account), count(Opportunity)) == (1, 1)


def test_a_new_prospect_is_written_to_although_they_were_greeted_and_begins_the_onboarding(new_lead, cast):
    perform(operations.ensure_default_automation)  # greets who comes in
    [nurture] = [flow for flow in FLOWS if flow.key == "nurture"]
    flow = perform(flows.create_flow_from, nurture.document(), nurture.trigger)
    perform(flows.set_flow_enabled, flow, True)
    made = perform(operations.create_automation, started_from(EXAMPLES["new-prospect"]))
    lead = new_lead(company="Khumalo Homes", owner_id=cast.ben.id)
    qualify(lead)
    [run] = runs_of(made)
    assert (run.state, run.reason) == ("done", "")
    assert [line["text"] for line in run.details][::len(run.details) - 1] == [
        "“Follow-up” was scheduled", "Entered the flow “Nurture”",
    ]  # fmt: skip


def test_the_shipped_rule_for_a_customer_tells_whoever_looks_after_the_account(new_lead, account, cast):
    perform(operations.create_automation, started_from(EXAMPLES["existing-customer"]))
    perform(operations.create_automation, started_from(EXAMPLES["new-prospect"]))
    perform(accounts.edit_account, account, AccountData(owner_id=cast.ben.id))
    lead = new_lead(owner_id=cast.mia.id)  # whom Ben, a rep, does not see
    perform(leads.link_account, lead, account.id, by=None)
    qualify(lead)
    assert (again(account).health, count(Account)) == (60, 1)
    assert db.session.scalars(select(Opportunity)).one().kind == "upsell"
    told = select(Notification).where(Notification.user_id == cast.ben.id)
    assert db.session.scalars(told).one().href == f"/accounts/{account.id}"


def test_the_shipped_rule_for_a_new_deal_writes_plans_and_counts(new_lead, account, cast):
    perform(conversations.ensure_default_templates)
    perform(operations.create_automation, started_from(EXAMPLES["opportunity-created"]))
    lead = new_lead()
    perform(leads.give_account, lead, None)
    perform(accounts.create_opportunity, get_or_404(Account, lead.account_id), OpportunityData(name="Flats"))
    drain()
    assert db.session.scalars(select(Task.title)).one() == "Follow up on the proposal"
    assert db.session.scalars(select(Message.subject)).all() == ["Our proposal, {first_name|as promised}"]
    assert get_or_404(Account, again(lead).account_id).health == 55


def test_a_fact_of_an_account_without_leads_concerns_its_main_contact(rule, account, cast):
    made = rule(trigger="opportunity.created", actions=[NOTE])
    data = ContactData(first_name="Thandi", last_name="Nkosi", email="thandi@karoo.example")
    thandi = perform(accounts.add_contact, account, data)
    perform(accounts.create_opportunity, account, OpportunityData(name="Flats"))
    drain()
    [run] = runs_of(made)
    lead = get_or_404(Lead, run.lead_id)
    assert (lead.name, lead.account_id, lead.source, again(thandi).lead_id) == (
        "Thandi Nkosi",
        account.id,
        "account",
        lead.id,
    )
    assert count(Message) == 0  # nobody greets a customer as a new lead
    perform(accounts.create_opportunity, account, OpportunityData(name="More"))
    drain()
    assert (len(runs_of(made)), count(Lead)) == (2, 1)


def test_whoever_is_a_lead_already_is_found_by_the_contacts_address(rule, account, new_lead):
    lead = new_lead(email="thandi@karoo.example")
    made = rule(trigger="opportunity.created", actions=[NOTE])
    perform(accounts.add_contact, account, ContactData(first_name="T.", email="Thandi@Karoo.example"))
    perform(accounts.create_opportunity, account, OpportunityData(name="Flats"))
    drain()
    assert [run.lead_id for run in runs_of(made)] == [lead.id]
    assert again(lead).account_id == account.id


@pytest.mark.parametrize(
    ("conditions", "fires"),
    [
        ([{"field": "stage", "op": "is", "value": "proposal"}], [False, True]),
        ([{"field": "amount", "op": "at_least", "value": 100}], [True, True]),
        ([{"field": "amount", "op": "at_most", "value": 99}], [False, False]),
        ([{"field": "account_health", "op": "at_most", "value": 50}], [True, True]),
        ([{"field": "account", "op": "is_not_set"}], [False, False]),
    ],
)
def test_conditions_look_at_the_deal_and_its_account(rule, new_lead, conditions, fires):
    lead = new_lead()
    account = perform(leads.give_account, lead, None)
    rules = [
        rule(trigger=trigger, conditions=conditions, actions=[NOTE])
        for trigger in ("opportunity.created", "opportunity.stage_changed")
    ]
    deal = perform(accounts.create_opportunity, account, OpportunityData(name="Flats", amount=Decimal(100)))
    perform(accounts.move_to_stage, deal, "proposal")
    perform(accounts.move_to_stage, deal, "prospecting")
    drain()
    ran = [runs_of(one)[0].state == "done" for one in rules]
    assert ran == fires


def test_no_account_has_no_health_that_could_be_low(rule, new_lead):
    made = rule(conditions=[{"field": "account_health", "op": "at_most", "value": 40}])
    new_lead()
    assert [run.state for run in runs_of(made)] == ["skipped"]


def test_what_cannot_be_done_is_skipped_with_the_reason(rule, new_lead, account, cast):
    made = rule(
        actions=[
            BEGIN,
            HEALTH,
            {"kind": "set_field", "field": "account_owner", "value": cast.ben.id},
            MAKE,
            MAKE,
            HEALTH,
        ]
    )
    new_lead(company="karoo ESTATES")
    [run] = runs_of(made)
    assert [(line["state"], line["text"]) for line in run.details] == [
        ("skipped", "They belong to no account"),
        ("skipped", "They belong to no account"),
        ("skipped", "They belong to no account"),
        ("done", "They were added to the account “Karoo Estates”"),
        ("skipped", "They belong to the account “Karoo Estates” already"),
        ("done", "Changed the health of “Karoo Estates” by +5"),
    ]
    assert (again(account).health, count(Account)) == (55, 1)


def test_the_accounts_owner_is_set_and_gets_the_task(rule, new_lead, account, cast):
    actions = [
        MAKE,
        {"kind": "set_field", "field": "account_owner", "value": cast.ben.id},
        {"kind": "create_task", "title": "Welcome them", "to": "account_owner", "due_seconds": 0},
    ]
    rule(actions=actions)
    new_lead(company="Khumalo Homes")
    assert db.session.scalars(select(Task.assignee_id)).one() == cast.ben.id


def test_a_test_says_what_would_be_done_with_the_account_that_would_be_made(new_lead):
    new_lead(company="Khumalo Homes")
    before = everything()
    [trial] = tried(actions=[MAKE, BEGIN, HEALTH])
    assert everything() == before
    assert [outcome.text for outcome in trial.outcomes] == [
        "Make the account “Khumalo Homes”",
        "Begin the opportunity “Website: Khumalo Homes”",
        "Change the health of the new account by +5",
    ]


def test_a_test_finds_facts_that_only_the_account_knows(new_lead, account):
    perform(accounts.add_contact, account, ContactData(first_name="Thandi", email="t@karoo.example"))
    perform(accounts.create_opportunity, account, OpportunityData(name="Before"))
    assert tried(trigger="opportunity.created") == []
    perform(leads.lead_of_account, account.id)
    [trial] = tried(trigger="opportunity.created")
    assert (trial.subject.name, trial.fires) == ("Thandi", True)


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "create_account", "to": "account_owner"},
        {"kind": "create_opportunity", "name": "x" * 201},
        {"kind": "create_opportunity", "opportunity": "gift"},
        {"kind": "account_health", "points": "0"},
        {"kind": "account_health", "points": "many"},
        {"kind": "set_field", "field": "account_owner", "value": "stranger"},
    ],
)
def test_an_action_that_makes_no_sense_is_refused(acme, rule, action):
    with pytest.raises(DomainError):
        rule(actions=[action])


def test_actions_read_as_a_sentence(acme):
    words = in_words([MAKE, {**BEGIN, "name": "Flats"}, HEALTH], queries.names())
    assert words == (
        "make an account for them, looked after by the lead's owner and begin the opportunity “Flats”, new business"
        " and change the account's health by +5"
    )


def test_a_deal_made_by_a_rule_says_which_rule(rule, new_lead):
    made = rule(actions=[MAKE, BEGIN])
    new_lead(company="Khumalo Homes")
    told = select(EventRow.actor).where(EventRow.name == "opportunity.created")
    assert db.session.scalars(told).one() == f"automation:{made.id}"
