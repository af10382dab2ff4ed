"""Pages of accounts, their people and their deals: listed, typed in, changed, taken back."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from leadcrm.accounts import operations, queries
from leadcrm.accounts.data import AccountData, AccountFilters, ContactData, OpportunityData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.core.db import db, perform, writing
from leadcrm.core.values import new_id
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from tests.accounts.conftest import again
from tests.conftest import count_queries

CONTACT = {"first_name": "Sam", "last_name": "Botha", "email": "sam@karoo.example"}
DEAL = {"name": "Six flats", "kind": "new_business", "amount": "12,500.50", "close_date": "2031-03-31"}


@pytest.fixture
def ada(sign_in, cast, acme):
    return sign_in(cast.ada)


@pytest.fixture
def maxs(cast, acme) -> Account:
    """An account of Max's, which Ben does not see."""
    return perform(operations.create_account, AccountData(name="Secret Works", owner_id=cast.max.id))


def names(page) -> list[str]:
    """The accounts of a list, downwards."""
    return re.findall(r"data-open>(.*?)</a>", page.text)


def undo_values_of(answer) -> dict[str, str]:
    return json.loads(re.search(r"hx-vals='([^']*)'", answer.text).group(1))


def undo_of(answer) -> str:
    return re.search(r'hx-post="(/accounts/undo[^"]*)"', answer.text).group(1)


def one(model):
    db.session.rollback()
    return db.session.scalars(select(model).execution_options(populate_existing=True)).one()


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def field(page, name: str) -> str:
    return re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page.text).group(1)


# ---- The list --------------------------------------------------------------------------------------------------------


def test_the_list_is_searched_ordered_and_filtered(ada, cast, acme):
    for name, health, owner in (("Zoë & Sons", 80, cast.ben), ("Karoo Estates", 20, cast.ada), ("Acme Corp", 60, None)):
        account = perform(operations.create_account, AccountData(name=name, owner_id=owner.id if owner else ""))
        perform(operations.set_health, account, health)
    assert names(ada.get("/accounts")) == ["Acme Corp", "Karoo Estates", "Zoë &amp; Sons"]
    assert names(ada.get("/accounts?sort=newest")) == ["Acme Corp", "Karoo Estates", "Zoë &amp; Sons"]
    assert names(ada.get("/accounts?sort=health")) == ["Karoo Estates", "Acme Corp", "Zoë &amp; Sons"]
    assert names(ada.get("/accounts?q=zoe")) == ["Zoë &amp; Sons"]
    assert names(ada.get("/accounts?owner=me")) == ["Karoo Estates"]
    assert names(ada.get("/accounts?owner=none")) == ["Acme Corp"]
    assert names(ada.get(f"/accounts?owner={cast.ben.id}")) == ["Zoë &amp; Sons"]
    assert names(ada.get("/accounts?at_risk=1")) == ["Karoo Estates"]
    assert "No account matches" in ada.get("/accounts?q=nobody").text


def test_what_makes_no_sense_in_an_address_is_left_out(ada, account):
    assert names(ada.get(f"/accounts?owner=x&sort=nothing&q={'a' * 300}")) == ["Karoo Estates"]
    assert ada.get("/accounts?cursor=nonsense").status_code == 400


def test_a_row_says_what_the_account_is_worth(ada, account):
    for amount in (1000, 250):
        perform(operations.create_opportunity, account, OpportunityData(name="x", amount=Decimal(amount)))
    page = ada.get("/accounts")
    assert "$1,250" in page.text
    assert "Fair 50" in page.text
    assert ">2</td>" in page.text


def test_typing_a_search_brings_the_list_alone_and_a_short_address(ada, account):
    answer = ada.get("/accounts?q=karoo&owner=&sort=name", hx=True)
    assert answer.headers["HX-Replace-Url"] == "/accounts?q=karoo"
    assert names(answer) == ["Karoo Estates"]
    assert "<html" not in answer.text


def test_without_an_account_the_list_says_what_one_is(ada):
    page = ada.get("/accounts")
    assert "No accounts yet" in page.text
    assert 'href="/accounts/new"' in page.text


def test_the_archive_is_a_list_of_its_own(ada, account):
    perform(operations.archive_account, account)
    assert names(ada.get("/accounts")) == []
    assert names(ada.get("/accounts?archived=1")) == ["Karoo Estates"]


