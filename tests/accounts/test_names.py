"""Names as people have them: long, in any script, inside other words."""

import pytest

from leadcrm.accounts import operations, queries
from leadcrm.accounts.data import AccountData, AccountFilters, ContactData, OpportunityData
from leadcrm.core.db import perform
from leadcrm.leads import operations as leads
from leadcrm.leads.data import ConversionData, LeadData
from tests.accounts.conftest import again


@pytest.mark.parametrize("letter", ["\ufdfa", "\u337f", "\U0001f3e1", "\u0390"])
def test_a_name_is_kept_and_found_however_long_its_folded_one_is(acme, cast, letter):
    """The first is one letter on the screen and eighteen when it is folded."""
    account = perform(operations.create_account, AccountData(name=letter * 160))
    assert again(account).name == letter * 160
    assert [row.id for row in queries.same_name(letter * 160)] == [account.id]
    assert queries.account_page(cast.ada, AccountFilters(q=letter * 5)).items == [account]


def test_a_name_of_accents_alone_is_known_again(acme):
    account = perform(operations.create_account, AccountData(name="\u0301\u0302"))
    assert [row.id for row in queries.same_name("\u0301\u0302")] == [account.id]


def test_a_person_with_a_very_long_name_can_be_a_customer(acme):
    data = LeadData(first_name="A" * 120, last_name="B" * 120)
    lead = perform(leads.create_lead, data, by=None)
    perform(leads.change_status, lead, "qualified")
    conversion = perform(leads.convert_lead, lead, ConversionData(), by=None)
    assert again(conversion.account).name == f"{'A' * 120} {'B' * 39}"


def test_forgetting_a_person_leaves_other_words_alone(account):
    deals = [
        perform(operations.create_opportunity, account, OpportunityData(name=name))
        for name in ("Jones garden", "Flat for Jo", "(Jo) and Banjo")
    ]
    perform(operations.forget_person, [], account.id, "Jo", [])
    names = [again(deal).name for deal in deals]
    assert names == ["Jones garden", "Flat for Erased on request", "(Erased on request) and Banjo"]


def test_a_person_is_forgotten_wherever_they_are_a_contact(account):
    lead = perform(leads.create_lead, LeadData(first_name="Jo"), by=None)
    theirs = perform(operations.create_account, AccountData(name="Jo"))
    contact = perform(operations.add_contact, theirs, ContactData(first_name="Jo"), lead_id=lead.id)
    perform(operations.forget_person, [contact.id], None, "Jo", [])
    assert again(theirs).name == "Erased on request"


def test_a_company_keeps_its_name_when_somebody_without_one_is_forgotten(account):
    lead = perform(leads.create_lead, LeadData(company=account.name), by=None)
    contact = perform(operations.add_contact, account, ContactData(first_name=lead.name), lead_id=lead.id)
    perform(operations.forget_person, [contact.id], account.id, "", [])
    assert again(account).name == "Karoo Estates"


def test_a_rule_makes_an_account_for_a_person_with_a_very_long_name(acme):
    lead = perform(leads.create_lead, LeadData(first_name="A" * 120, last_name="B" * 120), by=None)
    assert len(perform(leads.give_account, lead, None).name) == 160
