"""Campaigns to people at accounts: whom they reach, who becomes known as a lead, and nobody twice."""

import re

import pytest
from sqlalchemy import func, select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts import queries as account_queries
from leadcrm.accounts.data import AccountData, ContactData, ContactFilters
from leadcrm.accounts.models import Account, Contact
from leadcrm.conversations.models import Message
from leadcrm.core.db import db, perform
from leadcrm.core.models import EventRow
from leadcrm.flows import operations
from leadcrm.flows.entering_queries import prospect_of
from leadcrm.flows.models import Campaign, Enrolment
from leadcrm.flows.operations import campaign_running
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from tests.conversations.conftest import make_lead
from tests.flows.campaigns import begun, created, form, fresh, work

ALL = {"segment": ContactFilters(), "segment_words": "All contacts of all accounts"}


@pytest.fixture
def account(acme) -> Account:
    return perform(accounts.create_account, AccountData(name="Karoo Estates", industry="Retail"))


def add(account: Account, name: str, **said) -> Contact:
    return perform(accounts.add_contact, account, ContactData(first_name=name, **said))


def names_inside() -> list[str]:
    db.session.rollback()
    inside = select(Lead.name).join(Enrolment, Enrolment.lead_id == Lead.id)
    return sorted(db.session.scalars(inside))


def test_every_contact_who_can_be_reached_enters_once(drip, account, monkeypatch):
    monkeypatch.setattr(campaign_running, "CONTACTS", 2)
    known = make_lead(email="thandi@karoo.example", first_name="Thandi")
    other = perform(accounts.create_account, AccountData(name="Other"))
    add(account, "T.", email="thandi@karoo.example")
    add(other, "Thandi again", email="thandi@karoo.example")
    add(account, "Sam", email="sam@karoo.example", phone="+27821234567")
    add(account, "Nobody can reach me")
    gone = add(account, "Gone", email="gone@karoo.example")
    perform(accounts.note_leaving, gone)
    campaign = begun(drip, **ALL)
    work()
    assert names_inside() == ["Sam", known.name]
    assert (fresh(campaign).matching, fresh(campaign).entered, fresh(campaign).state) == (4, 2, "running")
    assert fresh(campaign).left_out[campaign_running.NOT_REACHABLE] == 1
    assert db.session.scalar(select(func.count(Lead.id))) == 2
    sam = db.session.scalars(select(Lead).where(Lead.first_name == "Sam")).one()
    assert (sam.source, sam.company, sam.account_id) == ("account", "Karoo Estates", account.id)
    assert {point.value for point in sam.contact_points} == {"sam@karoo.example", "+27821234567"}


def test_before_the_start_it_is_counted_who_would_enter(drip, account):
    inside, kept_away = make_lead(email="in@karoo.example"), make_lead(email="away@karoo.example")
    perform(operations.enrol, inside, drip)
    perform(leads.archive_lead, kept_away)
    other = perform(accounts.create_account, AccountData(name="Other"))
    for where in (account, other):
        known = add(where, "Known", email="known@karoo.example")
        perform(leads.lead_of_contact, known)
    add(account, "Inside", email="in@karoo.example")
    add(account, "Sam", phone="+27821234567")
    add(account, "Nobody can reach me")
    perform(accounts.know_as_lead, add(account, "Away", email="gone@karoo.example"), kept_away.id)
    prospect = prospect_of(ContactFilters(), drip.id)
    campaign = begun(drip, **ALL)
    work()
    assert (prospect.entering, prospect.left_out) == (fresh(campaign).entered, fresh(campaign).left_out)
    assert (prospect.entering, set(prospect.left_out.values())) == (2, {1})


