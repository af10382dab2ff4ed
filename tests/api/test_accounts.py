"""Accounts, contacts and opportunities through the API."""

import pytest
from sqlalchemy import func, select

from leadcrm.accounts.models import Account, Contact, Opportunity
from leadcrm.core import tenancy
from leadcrm.core.db import db
from tests.conftest import count_queries

NOWHERE = "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10"


@pytest.fixture
def account(ada) -> dict:
    return ada.post("/accounts", {"name": "Karoo Estates"}).json


@pytest.fixture
def thandi(ada, account) -> dict:
    body = {"account_id": account["id"], "first_name": "Thandi", "email": "Thandi@Karoo.example"}
    return ada.post("/contacts", body).json


@pytest.fixture
def deal(ada, account, thandi) -> dict:
    body = {"account_id": account["id"], "contact_id": thandi["id"], "name": "Twelve flats", "amount": "1250000.50"}
    return ada.post("/opportunities", body).json


def rows(cast) -> list[int]:
    db.session.rollback()
    with tenancy.organization(cast.acme.id):
        return [db.session.scalar(select(func.count()).select_from(model)) for model in (Account, Contact, Opportunity)]


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [item["id"] for item in answer.json["items"]]


def test_an_account_is_added_shown_changed_put_away_and_brought_back(ada, cast):
    body = {"name": "Zoë & Sons", "website": "zoe.example", "industry": "Wine", "owner_id": cast.ben.id}
    answer = ada.post("/accounts", body)
    account, path = answer.json, f"/accounts/{answer.json['id']}"
    assert answer.status_code == 201
    assert (account["website"], account["health"], account["notes"]) == ("https://zoe.example", 50, "")
    assert account["owner"] == {"id": cast.ben.id, "name": cast.ben.name, "email": cast.ben.email}
    assert ada.get(path).json == account
    said = {"name": "Zoë", "owner_id": None, "health": 80, "archived": True, "revision": account["revision"]}
    changed = ada.patch(path, said).json
    assert (changed["name"], changed["owner"], changed["health"]) == ("Zoë", None, 80)
    assert changed["archived_at"]
    assert (ids(ada.get("/accounts")), ids(ada.get("/accounts", archived="true"))) == ([], [account["id"]])
    assert ada.patch(path, {"archived": False}).json["archived_at"] is None
    assert ada.get(path).json["industry"] == "Wine"


def test_accounts_are_found_filtered_and_sorted(ada, cast):
    made = {
        name: ada.post("/accounts", {"name": name, "owner_id": owner}).json["id"]
        for name, owner in (("Beta", cast.ada.id), ("Alpha", cast.ben.id), ("Éclair", None))
    }
    ada.patch(f"/accounts/{made['Beta']}", {"health": 10})

    def names(**query) -> list[str]:
        return [item["name"] for item in ada.get("/accounts", **query).json["items"]]

    assert names() == ["Alpha", "Beta", "Éclair"]
    assert names(sort="newest") == ["Éclair", "Alpha", "Beta"]
    assert names(sort="health") == ["Beta", "Alpha", "Éclair"]
    assert (names(q="ECLA"), names(owner="me"), names(owner="none")) == (["Éclair"], ["Beta"], ["Éclair"])
    assert names(owner=cast.ben.id) == ["Alpha"]


@pytest.mark.parametrize("path", ["/accounts", "/contacts", "/opportunities"])
def test_lists_are_read_page_by_page_with_as_many_questions_whatever_their_length(ada, account, path):
    make = {
        "/accounts": lambda n: ada.post("/accounts", {"name": f"Account {n}"}),
        "/contacts": lambda n: ada.post("/contacts", {"account_id": account["id"], "first_name": f"Sam {n}"}),
        "/opportunities": lambda n: ada.post("/opportunities", {"account_id": account["id"], "name": f"Deal {n}"}),
    }[path]
    counted = []
    for some in (range(2), range(2, 7)):
        for number in some:
            assert make(number).status_code == 201
        with count_queries() as seen:
            all_of_them = ids(ada.get(path))
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 5
    page, read = ada.get(path, limit=3).json, []
    while True:
        read += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = ada.get(path, limit=3, cursor=page["next"]).json
    assert read == all_of_them
    assert len(read) == len(set(read)) >= 7