def test_the_pages_go_on_where_they_ended(ada, acme):
    perform(lambda: [operations.create_account(AccountData(name=f"Account {n:02}")) for n in range(60)])
    first = ada.get("/accounts")
    further = re.search(r'href="(/accounts\?[^"]*cursor=[^"]*)" aria-label="Next', first.text).group(1)
    assert names(first) + names(ada.get(further.replace("&amp;", "&"))) == [f"Account {n:02}" for n in range(60)]


def test_the_list_costs_the_same_with_many_accounts(ada, cast, account, deal):
    ada.get("/accounts")
    with count_queries() as few:
        ada.get("/accounts")
    for number in range(20):
        other = perform(operations.create_account, AccountData(name=f"A{number}", owner_id=cast.ben.id))
        perform(operations.create_opportunity, other, OpportunityData(name="x", amount=Decimal(5)))
    with count_queries() as many:
        assert len(names(ada.get("/accounts"))) == 21
    assert len(many) == len(few) <= 6


def test_the_export_has_the_accounts_of_the_list_and_runs_nothing(ada, cast, account):
    perform(operations.create_account, AccountData(name="=cmd()", owner_id=cast.ada.id))
    perform(operations.create_opportunity, account, OpportunityData(name="x", amount=Decimal("12.50")))
    lines = ada.get("/accounts/export.csv").text.splitlines()
    assert [line.split(",")[0] for line in lines] == ["\ufeffName", "'=cmd()", "Karoo Estates"]
    assert "Property,,,50,1,12.50,1.25,0," in lines[2]
    assert len(ada.get("/accounts/export.csv?owner=me").text.splitlines()) == 2


# ---- One account -----------------------------------------------------------------------------------------------------


def test_an_account_is_added_once_however_often_its_form_is_sent(ada, cast):
    assert 'name="form_key"' in ada.get("/accounts/new", hx=True).text
    form = {"name": "Karoo Estates", "website": "karoo.example", "owner_id": cast.ben.id, "form_key": new_id()}
    answers = [ada.post("/accounts", data=form) for _ in range(2)]
    account = one(Account)
    assert [answer.location for answer in answers] == [f"/accounts/{account.id}"] * 2
    assert (account.name, account.website, account.owner_id) == ("Karoo Estates", "https://karoo.example", cast.ben.id)


@pytest.mark.parametrize("hx", [False, True])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Give the account a name."),
        ({"website": "nowhere"}, "This is not a web address"),
        ({"owner_id": "x"}, "Not a valid choice"),
        ({"industry": "x" * 81}, "At most 80 characters."),
    ],
)
def test_what_makes_no_sense_is_said_beside_it_and_nothing_typed_is_lost(ada, account, wrong, words, hx):
    form = {"name": "Other", "notes": "Kept words", **wrong}
    for url in ("/accounts", f"/accounts/{account.id}"):
        answer = ada.post(url, data=form, hx=hx)
        assert answer.status_code == 422
        assert words in answer.text
        assert "Kept words" in answer.text
    assert count(Account) == 1


def test_a_known_name_is_shown_before_there_are_two(ada, account):
    typed = ada.get("/accounts/same-name?name=karoo  ESTATES")
    assert "Account “Karoo Estates” already exists" in typed.text
    assert "already exists" not in ada.get("/accounts/same-name?name=Karoo").text
    form = {"name": "karoo estates", "form_key": new_id()}
    refused = ada.post("/accounts", data=form, hx=True)
    assert refused.status_code == 422
    assert f'href="/accounts/{account.id}"' in refused.text
    assert ada.post("/accounts", data=form | {"anyway": "y"}, hx=True).status_code == 200
    assert count(Account) == 2


def test_a_name_that_only_a_colleague_sees_is_no_link(sign_in, cast, maxs):
    typed = sign_in(cast.ben).get("/accounts/same-name?name=Secret Works").text
    assert "it is Max’s" in typed
    assert maxs.id not in typed


def test_the_page_shows_all_that_belongs_to_the_account(ada, account, thandi, deal):
    perform(operations.edit_account, account, AccountData(website="www.karoo.example", notes="Pays late"))
    page = ada.get(f"/accounts/{account.id}")
    link = re.search(r'<a class="link" href="https://www.karoo.example"([^>]*)>karoo.example</a>', page.text).group(1)
    assert "noopener" in link
    for words in ("Pays late", "Thandi Nkosi", "Main contact", "mailto:thandi@karoo.example", "Twelve flats"):
        assert words in page.text
    assert f'hx-get="/leads/of-account/{account.id}"' in page.text