def test_nobody_is_greeted_as_a_new_lead(drip, account, acme):
    add(account, "Sam", email="sam@karoo.example")
    begun(drip, **ALL)
    work()
    owed = select(EventRow.name).where(EventRow.name == "lead.created")
    assert db.session.scalars(owed).all() == ["lead.created"]
    assert {message.campaign_id is not None for message in db.session.scalars(select(Message))} == {True}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["Ben", "Amy", "Sam"]),
        ({"account": "KAROO"}, ["Amy", "Sam"]),
        ({"industry": "tail"}, ["Amy", "Sam"]),
        ({"industry": "100%"}, []),
        ({"health_below": 50}, ["Ben"]),
        ({"health_at_least": 50}, ["Amy", "Sam"]),
        ({"only_primary": True}, ["Ben", "Sam"]),
        ({"account_owner": "none"}, ["Amy", "Sam"]),
    ],
)
def test_contacts_are_chosen_by_their_account(account, cast, filters, found):
    add(account, "Sam")
    add(account, "Amy")
    other = perform(accounts.create_account, AccountData(name="Other", owner_id=cast.ben.id))
    perform(accounts.set_health, other, 20)
    add(other, "Ben")
    archived = perform(accounts.create_account, AccountData(name="Karoo Archive"))
    add(archived, "Zoe")
    perform(accounts.archive_account, archived)
    page = account_queries.segment(ContactFilters(**filters))
    assert [contact.name for contact in page.items] == found
    assert account_queries.segment_size(ContactFilters(**filters)) == len(found)


def test_who_is_chosen_survives_the_database(cast):
    filters = ContactFilters(account="K", industry="R", account_owner=cast.ben.id, health_at_least=1, only_primary=True)
    assert ContactFilters.from_json(filters.to_json()) == filters


def test_a_draft_to_contacts_is_written_looked_at_and_edited(mia, drip, account, cast):
    add(account, "Sam", email="sam@karoo.example")
    said = {"audience": "contacts", "contact-industry": "retail", "contact-health_to": "60"}
    campaign = created(mia, form(drip, **said))
    assert "This goes to 1 contact now." in mia.get(f"/campaigns/{campaign.id}").text
    assert campaign.segment_words == "All contacts of accounts: industry contains “retail”; health at most 60"
    page = mia.get(f"/campaigns/{campaign.id}").text
    assert "1 contact" in page
    assert f'href="/accounts/{account.id}">Sam' in page
    page = mia.get(f"/campaigns/{campaign.id}/edit").text
    assert 'value="retail"' in page
    assert 'value="60"' in page
    assert re.search(r'checked[^>]*value="contacts"', mia.get("/campaigns/new?audience=contacts").text)
    counted = mia.get("/campaigns/segment?audience=contacts&contact-health_from=60", hx=True)
    assert "0 contacts" in counted.text


def test_a_rep_is_told_no_name_of_an_account_that_is_not_theirs(mia, sign_in, cast, drip):
    whose = {"Maxes": cast.max.id, "Bens": cast.ben.id, "Nobodys": None}
    for name, owner_id in whose.items():
        add(perform(accounts.create_account, AccountData(name=name, owner_id=owner_id)), f"Sam of {name}")
    campaign = created(mia, form(drip, audience="contacts", **{"contact-account": "Maxes"}))
    page = sign_in(cast.ben).get(f"/campaigns/{campaign.id}").text
    assert "1 contact</b>. None of them is yours or nobody’s." in page
    mia.post(f"/campaigns/{campaign.id}", data=form(drip, audience="contacts"))
    page = sign_in(cast.ben).get(f"/campaigns/{campaign.id}").text
    assert "3 contacts</b>, the newest you may see" in page
    assert re.findall("Sam of [A-Z][a-z]+", page) == ["Sam of Nobodys", "Sam of Bens"]
    assert len(set(re.findall("Sam of [A-Z][a-z]+", mia.get(f"/campaigns/{campaign.id}").text))) == 3


def test_what_makes_no_sense_of_contacts_is_refused_beside_its_field(mia, drip, cast):
    wrong = {"audience": "contacts", "contact-health_to": "101", "contact-account_owner": cast.rita.id}
    answer = mia.post("/campaigns", data=form(drip, **wrong))
    assert answer.status_code == 422
    assert "From 0 to 100." in answer.text
    assert "Choose someone of your team." in answer.text
    assert db.session.scalar(select(func.count(Campaign.id))) == 0


def test_a_lead_behind_a_contact_is_made_once(account):
    contact = add(account, "Sam", email="sam@karoo.example")
    first = perform(leads.lead_of_contact, contact)
    assert perform(leads.lead_of_contact, contact).id == first.id
    assert perform(operations.create_flow, "Other").id
    assert db.session.scalar(select(func.count(Lead.id))) == 1
