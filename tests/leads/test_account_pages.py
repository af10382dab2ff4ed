"""Whose customer a lead is, on its page: linked, converted, taken back; and new leads of a customer."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.values import new_id
from leadcrm.leads import operations
from leadcrm.leads.data import ConversionData, LeadData
from leadcrm.leads.models import Conversion, Lead

FORM = {
    "into": "new",
    "account_name": "Khumalo Homes",
    "begins_deal": "y",
    "deal_name": "Garden flat",
    "amount": "12,500",
    "close_date": "2031-03-31",
}


@pytest.fixture
def ada(sign_in, cast):
    return sign_in(cast.ada)


@pytest.fixture
def lead(acme, cast) -> Lead:
    data = LeadData(
        first_name="Naledi", last_name="Khumalo", email="naledi@mail.example", company="Khumalo Homes",
        interest="a garden flat", owner_id=cast.ben.id,
    )  # fmt: skip
    lead = perform(operations.create_lead, data, by=None)
    perform(operations.change_status, lead, "qualified")
    return lead


@pytest.fixture
def account(acme) -> Account:
    return perform(accounts.create_account, AccountData(name="Khumalo Group"))


def again(row):
    db.session.rollback()
    db.session.expire_all()
    return get_or_404(type(row), row.id)


def counts() -> list[int]:
    db.session.rollback()
    return [db.session.scalar(select(func.count()).select_from(model)) for model in (Account, Contact, Opportunity)]


def field(page, name: str) -> str:
    return re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page.text).group(1)


def undo_of(answer) -> str:
    return re.search(r'hx-post="([^"]*)"[^>]*>Undo', answer.text).group(1)


# ---- Conversion ------------------------------------------------------------------------------------------------------


def test_a_qualified_lead_is_converted_by_one_form(ada, lead):
    assert f'href="/leads/{lead.id}/conversion"' in ada.get(f"/leads/{lead.id}").text
    asked = ada.get(f"/leads/{lead.id}/conversion", hx=True)
    assert (field(asked, "account_name"), field(asked, "deal_name")) == ("Khumalo Homes", "a garden flat")
    assert re.search('<input[^>]* autofocus[^>]* name="account_name"', asked.text)
    answer = ada.post(f"/leads/{lead.id}/conversion", data=FORM, hx=True)
    assert answer.status_code == 200
    assert "lead-changed" in answer.headers["HX-Trigger"]
    deal = db.session.scalars(select(Opportunity)).one()
    assert (deal.name, deal.amount, f"{deal.close_date}") == ("Garden flat", Decimal(12500), "2031-03-31")
    assert (again(lead).status, lead.account.name) == ("converted", "Khumalo Homes")
    page = ada.get(f"/leads/{lead.id}").text
    assert f'href="/accounts/{lead.account_id}"' in page
    assert f'href="/opportunities/{deal.id}"' in page
    assert f'href="/leads/{lead.id}/conversion"' not in page
    ada.post(undo_of(answer), hx=True)
    assert (again(lead).status, counts()) == ("qualified", [0, 0, 0])


def test_the_leads_timeline_tells_of_it_without_a_name(ada, lead):
    ada.post(f"/leads/{lead.id}/conversion", data=FORM)
    ada.post(f"/opportunities/{db.session.scalars(select(Opportunity.id)).one()}/stage", data={"stage": "proposal"})
    told = re.findall(r"<p>\s*(.*?)\s*<time", ada.get(f"/leads/{lead.id}/timeline", hx=True).text)
    assert told[:3] == [
        "Ada moved an opportunity to Proposal",
        "Ada made Naledi Khumalo a customer",
        "Ada changed the status from Qualified to Converted",
    ]
    assert "Garden flat" not in " ".join(told)


def test_without_a_deal_none_is_begun(ada, lead):
    assert ada.post(f"/leads/{lead.id}/conversion", data={"into": "new", "account_name": "K"}).status_code == 303
    assert counts() == [1, 1, 0]
    assert "Became a customer" in ada.get(f"/leads/{lead.id}").text


def test_a_lead_that_is_not_qualified_is_not_converted(ada, lead):
    perform(operations.change_status, lead, "contacted")
    assert "/conversion" not in ada.get(f"/leads/{lead.id}").text
    answer = ada.post(f"/leads/{lead.id}/conversion", data=FORM, hx=True)
    assert answer.status_code == 422
    assert "Only a qualified lead can be converted." in answer.text
    assert counts() == [0, 0, 0]


def test_an_account_of_the_same_name_is_offered_first(ada, lead):
    known = perform(accounts.create_account, AccountData(name="khumalo homes"))
    asked = ada.get(f"/leads/{lead.id}/conversion", hx=True)
    assert "Account “khumalo homes” already exists. Link to it?" in asked.text
    assert "already exists" in ada.get("/leads/conversion/same-name?account_name=Khumalo HOMES", hx=True).text
    refused = ada.post(f"/leads/{lead.id}/conversion", data=FORM, hx=True)
    assert refused.status_code == 422
    assert field(refused, "deal_name") == "Garden flat"
    assert f'name="link" value="{known.id}"' in refused.text
    assert ada.post(f"/leads/{lead.id}/conversion", data=FORM | {"link": known.id}, hx=True).status_code == 200
    assert (again(lead).account_id, counts()) == (known.id, [1, 1, 1])


def test_another_of_the_same_name_is_made_on_a_second_word(ada, lead):
    perform(accounts.create_account, AccountData(name="Khumalo Homes"))
    assert ada.post(f"/leads/{lead.id}/conversion", data=FORM | {"anyway": "y"}, hx=True).status_code == 200
    assert counts() == [2, 1, 1]


@pytest.mark.parametrize("by_id", [True, False])
def test_a_known_account_is_chosen_from_the_list_or_by_what_only_it_is_called(ada, lead, account, by_id):
    chosen = {"account_id": account.id} if by_id else {"q": "group"}
    answer = ada.post(f"/leads/{lead.id}/conversion", data=FORM | {"into": "known"} | chosen, hx=True)
    assert answer.status_code == 200
    assert (again(lead).account_id, counts()) == (account.id, [1, 1, 1])


def test_a_customers_lead_is_asked_about_that_customer(ada, lead, account):
    perform(operations.link_account, lead, account.id, by=None)
    asked = ada.get(f"/leads/{lead.id}/conversion", hx=True)
    assert field(asked, "account_id") == account.id
    assert re.search(r'<input(?=[^>]*checked)(?=[^>]*value="known")', asked.text)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"account_name": ""}, "Give the account a name."),
        ({"account_name": "x" * 161}, "At most 160 characters."),
        ({"account_name": "a\x00b"}, "cannot be saved"),
        ({"deal_name": ""}, "Say what the deal is about."),
        ({"amount": "much"}, "Write the amount like 12,500.50."),
        ({"amount": "9" * 13}, "less than a trillion"),
        ({"close_date": "9999-01-01"}, "This is too far from now."),
        ({"into": "known"}, "Say which account."),
        ({"into": "known", "q": "nobody"}, "Choose an account from the list."),
        ({"into": "known", "account_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10"}, "Say which account."),
        ({"into": "elsewhere"}, "Not a valid choice"),
    ],
)
@pytest.mark.parametrize("hx", [False, True])
def test_what_makes_no_sense_is_said_beside_it_and_nothing_is_lost(ada, lead, account, wrong, words, hx):
    answer = ada.post(f"/leads/{lead.id}/conversion", data=FORM | wrong, hx=hx)
    assert answer.status_code == 422
    assert words in answer.text
    assert field(answer, "close_date") in (FORM["close_date"], wrong.get("close_date"))
    assert (again(lead).status, counts()) == ("qualified", [1, 0, 0])


def test_the_second_of_two_who_convert_is_told(ada, lead):
    ada.post(f"/leads/{lead.id}/conversion", data=FORM)
    answer = ada.post(f"/leads/{lead.id}/conversion", data=FORM | {"account_name": "Another"}, hx=True)
    assert answer.status_code == 409
    assert "has been converted already" in answer.text
    assert counts() == [1, 1, 1]


def test_what_depends_on_a_conversion_keeps_it(ada, lead):
    ada.post(f"/leads/{lead.id}/conversion", data=FORM)
    perform(accounts.move_to_stage, db.session.scalars(select(Opportunity)).one(), "proposal")
    answer = ada.post(f"/leads/{lead.id}/conversion/withdrawal", hx=True)
    assert answer.status_code == 409
    assert "“Garden flat” has been worked on since" in answer.text
    assert again(lead).status == "converted"


def test_what_was_never_converted_is_not_taken_back(ada, lead):
    assert ada.post(f"/leads/{lead.id}/conversion/withdrawal", hx=True).status_code == 422


# ---- Belonging to a customer -----------------------------------------------------------------------------------------


def test_a_lead_is_linked_changed_and_unlinked_with_a_way_back(ada, lead, account):
    assert f'hx-get="/leads/{lead.id}/account"' in ada.get(f"/leads/{lead.id}").text
    linked = ada.post(f"/leads/{lead.id}/account", data={"account_id": account.id}, hx=True)
    assert again(lead).account_id == account.id
    assert "Khumalo Group" in ada.get(f"/leads/{lead.id}/details", hx=True).text
    assert field(ada.get(f"/leads/{lead.id}/account", hx=True), "account_id") == account.id
    ada.post(undo_of(linked), hx=True)
    assert again(lead).account_id is None
    ada.post(f"/leads/{lead.id}/account", data={"q": "khumalo"})
    removed = ada.post(f"/leads/{lead.id}/account/removal", hx=True)
    assert again(lead).account_id is None
    ada.post(undo_of(removed), hx=True)
    assert again(lead).account_id == account.id


def test_an_account_that_is_gone_is_not_linked_again(ada, lead, account):
    perform(operations.link_account, lead, account.id, by=None)
    removed = ada.post(f"/leads/{lead.id}/account/removal", hx=True)
    perform(accounts.remove_account, account)
    assert "Nothing to undo" in ada.post(undo_of(removed), hx=True).text


def test_which_account_is_asked_until_it_is_clear(ada, lead, account):
    for form in ({}, {"q": "nobody"}, {"account_id": "x"}):
        answer = ada.post(f"/leads/{lead.id}/account", data=form, hx=True)
        assert answer.status_code == 422
        assert "choose-account-error" in answer.text
    assert "<h1>" in ada.get(f"/leads/{lead.id}/account").text


def test_a_converted_lead_stays_with_its_account(ada, lead, account):
    perform(operations.convert_lead, lead, ConversionData(account_name="Mine"), by=None)
    answer = ada.post(f"/leads/{lead.id}/account", data={"account_id": account.id}, hx=True)
    assert answer.status_code == 422
    assert "stays with the account it became" in answer.text
    assert "/account/removal" not in ada.get(f"/leads/{lead.id}").text


def test_a_new_lead_of_an_account_begins_with_it(ada, account):
    page = ada.get(f"/leads/new?account={account.id}", hx=True)
    assert (field(page, "account_id"), field(page, "company")) == (account.id, "Khumalo Group")
    form = {"first_name": "Sam", "email": "nobody", "account_id": account.id, "form_key": new_id()}
    assert field(ada.post("/leads", data=form, hx=True), "account_id") == account.id
    assert ada.post("/leads", data=form | {"email": ""}).status_code == 303
    assert db.session.scalars(select(Lead.account_id)).one() == account.id


# ---- Who may not -----------------------------------------------------------------------------------------------------


def test_a_rep_is_told_nothing_of_a_colleagues_account(sign_in, cast, lead):
    secret = perform(accounts.create_account, AccountData(name="Secret Works", owner_id=cast.max.id))
    perform(operations.link_account, lead, secret.id, by=None)
    ben = sign_in(cast.ben)
    for url in (f"/leads/{lead.id}", f"/leads/{lead.id}/account", f"/leads/{lead.id}/conversion"):
        page = ben.get(url)
        assert page.status_code == 200
        assert "Secret" not in page.text
        assert secret.id not in page.text
    into_it = FORM | {"into": "known", "account_id": secret.id}
    assert ben.post(f"/leads/{lead.id}/conversion", data=into_it, hx=True).status_code == 422
    assert ben.post(f"/leads/{lead.id}/account", data={"account_id": secret.id}, hx=True).status_code == 422
    assert ben.get(f"/leads/new?account={secret.id}").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(Conversion)) == 0


def test_of_an_accounts_leads_a_rep_is_shown_those_they_see(sign_in, cast, lead, account):
    others = perform(operations.create_lead, LeadData(first_name="Zanele", owner_id=cast.max.id), by=None)
    for one in (lead, others):
        perform(operations.link_account, one, account.id, by=None)
    page = sign_in(cast.ben).get(f"/leads/of-account/{account.id}").text
    assert "Naledi Khumalo" in page
    assert "Zanele" not in page
    assert others.id not in page


@pytest.mark.parametrize(("who", "status"), [("rosa", 404), ("rita", 404), ("pat", 403)])
def test_whoever_does_not_see_the_lead_does_nothing_with_it(sign_in, cast, lead, account, who, status):
    client = sign_in(getattr(cast, who))
    for url in ("account", "conversion"):
        assert client.get(f"/leads/{lead.id}/{url}").status_code == status
    for url in ("account", "account/removal", "conversion", "conversion/withdrawal"):
        assert client.post(f"/leads/{lead.id}/{url}", data=FORM | {"account_id": account.id}).status_code == status
    assert (again(lead).status, lead.account_id) == ("qualified", None)