def test_the_page_costs_the_same_with_much_on_it(ada, cast, account, thandi, deal):
    ada.get(f"/accounts/{account.id}")
    with count_queries() as few:
        ada.get(f"/accounts/{account.id}")
    for number in range(10):
        contact = perform(operations.add_contact, account, ContactData(first_name=f"P{number}"))
        data = OpportunityData(name="x", contact_id=contact.id, owner_id=cast.ben.id)
        perform(operations.create_opportunity, account, data)
    ada.get(f"/accounts/{account.id}")
    with count_queries() as many:
        ada.get(f"/accounts/{account.id}")
    assert len(many) <= 10
    assert len(many) - len(few) <= 1, "the owners' names are asked for once"


def test_the_second_of_two_people_sees_what_the_first_saved(ada, account):
    form = {"name": "Karoo Estates", "industry": "First", "revision": "1"}
    ada.post(f"/accounts/{account.id}", data=form)
    answer = ada.post(f"/accounts/{account.id}", data=form | {"industry": "Second"}, hx=True)
    assert answer.status_code == 409
    assert "First" in answer.text
    assert "Second" in answer.text
    mine = form | {"industry": "Second", "revision": field(answer, "revision")}
    assert ada.post(f"/accounts/{account.id}", data=mine).status_code == 303
    assert again(account).industry == "Second"


def test_health_is_set_by_a_number_and_taken_back(ada, account):
    answer = ada.post(f"/accounts/{account.id}/health", data={"health": "82"}, hx=True)
    assert "account-changed" in answer.headers["HX-Trigger"]
    assert again(account).health == 82
    assert "Healthy 82" in ada.get(f"/accounts/{account.id}/details", hx=True).text
    ada.post(undo_of(answer), hx=True)
    assert again(account).health == 50
    for wrong in ("101", "-1", "", "much", "9" * 400):
        refused = ada.post(f"/accounts/{account.id}/health", data={"health": wrong}, hx=True)
        assert refused.status_code == 422
        assert 'id="health-error"' in refused.text
    assert "From 0 to 100" in ada.get(f"/accounts/{account.id}/health").text


def test_an_account_goes_to_the_archive_and_comes_back(ada, account):
    answer = ada.post(f"/accounts/{account.id}/archival", hx=True)
    assert again(account).archived_at
    assert "This account is in the archive." in ada.get(f"/accounts/{account.id}").text
    ada.post(undo_of(answer), hx=True)
    assert again(account).archived_at is None
    ada.post(f"/accounts/{account.id}/archival")
    assert ada.post(f"/accounts/{account.id}/restoration").location == f"/accounts/{account.id}"
    assert again(account).archived_at is None
    assert "Nothing to undo" in ada.post("/accounts/undo?facts=1,x,99999999999999999999", hx=True).text


def test_the_timeline_tells_who_did_what(ada, cast, account):
    ada.post(f"/accounts/{account.id}/contacts", data=CONTACT)
    ada.post(f"/accounts/{account.id}/opportunities", data=DEAL)
    deal = one(Opportunity)
    ada.post(f"/opportunities/{deal.id}/stage", data={"stage": "closed_won"})
    ada.post(f"/accounts/{account.id}/health", data={"health": "75"})
    form = {"name": "Karoo Estates", "industry": "Farming", "owner_id": cast.ben.id}
    ada.post(f"/accounts/{account.id}", data=form)
    page = ada.get(f"/accounts/{account.id}/timeline", hx=True)
    assert re.findall(r"<p>(.*?) <time", page.text) == [
        "Ada gave the account to Ben",
        "Ada changed the industry of the account",
        "Ada changed the account’s health from 50 to 75",
        "Ada won “Six flats”",
        "Ada began “Six flats”",
        "Ada made Sam Botha the main contact",
        "Ada added Sam Botha to the contacts",
        "The account was added",
    ]


def test_a_long_timeline_goes_on(ada, account):
    perform(lambda: [operations.add_to_health(account, 1 if number % 2 else -1) for number in range(70)])
    page = ada.get(f"/accounts/{account.id}/timeline", hx=True)
    further = re.search(r'hx-get="(/accounts/[^"]*before=\d+)"', page.text).group(1)
    rest = ada.get(further, hx=True)
    assert len(re.findall('<li id="happening', page.text + rest.text)) == 71
    assert "The account was added" in rest.text