def test_the_first_contact_is_the_main_one_until_another_is(ada, account, thandi):
    assert (thandi["name"], thandi["email"], thandi["is_primary"]) == ("Thandi", "thandi@karoo.example", True)
    sam = ada.post("/contacts", {"account_id": account["id"], "phone": "+12125550123"}).json
    assert (sam["name"], sam["is_primary"], sam["lead_id"]) == ("+12125550123", False, None)
    sams, thandis = f"/contacts/{sam['id']}", f"/contacts/{thandi['id']}"
    changed = ada.patch(sams, {"first_name": "Sam", "is_primary": True, "revision": sam["revision"]}).json
    assert (changed["name"], changed["is_primary"]) == ("Sam", True)
    assert ada.get(thandis).json["is_primary"] is False
    left = ada.patch(sams, {"left": True}).json
    assert (left["is_primary"], left["left_at"] is None) == (False, False)
    answer = ada.patch(sams, {"is_primary": True})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["is_primary"])
    back = ada.patch(sams, {"left": False, "is_primary": True}).json
    assert (back["is_primary"], back["left_at"]) == (True, None)
    assert ids(ada.get("/contacts", account_id=account["id"])) == [sam["id"], thandi["id"]]


def test_a_deal_is_worth_its_amount_times_its_probability(ada, cast, account, thandi, deal):
    assert (deal["stage"], deal["probability"], deal["kind"]) == ("prospecting", 10, "new_business")
    assert (deal["amount"], deal["weighted_amount"], deal["currency"]) == ("1250000.50", "125000.05", "USD")
    path = f"/opportunities/{deal['id']}"
    assert ada.get(path).json == deal
    said = {"stage": "proposal", "amount": 0.1, "close_date": "2027-03-31", "owner_id": cast.ben.id}
    moved = ada.patch(path, said).json
    assert (moved["probability"], moved["amount"], moved["weighted_amount"]) == (50, "0.10", "0.05")
    assert (moved["close_date"], moved["owner"]["id"]) == ("2027-03-31", cast.ben.id)
    emptied = ada.patch(path, dict.fromkeys(("amount", "close_date", "owner_id", "contact_id"))).json
    assert (emptied["amount"], emptied["weighted_amount"], emptied["close_date"]) == (None, "0.00", None)
    assert (emptied["owner"], emptied["contact_id"]) == (None, None)


def test_a_lost_deal_says_why(ada, deal):
    path = f"/opportunities/{deal['id']}"
    for said in ({"stage": "closed_lost"}, {"lost_reason": "Dear"}, {"stage": "proposal", "lost_reason": "Dear"}):
        answer = ada.patch(path, said)
        assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["lost_reason"])
    lost = {"stage": "closed_lost", "lost_reason": "Too  dear", "revision": deal["revision"]}
    first, again = ada.patch(path, lost), ada.patch(path, lost)
    assert (first.status_code, again.json) == (200, first.json)
    assert (first.json["lost_reason"], first.json["weighted_amount"]) == ("Too dear", "0.00")
    assert first.json["closed_at"]
    assert ada.patch(path, {"stage": "closed_lost", "lost_reason": "Another"}).status_code == 422
    opened = ada.patch(path, {"stage": "negotiation"}).json
    assert (opened["lost_reason"], opened["closed_at"]) == ("", None)


def test_deals_are_filtered(ada, cast, account, deal):
    other = ada.post("/accounts", {"name": "Other"}).json["id"]
    body = {"account_id": other, "name": "More", "owner_id": cast.ada.id, "kind": "renewal"}
    more = ada.post("/opportunities", body).json
    ada.patch(f"/opportunities/{more['id']}", {"stage": "closed_won"})
    assert ids(ada.get("/opportunities")) == [more["id"], deal["id"]]
    for query, found in (
        ({"account_id": other}, more), ({"stage": "closed_won"}, more), ({"owner": "me"}, more),
        ({"owner": cast.ada.id}, more), ({"owner": "none"}, deal), ({"stage": "prospecting"}, deal),
    ):  # fmt: skip
        assert ids(ada.get("/opportunities", **query)) == [found["id"]]


@pytest.mark.parametrize("amount", ["0", "0.1", "000.50", 12, 12.5, "999999999999.99", 999999999999.99])
def test_an_amount_is_text_or_a_number(ada, deal, amount):
    answer = ada.patch(f"/opportunities/{deal['id']}", {"amount": amount})
    assert answer.json["amount"] == f"{float(amount):.2f}"


