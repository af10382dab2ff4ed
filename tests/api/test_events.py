"""What happened, through the API: facts about accounts are for those who see the account, others for the lead's."""

import pytest

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.core.db import get_or_404, perform
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead


@pytest.fixture
def made(acme, cast):
    """`made(of_lead=cast.ben, of_account=cast.max)` → ids of a lead and of an account whose main contact they are."""

    def make(*, of_lead, of_account) -> tuple[str, str]:
        lead = perform(leads.create_lead, LeadData(first_name="Naledi", owner_id=of_lead.id), by=None)
        account = perform(accounts.create_account, AccountData(name="Mokoena", owner_id=of_account.id))
        perform(accounts.add_contact, account, ContactData(first_name="Naledi"), lead_id=lead.id)
        perform(accounts.create_opportunity, account, OpportunityData(name="Flats"))
        return lead.id, account.id

    return make


def told(client, **query) -> list[tuple[str, str | None, str | None]]:
    items = client.get("/events", **query).json["items"]
    return [(item["name"], item["lead_id"], item["account_id"]) for item in items]


def test_facts_tell_their_account_and_are_found_by_it(ada, made, cast):
    lead, account = made(of_lead=cast.ben, of_account=cast.max)
    other = perform(accounts.create_account, AccountData(name="Other")).id
    assert told(ada, account_id=account) == [
        ("opportunity.created", lead, account),
        ("contact.made_primary", lead, account),
        ("contact.added", lead, account),
        ("account.created", None, account),
    ]
    assert told(ada, account_id=other, name="account.created") == [("account.created", None, other)]
    assert ("lead.created", lead, None) in told(ada)


def test_a_rep_is_told_of_accounts_they_see_whoevers_the_lead_is(caller, made, cast):
    ben, rosa = caller(cast.ben), caller(cast.rosa)
    lead, account = made(of_lead=cast.ben, of_account=cast.rosa)
    assert told(ben, account_id=account) == []
    assert {name for name, *_ in told(ben)} == {"lead.created"}
    assert len(told(rosa, account_id=account)) == 4
    assert {name.split(".")[0] for name, *_ in told(rosa)} == {"account", "contact", "opportunity"}
    assert told(rosa, lead_id=lead, name="lead.created") == []


def test_what_happened_to_a_lead_stays_with_those_who_see_it(caller, made, cast):
    ben, rosa = caller(cast.ben), caller(cast.rosa)
    lead, account = made(of_lead=cast.ben, of_account=cast.rosa)
    perform(leads.link_account, get_or_404(Lead, lead), account, by=None)
    assert told(ben, account_id=account) == [("lead.linked", lead, account)]
    assert told(rosa, name="lead.linked") == []


def test_of_an_account_that_is_gone_only_managers_are_told(caller, acme, cast):
    account = perform(accounts.create_account, AccountData(name="Gone"))
    account_id = account.id
    assert len(told(caller(cast.ben), account_id=account_id)) == 1
    perform(accounts.remove_account, account)
    assert told(caller(cast.ben), account_id=account_id) == []
    assert len(told(caller(cast.max), account_id=account_id)) == 1


def test_strangers_are_told_nothing(rita, made, cast):
    _, account = made(of_lead=cast.ben, of_account=cast.max)
    assert told(rita, account_id=account) == []
