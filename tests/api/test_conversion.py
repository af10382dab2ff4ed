"""A lead becomes a customer through the API: once, also when two ask at the same time."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData
from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData

NOWHERE = "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10"
DEAL = {"name": "Garden flat", "amount": "500.00", "close_date": "2027-03-31"}
WHOLE = {"account": {"name": "Mokoena Homes", "industry": "Property"}, "opportunity": DEAL}
ASKERS = 4


@pytest.fixture
def lead(acme, cast) -> str:
    """Id of a qualified lead of Ben's."""
    data = LeadData(first_name="Naledi", email="naledi@mail.example", company="Mokoena", owner_id=cast.ben.id)
    lead = perform(leads.create_lead, data, by=None)
    perform(leads.change_status, lead, "qualified")
    return lead.id


@pytest.fixture
def max_account(acme, cast) -> str:
    """Id of an account that reps other than its owner do not see."""
    return perform(accounts.create_account, AccountData(name="Secret", owner_id=cast.max.id)).id


def counts(cast) -> list[int]:
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        return [db.session.scalar(select(func.count()).select_from(model)) for model in (Account, Contact, Opportunity)]


def test_a_lead_becomes_a_contact_of_a_new_account_with_a_deal(ada, cast, lead):
    answer = ada.post(f"/leads/{lead}/convert", WHOLE)
    assert answer.status_code == 201
    made = answer.json
    assert set(made) == {"account_id", "contact_id", "opportunity_id"}
    account = ada.get(f"/accounts/{made['account_id']}").json
    assert (account["name"], account["industry"], account["owner"]["id"]) == ("Mokoena Homes", "Property", cast.ben.id)
    contact = ada.get(f"/contacts/{made['contact_id']}").json
    assert (contact["lead_id"], contact["is_primary"], contact["email"]) == (lead, True, "naledi@mail.example")
    deal = ada.get(f"/opportunities/{made['opportunity_id']}").json
    assert (deal["amount"], deal["close_date"], deal["contact_id"]) == ("500.00", "2027-03-31", contact["id"])
    shown = ada.get(f"/leads/{lead}").json
    assert (shown["status"], shown["account_id"]) == ("converted", account["id"])
    assert ada.get("/leads").json["items"][0]["account_id"] == account["id"]


def test_without_an_account_named_it_is_the_linked_one_or_one_called_as_the_company(ada, lead, max_account):
    made = ada.post(f"/leads/{lead}/convert", {}).json
    assert ada.get(f"/accounts/{made['account_id']}").json["name"] == "Mokoena"
    assert made["opportunity_id"] is None
    with_account = ada.post("/leads", {"first_name": "Sam", "email": "sam@mail.example"}).json["id"]
    linked = ada.patch(f"/leads/{with_account}", {"account_id": max_account, "status": "qualified"})
    assert linked.json["account_id"] == max_account
    assert ada.post(f"/leads/{with_account}/convert", {}).json["account_id"] == max_account


def test_a_second_time_is_a_409_that_says_what_the_first_one_made(ada, cast, lead):
    made = ada.post(f"/leads/{lead}/convert", WHOLE, key="one").json
    again = ada.post(f"/leads/{lead}/convert", WHOLE)
    assert (again.status_code, again.json["error"]["code"]) == (409, "already_converted")
    assert {name: again.json[name] for name in made} == made
    replayed = ada.post(f"/leads/{lead}/convert", WHOLE, key="one")
    assert (replayed.status_code, replayed.json) == (201, made)
    assert counts(cast) == [1, 1, 1]


def test_those_who_ask_at_the_same_time_are_told_the_same(app, ada, cast, lead):
    def ask(_):
        try:
            headers = {"Authorization": f"Bearer {ada.token}"}
            client = app.test_client(use_cookies=False)
            return client.post(f"/api/leads/{lead}/convert", json=WHOLE, headers=headers)
        finally:
            with app.app_context():
                db.session.remove()

    with ThreadPoolExecutor(ASKERS) as pool:
        answers = list(pool.map(ask, range(ASKERS)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (ASKERS - 1)
    told = [{name: value for name, value in answer.json.items() if name != "error"} for answer in answers]
    assert len({json.dumps(ids, sort_keys=True) for ids in told}) == 1
    assert counts(cast) == [1, 1, 1]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"account": {"name": ""}}, "account.name"),
        ({"account": {"name": "x" * 161}}, "account.name"),
        ({"account": {"name": "New", "website": "nowhere"}}, "account.website"),
        ({"account": {"name": "New", "owner_id": NOWHERE}}, "account.owner_id"),
        ({"account": {"name": "New"}, "account_id": NOWHERE}, "account_id"),
        ({"account_id": "none"}, "account_id"),
        ({"opportunity": {}}, "opportunity.name"),
        ({"opportunity": {**DEAL, "amount": "1.234"}}, "opportunity.amount"),
        ({"opportunity": {**DEAL, "close_date": "soon"}}, "opportunity.close_date"),
        ({"opportunity": {**DEAL, "stage": "closed_won"}}, "opportunity.stage"),
    ],
)
def test_bad_values_are_named_and_nothing_is_written(ada, cast, lead, body, field):
    answer = ada.post(f"/leads/{lead}/convert", body)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, [field])
    assert counts(cast) == [0, 0, 0]


def test_only_a_qualified_lead_is_converted(ada, cast, lead):
    ada.patch(f"/leads/{lead}", {"status": "contacted"})
    answer = ada.post(f"/leads/{lead}/convert", WHOLE)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["status"])
    assert counts(cast) == [0, 0, 0]


def test_strangers_convert_nothing_and_into_nothing(ada, rita, caller, cast, lead, max_account):
    ben, rosa = caller(cast.ben), caller(cast.rosa)
    for stranger in (rita, rosa):
        assert stranger.post(f"/leads/{lead}/convert", WHOLE).status_code == 404
    for account_id in (max_account, NOWHERE, rita.post("/accounts", {"name": "Rival's"}).json["id"]):
        assert ben.post(f"/leads/{lead}/convert", {"account_id": account_id}).status_code == 404
        assert ben.patch(f"/leads/{lead}", {"account_id": account_id}).status_code == 404
    assert ada.get(f"/leads/{lead}").json["account_id"] is None
    assert ben.post(f"/leads/{lead}/convert", WHOLE).status_code == 201


def test_a_lead_is_linked_and_unlinked_until_it_is_converted(ada, lead, max_account):
    before = ada.get(f"/leads/{lead}").json
    assert ada.patch(f"/leads/{lead}", {"account_id": max_account}).json["account_id"] == max_account
    answer = ada.patch(f"/leads/{lead}", {"account_id": None, "revision": before["revision"]})
    assert (answer.status_code, ada.get(f"/leads/{lead}").json["account_id"]) == (409, max_account)
    assert ada.patch(f"/leads/{lead}", {"account_id": None}).json["account_id"] is None
    ada.post(f"/leads/{lead}/convert", {"account_id": max_account})
    answer = ada.patch(f"/leads/{lead}", {"account_id": None})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["account_id"])