@pytest.mark.parametrize(
    ("path", "said", "field"),
    [
        ("/accounts", {"name": " "}, "name"),
        ("/accounts", {"name": "x" * 161}, "name"),
        ("/accounts", {"website": "javascript:alert(1)"}, "website"),
        ("/accounts", {"website": "javascript://lee.example/%0Aalert(1)"}, "website"),
        ("/accounts", {"owner_id": NOWHERE}, "owner_id"),
        ("/accounts", {"health": 50}, "health"),
        ("/contacts", {"first_name": "", "email": ""}, "first_name"),
        ("/contacts", {"email": "no address"}, "email"),
        ("/contacts", {"phone": "12"}, "phone"),
        ("/contacts", {"is_primary": "yes"}, "is_primary"),
        ("/opportunities", {"name": None}, "name"),
        ("/opportunities", {"kind": "gift"}, "kind"),
        ("/opportunities", {"contact_id": NOWHERE}, "contact_id"),
        ("/opportunities", {"owner_id": NOWHERE}, "owner_id"),
        ("/opportunities", {"close_date": "tomorrow"}, "close_date"),
        ("/opportunities", {"close_date": "0001-01-01"}, "close_date"),
        ("/opportunities", {"stage": "proposal"}, "stage"),
        *(
            ("/opportunities", {"amount": amount}, "amount")
            for amount in ("", "-1", -0.01, 0.001, "0.001", "1e3", 1e12, "1_000", "١٢", "NaN", True, [1], " 1", "1\n")
        ),
    ],
)
def test_bad_values_are_named_and_nothing_is_written(ada, cast, account, path, said, field):
    body = {
        "/accounts": {"name": "New"},
        "/contacts": {"account_id": account["id"], "first_name": "Sam"},
        "/opportunities": {"account_id": account["id"], "name": "Deal"},
    }[path]
    before = rows(cast)
    answer = ada.post(path, body | said)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, [field])
    assert rows(cast) == before


def test_a_change_is_all_or_nothing_and_a_stale_one_a_409(ada, account, thandi, deal):
    for path, row, said, wrong in (
        ("/accounts", account, {"archived": True}, {"name": "New", "health": 101}),
        ("/contacts", thandi, {"left": True}, {"position": "Buyer", "email": "none"}),
        ("/opportunities", deal, {"stage": "proposal"}, {"notes": "New", "owner_id": NOWHERE}),
    ):
        one = f"{path}/{row['id']}"
        assert ada.patch(one, wrong).status_code == 422
        assert ada.get(one).json == row
        ada.patch(one, {"notes": "Newer"} if "notes" in row else {"position": "Head"})
        before = ada.get(one).json
        answer = ada.patch(one, {**said, "revision": row["revision"]})
        assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")
        assert ada.get(one).json == before
        assert ada.patch(one, {**said, "revision": before["revision"]}).status_code == 200


def test_the_same_key_makes_one(ada, cast, account):
    for path, body in (
        ("/accounts", {"name": "Twin"}),
        ("/contacts", {"account_id": account["id"], "first_name": "Sam"}),
        ("/opportunities", {"account_id": account["id"], "name": "Deal", "amount": 5}),
    ):
        first, again = (ada.post(path, body, key="one") for _ in range(2))
        assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert rows(cast) == [2, 1, 1]


def test_anothers_rows_are_not_there(rita, caller, cast, ada, account, thandi, deal):
    ada.patch(f"/accounts/{account['id']}", {"owner_id": cast.max.id})
    for stranger in (rita, caller(cast.ben)):
        for path, row in (("/accounts", account), ("/contacts", thandi), ("/opportunities", deal)):
            assert ids(stranger.get(path)) == []
            assert stranger.get(f"{path}/{row['id']}").status_code == 404
            assert stranger.patch(f"{path}/{row['id']}", {"revision": 1}).status_code == 404
        assert stranger.post("/contacts", {"account_id": account["id"], "first_name": "Sam"}).status_code == 404
        assert stranger.post("/opportunities", {"account_id": account["id"], "name": "Deal"}).status_code == 404
    for colleague in (cast.max, cast.mia):
        assert ids(caller(colleague).get("/opportunities")) == [deal["id"]]


def test_a_put_away_account_gets_no_deal(ada, account):
    ada.patch(f"/accounts/{account['id']}", {"archived": True})
    assert ada.post("/opportunities", {"account_id": account["id"], "name": "Late"}).status_code == 422