# ---- Its people ------------------------------------------------------------------------------------------------------


def test_a_contact_is_added_once_and_edited(ada, account):
    form = CONTACT | {"form_key": new_id()}
    for _ in range(2):
        assert ada.post(f"/accounts/{account.id}/contacts", data=form, hx=True).status_code == 200
    contact = one(Contact)
    assert (contact.name, contact.is_primary) == ("Sam Botha", True)
    page = ada.get(f"/contacts/{contact.id}/edit", hx=True)
    form = {name: field(page, name) for name in ("first_name", "last_name", "email", "revision")}
    ada.post(f"/contacts/{contact.id}", data=form | {"position": "Buyer", "phone": "212 555 0123"}, hx=True)
    assert (again(contact).position, contact.phone) == ("Buyer", "+12125550123")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"first_name": "", "last_name": "", "email": ""}, "Give a name"),
        ({"email": "nobody"}, "email-error"),
        ({"phone": "12"}, "phone-error"),
        ({"position": "x" * 121}, "At most 120 characters."),
    ],
)
def test_a_contact_that_makes_no_sense_is_refused_beside_its_field(ada, account, thandi, wrong, words):
    for url in (f"/accounts/{account.id}/contacts", f"/contacts/{thandi.id}"):
        answer = ada.post(url, data=CONTACT | {"position": "Kept words"} | wrong, hx=True)
        assert answer.status_code == 422
        assert words in answer.text
    assert (count(Contact), again(thandi).first_name) == (1, "Thandi")


def test_two_who_edit_a_contact_see_each_other(ada, thandi):
    ada.post(f"/contacts/{thandi.id}", data=CONTACT | {"position": "First", "revision": "1"})
    answer = ada.post(f"/contacts/{thandi.id}", data=CONTACT | {"position": "Second", "revision": "1"}, hx=True)
    assert answer.status_code == 409
    assert "First" in answer.text


def test_the_main_contact_changes_and_changes_back(ada, account, thandi):
    sam = perform(operations.add_contact, account, ContactData(first_name="Sam"))
    answer = ada.post(f"/contacts/{sam.id}/primacy", hx=True)
    assert (again(sam).is_primary, again(thandi).is_primary) == (True, False)
    ada.post(undo_of(answer), hx=True)
    assert (again(sam).is_primary, again(thandi).is_primary) == (False, True)


def test_who_left_is_shown_so_and_comes_back(ada, account, thandi):
    answer = ada.post(f"/contacts/{thandi.id}/departure", hx=True)
    assert ">Left<" in ada.get(f"/accounts/{account.id}/contacts", hx=True).text
    assert ada.post(f"/contacts/{thandi.id}/primacy", hx=True).status_code == 422
    ada.post(undo_of(answer), hx=True)
    assert (again(thandi).left_at, thandi.is_primary) == (None, True)
    ada.post(f"/contacts/{thandi.id}/departure")
    assert ada.post(f"/contacts/{thandi.id}/return").location == f"/accounts/{account.id}"
    assert again(thandi).left_at is None


def test_a_contact_leads_to_the_lead_behind_them(ada, account):
    lead = perform(leads.create_lead, LeadData(first_name="Naledi"), by=None)
    perform(operations.add_contact, account, ContactData(first_name="Naledi"), lead_id=lead.id)
    assert f'href="/leads/{lead.id}"' in ada.get(f"/accounts/{account.id}/contacts").text


def test_a_rep_is_led_to_no_lead_they_may_not_open(ada, sign_in, cast, account):
    lead = perform(leads.create_lead, LeadData(first_name="Naledi", owner_id=cast.max.id), by=None)
    perform(operations.add_contact, account, ContactData(first_name="Naledi"), lead_id=lead.id)
    for page in (f"/accounts/{account.id}", f"/accounts/{account.id}/contacts"):
        assert f'href="/leads/{lead.id}">Their lead' in ada.get(page).text
        assert lead.id not in sign_in(cast.ben).get(page).text


# ---- Its deals -------------------------------------------------------------------------------------------------------


