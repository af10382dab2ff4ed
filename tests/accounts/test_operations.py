"""The verbs of accounts: what they change, what they refuse, what they record, what can be taken back."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from leadcrm.accounts import operations, queries
from leadcrm.accounts.data import AccountData, AccountFilters, ContactData, OpportunityData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.accounts.stage_sums import stage_sums
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict, DomainError, NotFound
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from tests.accounts.conftest import again, facts, last_fact
from tests.tasks.conftest import acting


def test_an_account_is_kept_as_it_was_said(acme, cast):
    data = AccountData(name="  Zoë   & Sons ", website="zoe.example", notes=" Old customer ", owner_id=cast.ben.id)
    account = again(perform(operations.create_account, data))
    assert (account.name, account.folded_name) == ("Zoë & Sons", "zoe & sons")
    assert (account.website, account.notes, account.health) == ("https://zoe.example", "Old customer", 50)
    assert last_fact("account.created").told["owner_id"] == cast.ben.id


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "nowhere"}, "website"),
        ({"website": "https://user@acme.example"}, "website"),
        ({"industry": "x" * 81}, "industry"),
        ({"notes": "x" * 5001}, "notes"),
        ({"owner_id": "nobody"}, "owner_id"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(acme, said, field):
    with pytest.raises(DomainError) as refusal:
        perform(operations.create_account, AccountData(**{"name": "Karoo", **said}))
    assert refusal.value.field == field
    assert db.session.scalar(select(func.count(Account.id))) == 0


def test_a_form_that_is_sent_twice_makes_one(account):
    made = [perform(operations.create_account, AccountData(name="Twin"), form_key="k" * 36).id for _ in range(2)]
    people = [
        perform(operations.add_contact, account, ContactData(first_name="Sam"), form_key="p" * 36).id for _ in range(2)
    ]
    deals = [
        perform(operations.create_opportunity, account, OpportunityData(name="One"), intent_key="d").id
        for _ in range(2)
    ]
    assert [len(set(ids)) for ids in (made, people, deals)] == [1, 1, 1]
    with pytest.raises(IntegrityError), writing() as session:
        session.execute(update(Account).where(Account.id == account.id).values(form_key="k" * 36))


def test_a_stale_edit_is_refused_unless_it_says_what_is_there(account):
    perform(operations.edit_account, account, AccountData(industry="Farming"))
    with pytest.raises(Conflict):
        perform(operations.edit_account, account, AccountData(industry="Mining"), revision=1)
    assert perform(operations.edit_account, account, AccountData(industry="Farming"), revision=1) == []
    assert last_fact("account.edited").told["fields"] == ["industry"]


def test_health_stays_within_its_bounds_and_says_what_it_was(account):
    assert perform(operations.add_to_health, account, 5)
    assert last_fact("account.health_changed").told["new"] == 55
    assert perform(operations.add_to_health, account, 100)
    assert again(account).health == 100
    assert perform(operations.add_to_health, account, 1) is None
    with pytest.raises(DomainError):
        perform(operations.set_health, account, 101)
    with pytest.raises(IntegrityError), writing() as session:
        session.execute(update(Account).values(health=101))


def test_the_first_contact_is_the_main_one_and_there_is_only_one(account, thandi):
    assert again(thandi).is_primary
    sam = perform(operations.add_contact, account, ContactData(first_name="Sam", phone="+27 82 123 4567"))
    assert (sam.is_primary, sam.phone) == (False, "+27821234567")
    perform(operations.make_primary, sam)
    assert [contact.name for contact in queries.contacts_of(account.id)] == ["Sam", "Thandi Nkosi"]
    assert not again(thandi).is_primary
    with pytest.raises(IntegrityError), writing() as session:
        session.execute(update(Contact).values(is_primary=True))


def test_who_left_is_no_main_contact_and_comes_back(account, thandi):
    perform(operations.note_leaving, thandi)
    assert (again(thandi).is_primary, again(thandi).left_at is None) == (False, False)
    with pytest.raises(DomainError, match="not there any more"):
        perform(operations.make_primary, thandi)
    with pytest.raises(IntegrityError), writing() as session:
        session.execute(update(Contact).values(is_primary=True))
    assert perform(operations.note_return, thandi)
    assert perform(operations.note_return, thandi) is None


def test_a_contact_has_something_to_be_called_by(account):
    with pytest.raises(DomainError) as refusal:
        perform(operations.add_contact, account, ContactData(position="Buyer"))
    assert refusal.value.field == "first_name"
    with pytest.raises(DomainError) as refusal:
        perform(operations.add_contact, account, ContactData(first_name="Sam", email="sam"))
    assert refusal.value.field == "email"
    assert perform(operations.add_contact, account, ContactData(email="Sam@Karoo.example")).name == "sam@karoo.example"


def test_a_deal_goes_through_its_stages_and_says_why_it_was_lost(account, deal):
    assert (deal.stage, deal.closed_at) == ("prospecting", None)
    assert perform(operations.move_to_stage, deal, "proposal")
    with pytest.raises(DomainError) as refusal:
        perform(operations.move_to_stage, deal, "closed_lost", "  ")
    assert refusal.value.field == "reason"
    perform(operations.move_to_stage, deal, "closed_lost", "Too  dear")
    assert (again(deal).lost_reason, again(deal).closed_at is None) == ("Too dear", False)
    assert perform(operations.move_to_stage, deal, "closed_lost", "again") is None
    perform(operations.move_to_stage, deal, "negotiation")
    assert (again(deal).lost_reason, again(deal).closed_at) == ("", None)
    told = last_fact("opportunity.stage_changed").told
    assert (told["old"], told["new"]) == ("closed_lost", "negotiation")
    assert "Too dear" not in str(told), "free words, perhaps about somebody, stay in rows that can forget them"
    with pytest.raises(DomainError):
        perform(operations.move_to_stage, deal, "won")


@pytest.mark.parametrize(
    "broken", [{"stage": "closed_won"}, {"lost_reason": "why"}, {"amount": Decimal(-1)}, {"kind": "gift"}, {"name": ""}]
)
def test_the_database_keeps_the_rules_of_deals(deal, broken):
    with pytest.raises(IntegrityError), writing() as session:
        session.execute(update(Opportunity).values(**broken))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "name"),
        ({"kind": "gift"}, "kind"),
        ({"amount": Decimal("-0.01")}, "amount"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"amount": Decimal("0.001")}, "amount"),
        ({"amount": Decimal(10) ** 12}, "amount"),
        ({"contact_id": "stranger"}, "contact_id"),
    ],
)
def test_a_deal_that_makes_no_sense_is_refused_beside_its_field(account, said, field):
    with pytest.raises(DomainError) as refusal:
        perform(operations.create_opportunity, account, OpportunityData(**{"name": "Flats", **said}))
    assert refusal.value.field == field


def test_amounts_are_exact_to_the_hundredth_and_add_up(account, cast):
    for amount in ("0.10", "0.20", "999999999999.99"):
        data = OpportunityData(name=amount, amount=Decimal(amount), close_date=date(2027, 1, 31))
        assert again(perform(operations.create_opportunity, account, data)).amount == Decimal(amount)
    total = Decimal("1000000000000.29")
    assert stage_sums(cast.ada)["prospecting"] == (3, total)
    standing = queries.standings([account.id])[account.id]
    assert (standing.open_deals, standing.open_amount, standing.won_amount) == (3, total, 0)
    assert standing.weighted_amount == Decimal("100000000000.03")
    deal = db.session.scalars(select(Opportunity).where(Opportunity.name == "0.10")).one()
    perform(operations.edit_opportunity, deal, OpportunityData(no_amount=True, no_date=True))
    assert (again(deal).amount, again(deal).close_date) == (None, None)


def test_a_fact_about_an_account_concerns_the_lead_behind_it(account, thandi, deal):
    lead = perform(leads.create_lead, LeadData(first_name="Thandi", email="t@x.example"), by=None)
    perform(operations.know_as_lead, thandi, lead.id)
    perform(operations.move_to_stage, deal, "proposal")
    fact = last_fact("opportunity.stage_changed")
    assert (fact.lead_id, fact.account_id) == (lead.id, account.id)
    sam = perform(operations.add_contact, account, ContactData(first_name="Sam"))
    perform(operations.edit_opportunity, deal, OpportunityData(contact_id=sam.id))
    assert last_fact("opportunity.edited").lead_id == lead.id
    assert [row.name for row in queries.facts_of(account.id)][:2] == ["opportunity.edited", "contact.added"]


def test_what_was_just_done_is_taken_back(account, thandi, deal, cast):
    sam = perform(operations.add_contact, account, ContactData(first_name="Sam"))
    done = [
        acting(cast.ada, operations.archive_account, account),
        acting(cast.ada, operations.set_health, account, 80),
        *acting(cast.ada, operations.edit_account, account, AccountData(owner_id=cast.ben.id)),
        acting(cast.ada, operations.make_primary, sam),
        acting(cast.ada, operations.note_leaving, sam),
        acting(cast.ada, operations.move_to_stage, deal, "closed_lost", "Dear"),
        *acting(cast.ada, operations.edit_opportunity, deal, OpportunityData(owner_id=cast.ben.id)),
    ]
    assert acting(cast.max, operations.undo, done, cast.max) == 0
    assert acting(cast.ada, operations.undo, done, cast.ada) == len(done)
    assert (again(account).archived_at, again(account).health, again(account).owner_id) == (None, 50, None)
    assert (again(thandi).is_primary, again(sam).left_at) == (True, None)
    assert (again(deal).stage, again(deal).owner_id) == ("prospecting", None)


def test_a_rep_takes_back_nothing_of_an_account_that_was_given_to_a_colleague(account, cast):
    fact = acting(cast.ben, operations.set_health, account, 80)
    acting(cast.ada, operations.edit_account, again(account), AccountData(owner_id=cast.max.id))
    assert acting(cast.ben, operations.undo, [fact], cast.ben) == 0
    assert again(account).health == 80


def test_what_a_colleague_changed_since_stays(account, cast):
    fact = acting(cast.ada, operations.set_health, account, 80)
    acting(cast.max, operations.set_health, account, 30)
    assert acting(cast.ada, operations.undo, [fact], cast.ada) == 0
    assert again(account).health == 30


def test_a_rep_sees_their_own_accounts_and_nobodys(account, thandi, deal, cast):
    assert queries.visible_account(cast.ben, account.id)
    perform(operations.edit_account, account, AccountData(owner_id=cast.max.id))
    for look, row in (
        (queries.visible_account, account),
        (queries.visible_contact, thandi),
        (queries.visible_opportunity, deal),
    ):
        assert look(cast.mia, row.id)
        for stranger in (cast.ben, cast.pat):
            with pytest.raises(NotFound):
                look(stranger, row.id)
    assert queries.account_page(cast.ben, AccountFilters()).items == []
    assert stage_sums(cast.ben)["prospecting"][0] == 0


def test_accounts_are_found_by_any_part_of_their_name_and_in_each_order(account, cast):
    for name, health in (("Éclair", 90), ("Ace 100%", 10)):
        perform(operations.set_health, perform(operations.create_account, AccountData(name=name)), health)

    def names(sort="name", **filters) -> list[str]:
        return [row.name for row in queries.account_page(cast.ada, AccountFilters(**filters), sort).items]

    assert names() == ["Ace 100%", "Éclair", "Karoo Estates"]
    assert names("newest") == ["Ace 100%", "Éclair", "Karoo Estates"]
    assert names("health") == ["Ace 100%", "Karoo Estates", "Éclair"]
    assert (names(q="ECLA"), names(q="100%"), names(q="_")) == (["Éclair"], ["Ace 100%"], [])
    assert names(health_below=50) == ["Ace 100%"]
    perform(operations.archive_account, account)
    assert (names(q="karoo"), names(archived=True)) == ([], ["Karoo Estates"])
    assert [row.name for row in queries.same_name("éCLAIR ")] == ["Éclair"]


def test_an_archived_account_gets_no_deal(account):
    perform(operations.archive_account, account)
    with pytest.raises(DomainError, match="archive"):
        perform(operations.create_opportunity, account, OpportunityData(name="Late"))
    assert facts("opportunity") == []
    assert db.session.scalar(text("SELECT count(*) FROM opportunities")) == 0
