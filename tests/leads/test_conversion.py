"""A qualified lead becomes a customer once, in one transaction, and can be brought back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.core import tenancy
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.errors import Conflict, DomainError, NotFound
from leadcrm.core.models import EventRow
from leadcrm.leads import operations
from leadcrm.leads.data import ConversionData, LeadData
from leadcrm.leads.models import Conversion, Lead
from leadcrm.leads.operations import AlreadyConverted

DEAL = OpportunityData(name="Garden flat", amount=Decimal(500))


@pytest.fixture
def lead(acme, cast) -> Lead:
    data = LeadData(
        first_name="Naledi", last_name="Khumalo", email="naledi@mail.example", phone="+12125550123",
        company="Khumalo Homes", source="fair", owner_id=cast.ben.id,
    )  # fmt: skip
    lead = perform(operations.create_lead, data, by=None)
    perform(operations.change_status, lead, "qualified")
    return lead


def again(row):
    db.session.rollback()
    db.session.expire_all()
    return get_or_404(type(row), row.id)


def counts() -> list[int]:
    db.session.rollback()
    return [db.session.scalar(select(func.count()).select_from(model)) for model in (Account, Contact, Opportunity)]


def convert(lead: Lead, by, **said) -> Conversion:
    return perform(operations.convert_lead, lead, ConversionData(**said), by=by)


def test_a_new_customer_has_an_account_a_main_contact_and_a_deal(lead, cast):
    conversion = convert(lead, cast.ada, opportunity=DEAL)
    account, deal = get_or_404(Account, conversion.account_id), get_or_404(Opportunity, conversion.opportunity_id)
    contact = get_or_404(Contact, conversion.contact_id)
    assert (account.name, account.owner_id) == ("Khumalo Homes", cast.ben.id)
    assert (contact.name, contact.email, contact.phone) == ("Naledi Khumalo", "naledi@mail.example", "+12125550123")
    assert (contact.is_primary, contact.lead_id) == (True, lead.id)
    assert (deal.kind, deal.source, deal.owner_id, deal.amount) == ("new_business", "fair", cast.ben.id, Decimal(500))
    lead = again(lead)
    assert (lead.status, lead.account_id, conversion.made_account) == ("converted", account.id, True)
    told = select(EventRow.name, EventRow.account_id).where(EventRow.lead_id == lead.id).order_by(EventRow.id.desc())
    assert db.session.execute(told.limit(2)).all() == [("lead.converted", account.id), ("lead.status_changed", None)]


@pytest.mark.parametrize("status", ["new", "contacted", "unqualified"])
def test_only_a_qualified_lead_is_converted(lead, cast, status):
    perform(operations.change_status, lead, status, "Not now")
    with pytest.raises(DomainError) as refusal:
        convert(lead, cast.ada, opportunity=DEAL)
    assert (refusal.value.field, counts()) == ("status", [0, 0, 0])


def test_a_second_time_tells_what_the_first_one_made(lead, cast):
    first = convert(lead, cast.ada)
    with pytest.raises(AlreadyConverted) as refusal:
        convert(lead, cast.ada, account_name="Another")
    assert refusal.value.conversion.account_id == first.account_id
    assert counts() == [1, 1, 0]


def test_what_is_wrong_with_the_deal_leaves_nothing_behind(lead, cast):
    with pytest.raises(DomainError):
        convert(lead, cast.ada, opportunity=OpportunityData(name="", amount=Decimal(-1)))
    assert (counts(), again(lead).status) == ([0, 0, 0], "qualified")


def test_a_customers_lead_becomes_a_deal_of_theirs(lead, cast):
    account = perform(accounts.create_account, AccountData(name="Khumalo Group"))
    perform(operations.link_account, lead, account.id, by=cast.ada)
    conversion = convert(lead, cast.ada, opportunity=DEAL)
    assert (conversion.account_id, conversion.made_account, counts()) == (account.id, False, [1, 1, 1])
    assert get_or_404(Opportunity, conversion.opportunity_id).kind == "upsell"


def test_whoever_is_there_already_stays_one_contact(lead, cast):
    account = perform(accounts.create_account, AccountData(name="Khumalo Group"))
    known = perform(accounts.add_contact, account, ContactData(first_name="N.", email="naledi@mail.example"))
    conversion = convert(lead, cast.ada, account_id=account.id)
    assert (conversion.contact_id, conversion.made_contact, again(known).lead_id) == (known.id, False, lead.id)
    perform(operations.undo_conversion, lead)
    assert (again(known).lead_id, counts()) == (None, [1, 1, 0])


def test_whoever_was_known_as_the_lead_before_stays_so_when_it_is_taken_back(lead, cast):
    account = perform(operations.give_account, lead, None)
    contact = db.session.scalars(select(Contact)).one()
    assert not convert(lead, cast.ada).linked_contact
    perform(operations.undo_conversion, lead)
    assert (again(contact).lead_id, again(lead).account_id, counts()) == (lead.id, account.id, [1, 1, 0])


def test_a_namesake_who_left_is_somebody_else(lead, cast):
    account = perform(accounts.create_account, AccountData(name="Khumalo Group"))
    gone = perform(accounts.add_contact, account, ContactData(first_name="N.", email="naledi@mail.example"))
    perform(accounts.note_leaving, gone)
    conversion = convert(lead, cast.ada, account_id=account.id)
    assert (conversion.made_contact, again(gone).lead_id) == (True, None)


def test_a_lead_who_had_left_their_company_is_there_again_when_converted(lead, cast):
    perform(operations.give_account, lead, None)
    contact = db.session.scalars(select(Contact)).one()
    perform(accounts.note_leaving, contact)
    assert convert(lead, cast.ada).contact_id == contact.id
    assert again(contact).left_at is None


def test_a_rep_converts_into_no_account_they_do_not_see(lead, cast):
    account = perform(accounts.create_account, AccountData(name="Secret", owner_id=cast.max.id))
    with pytest.raises(NotFound):
        convert(lead, cast.ben, account_id=account.id)
    with pytest.raises(NotFound):
        perform(operations.link_account, lead, account.id, by=cast.ben)
    assert again(lead).status == "qualified"


def test_it_is_taken_back_whole(lead, cast):
    convert(lead, cast.ada, opportunity=DEAL)
    perform(operations.undo_conversion, lead)
    assert (again(lead).status, again(lead).account_id, counts()) == ("qualified", None, [0, 0, 0])
    assert convert(lead, cast.ada).made_account
    with pytest.raises(DomainError, match="only by conversion"):
        perform(operations.change_status, lead, "qualified")


@pytest.mark.parametrize("what", ["deal", "contact", "account", "second deal", "another lead"])
def test_it_is_not_taken_back_once_something_depends_on_it(lead, cast, what):
    conversion = convert(lead, cast.ada, opportunity=DEAL)
    account = get_or_404(Account, conversion.account_id)
    match what:
        case "deal":
            perform(accounts.move_to_stage, get_or_404(Opportunity, conversion.opportunity_id), "proposal")
        case "contact":
            perform(accounts.edit_contact, get_or_404(Contact, conversion.contact_id), ContactData(position="Owner"))
        case "account":
            perform(accounts.set_health, account, 70)
        case "second deal":
            perform(accounts.create_opportunity, account, OpportunityData(name="More"))
        case "another lead":
            other = perform(operations.create_lead, LeadData(first_name="Sam"), by=None)
            perform(operations.link_account, other, account.id, by=cast.ada)
    before = counts()
    with pytest.raises(Conflict):
        perform(operations.undo_conversion, lead)
    assert (again(lead).status, counts()) == ("converted", before)


def test_it_is_taken_back_also_when_the_account_from_before_is_gone(lead, cast):
    other = perform(operations.create_lead, LeadData(first_name="Sam"), by=None)
    perform(operations.change_status, other, "qualified")
    before = convert(other, cast.ada, account_name="Before").account_id
    perform(operations.link_account, lead, before, by=cast.ada)
    convert(lead, cast.ada, account_name="After")
    perform(operations.undo_conversion, other)
    perform(operations.undo_conversion, lead)
    assert (again(lead).status, again(lead).account_id, counts()) == ("qualified", None, [0, 0, 0])


def test_what_was_never_converted_is_not_brought_back(lead):
    with pytest.raises(DomainError, match="was not converted"):
        perform(operations.undo_conversion, lead)


def test_a_lead_is_linked_and_unlinked_but_a_converted_one_stays(lead, cast):
    account = perform(accounts.create_account, AccountData(name="Khumalo Group"))
    assert perform(operations.link_account, lead, account.id, by=cast.ada)
    assert perform(operations.link_account, lead, account.id, by=cast.ada) is None
    assert perform(operations.link_account, lead, None, by=cast.ada)
    convert(lead, cast.ada)
    with pytest.raises(DomainError, match="stays with"):
        perform(operations.link_account, lead, account.id, by=cast.ada)


def test_four_who_convert_at_once_make_one_customer(app, acme, lead):
    barrier, acme_id, lead_id = threading.Barrier(4, timeout=30), acme.id, lead.id

    def ask(_) -> str:
        with app.app_context(), tenancy.organization(acme_id):
            mine = get_or_404(Lead, lead_id)
            barrier.wait()
            try:
                return convert(mine, None, opportunity=DEAL).account_id
            except AlreadyConverted as known:
                return known.conversion.account_id
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert counts() == [1, 1, 1]