def test_a_deal_is_begun_once_and_edited(ada, cast, account, thandi):
    form = DEAL | {"contact_id": thandi.id, "owner_id": cast.ben.id, "form_key": new_id()}
    for _ in range(2):
        assert ada.post(f"/accounts/{account.id}/opportunities", data=form, hx=True).status_code == 200
    deal = one(Opportunity)
    assert (deal.amount, deal.close_date, deal.stage) == (Decimal("12500.50"), date(2031, 3, 31), "prospecting")
    assert (deal.contact_id, deal.owner_id) == (thandi.id, cast.ben.id)
    page = ada.get(f"/opportunities/{deal.id}/edit", hx=True)
    assert field(page, "amount") == "12,500.50"
    form = DEAL | {"amount": "", "close_date": "", "revision": field(page, "revision")}
    assert ada.post(f"/opportunities/{deal.id}", data=form, hx=True).status_code == 200
    assert (again(deal).amount, deal.close_date, deal.owner_id) == (None, None, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Say what the deal is about."),
        ({"amount": "12.500,50"}, "Write the amount like 12,500.50."),
        ({"amount": "-5"}, "Write the amount like"),
        ({"amount": "1e6"}, "Write the amount like"),
        ({"amount": "9" * 13}, "less than a trillion"),
        ({"close_date": "soon"}, "Not a valid date value."),
        ({"close_date": "0001-01-01"}, "This is too far from now."),
        ({"kind": "gift"}, "Not a valid choice"),
        ({"contact_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10"}, "Not a valid choice"),
    ],
)
def test_a_deal_that_makes_no_sense_is_refused_and_nothing_typed_is_lost(ada, account, deal, wrong, words):
    for url in (f"/accounts/{account.id}/opportunities", f"/opportunities/{deal.id}"):
        answer = ada.post(url, data=DEAL | {"notes": "Kept words"} | wrong, hx=True)
        assert answer.status_code == 422
        assert words in answer.text
        assert "Kept words" in answer.text
    assert (count(Opportunity), again(deal).revision) == (1, 1)


def test_amounts_are_read_and_written_as_the_reader_does(ada, cast, account):
    with writing() as session:
        session.execute(update(User).where(User.id == cast.ada.id).values(locale="de"))
    assert ada.post(f"/accounts/{account.id}/opportunities", data=DEAL | {"amount": "12.500,5"}).status_code == 303
    assert one(Opportunity).amount == Decimal("12500.50")
    assert "12.500,50\xa0$" in ada.get(f"/accounts/{account.id}").text
    refused = ada.post(f"/accounts/{account.id}/opportunities", data=DEAL | {"amount": "12,500.50"})
    assert "Write the amount like 12.500,50." in refused.text


def test_two_who_edit_a_deal_see_each_other(ada, deal):
    ada.post(f"/opportunities/{deal.id}", data=DEAL | {"amount": "100", "revision": "1"})
    answer = ada.post(f"/opportunities/{deal.id}", data=DEAL | {"amount": "200", "revision": "1"}, hx=True)
    assert answer.status_code == 409
    assert "<del>" in answer.text
    assert ">100</del>" in answer.text.replace('<span class="only-readers">was </span>', "")


def test_a_stage_is_chosen_and_taken_back(ada, account, deal):
    answer = ada.post(f"/opportunities/{deal.id}/stage", data={"stage": "proposal"}, hx=True)
    assert "“Twelve flats” is at Proposal now." in answer.text
    assert again(deal).stage == "proposal"
    ada.post(undo_of(answer), hx=True)
    assert again(deal).stage == "prospecting"
    url = f"/opportunities/{deal.id}/stage"
    ada.post(url, data={"stage": "closed_lost", "reason": "It's “dear”"}, hx=True)
    answer = ada.post(url, data={"stage": "proposal"}, hx=True)
    ada.post(undo_of(answer), hx=True)
    assert again(deal).stage == "proposal", "lost for no reason is not lost"
    ada.post(undo_of(answer), data=undo_values_of(answer), hx=True)
    assert (again(deal).stage, again(deal).lost_reason) == ("closed_lost", "It's “dear”")
    form = {"stage": "closed_won", "back": f"/accounts/{account.id}"}
    assert ada.post(f"/opportunities/{deal.id}/stage", data=form).location == f"/accounts/{account.id}"


def test_a_lost_deal_is_asked_why(ada, deal):
    asked = ada.post(f"/opportunities/{deal.id}/stage", data={"stage": "closed_lost"}, hx=True)
    assert "Why was it lost?" in asked.text
    assert "reason-error" not in asked.text, "nobody has done anything wrong yet"
    assert re.search(r'value="prospecting" selected', asked.text), "the list says what still holds"
    assert again(deal).stage == "prospecting"
    silent = ada.post(f"/opportunities/{deal.id}/stage", data={"stage": "closed_lost", "reason": ""}, hx=True)
    assert silent.status_code == 422
    assert "Say why it was lost." in silent.text
    form = {"stage": "closed_lost", "reason": "Too dear"}
    assert ada.post(f"/opportunities/{deal.id}/stage", data=form, hx=True).status_code == 200
    assert (again(deal).stage, deal.lost_reason) == ("closed_lost", "Too dear")
    assert ada.post(f"/opportunities/{deal.id}/stage", data={"stage": "limbo"}, hx=True).status_code == 422


def test_without_scripts_the_question_is_a_page(ada, deal):
    answer = ada.post(f"/opportunities/{deal.id}/stage", data={"stage": "closed_lost"})
    assert answer.status_code == 422
    assert "<h1>" in answer.text
    assert "<h1>" in ada.get(f"/opportunities/{deal.id}/stage").text


def test_a_deal_has_an_address_of_its_own(ada, account, deal):
    assert ada.get(f"/opportunities/{deal.id}").location == f"/accounts/{account.id}#opportunity-{deal.id}"


def test_an_archived_account_begins_no_deals(ada, account):
    perform(operations.archive_account, account)
    answer = ada.post(f"/accounts/{account.id}/opportunities", data=DEAL, hx=True)
    assert answer.status_code == 422
    assert "in the archive" in answer.text


def test_an_accounts_leads_are_those_the_reader_sees(sign_in, cast, account):
    for name, owner in (("Naledi", cast.ben), ("Oliver", cast.max)):
        data = LeadData(first_name=name, owner_id=owner.id, account_id=account.id)
        perform(leads.create_lead, data, by=None)
    assert "Oliver" in sign_in(cast.max).get(f"/leads/of-account/{account.id}").text
    bens = sign_in(cast.ben).get(f"/leads/of-account/{account.id}", hx=True).text
    assert ("Naledi" in bens, "Oliver" in bens) == (True, False)


def test_the_palette_finds_accounts_that_the_reader_sees(ada, sign_in, cast, account, maxs):
    found = ada.get("/palette?q=karoo", hx=True).text
    assert f'data-href="/accounts/{account.id}"' in found
    assert "Nothing found" not in found
    assert "Karoo" not in ada.get("/palette", hx=True).text
    assert "Secret" not in sign_in(cast.ben).get("/palette?q=secret", hx=True).text


# ---- Who may not -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("ben", 404), ("rita", 404), ("pat", 403)])
def test_who_does_not_see_the_account_reaches_nothing_of_it(sign_in, cast, maxs, who, status):
    sam = perform(operations.add_contact, maxs, ContactData(first_name="Sam"))
    deal = perform(operations.create_opportunity, maxs, OpportunityData(name="One"))
    client = sign_in(getattr(cast, who))
    account, contact, opportunity = f"/accounts/{maxs.id}", f"/contacts/{sam.id}", f"/opportunities/{deal.id}"
    shown = [account, f"/leads/of-account/{maxs.id}", f"{contact}/edit", opportunity, f"{opportunity}/edit"]
    shown += [f"{opportunity}/stage", f"{account}/contacts/new", f"{account}/opportunities/new"]
    shown += [f"{account}/{part}" for part in ("details", "timeline", "contacts", "opportunities", "edit", "health")]
    posted = [account, contact, opportunity, f"{opportunity}/stage"]
    posted += [f"{contact}/{verb}" for verb in ("primacy", "departure", "return")]
    posted += [f"{account}/{verb}" for verb in ("health", "archival", "restoration", "contacts", "opportunities")]
    assert {client.get(url).status_code for url in shown} == {status}
    assert {client.post(url, data=DEAL | {"stage": "proposal"}).status_code for url in posted} == {status}
    assert (again(maxs).revision, again(sam).revision, again(deal).revision) == (1, 1, 1)
    assert "Secret" not in client.get("/accounts").text
    assert "Secret" not in client.get("/accounts/options?q=secret").text
    assert queries.account_page(cast.ada, AccountFilters()).items
