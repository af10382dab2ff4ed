"""The list of all deals: by stage with sums, by owner, page by page."""

import re
from decimal import Decimal

import pytest

from leadcrm.accounts import operations
from leadcrm.accounts.data import AccountData, OpportunityData
from leadcrm.core.db import perform
from tests.accounts.conftest import again
from tests.conftest import count_queries


@pytest.fixture
def ada(sign_in, cast, acme):
    return sign_in(cast.ada)


@pytest.fixture
def deals(account, cast):
    """Three deals of Karoo Estates: at two stages, of two people and of nobody."""
    said = [("One", 1000, cast.ada.id), ("Two", 2000, cast.ben.id), ("Three", None, "")]
    made = []
    for name, amount, owner_id in said:
        data = OpportunityData(name=name, amount=amount and Decimal(amount), owner_id=owner_id)
        made.append(perform(operations.create_opportunity, account, data))
    perform(operations.move_to_stage, made[1], "negotiation")
    return made


def names(page) -> list[str]:
    return re.findall(r"data-open>(.*?)</a>", page.text)


def tabs(page) -> list[str]:
    """`Prospecting 2 · $1K` for each tab."""
    shown = re.search(r'id="stages".*?</nav>', page.text, re.DOTALL).group(0)
    return [" ".join(re.sub("<[^>]*>", "", link).split()) for link in re.findall(r"<a .*?</a>", shown, re.DOTALL)]


def test_the_stages_say_how_many_and_how_much(ada, deals):
    page = ada.get("/opportunities")
    assert names(page) == ["Three", "Two", "One"]
    assert tabs(page)[:5] == [
        "All 3 · $3K",
        "Prospecting 2 · $1K",
        "Qualification 0",
        "Proposal 0",
        "Negotiation 1 · $2K",
    ]
    assert "Open <b>$3,000</b>, weighted <b>$1,600</b>" in page.text
    assert "$1,500 weighted" in page.text
    assert "Karoo Estates" in page.text


def test_a_stage_and_an_owner_are_asked_for(ada, cast, deals):
    assert names(ada.get("/opportunities?stage=negotiation")) == ["Two"]
    assert names(ada.get("/opportunities?owner=me")) == ["One"]
    assert names(ada.get("/opportunities?owner=none")) == ["Three"]
    bens = ada.get(f"/opportunities?owner={cast.ben.id}")
    assert names(bens) == ["Two"]
    assert tabs(bens)[0] == "All 1 · $2K", "the sums are of the same owner"
    assert "No opportunity matches" in ada.get("/opportunities?stage=proposal").text
    assert len(names(ada.get("/opportunities?stage=limbo&owner=x"))) == 3
    assert ada.get("/opportunities?cursor=nonsense").status_code == 400


def test_choosing_an_owner_brings_the_list_alone_and_a_short_address(ada, deals):
    answer = ada.get("/opportunities?owner=me&stage=", hx=True)
    assert answer.headers["HX-Replace-Url"] == "/opportunities?owner=me"
    assert 'hx-target="#stages"' in answer.text
    assert "<html" not in answer.text


def test_a_stage_is_changed_in_the_list(ada, deals):
    url = f"/opportunities/{deals[0].id}/stage"
    asked = ada.post(url, data={"stage": "closed_lost", "back": "/opportunities?owner=me"}, hx=True)
    assert "Karoo Estates" in asked.text, "the row that goes back is the list's"
    answer = ada.post(url, data={"stage": "proposal", "back": "/opportunities?owner=me"})
    assert (answer.location, again(deals[0]).stage) == ("/opportunities?owner=me", "proposal")


def test_the_pages_go_on_where_they_ended(ada, account):
    def many() -> None:
        for number in range(60):
            operations.create_opportunity(account, OpportunityData(name=f"Deal {number:02}"))

    perform(many)
    first = ada.get("/opportunities?stage=prospecting")
    further = re.search(r'href="(/opportunities\?[^"]*cursor=[^"]*)" aria-label="Next', first.text).group(1)
    assert "stage=prospecting" in further
    rest = ada.get(further.replace("&amp;", "&"))
    assert names(first) + names(rest) == [f"Deal {number:02}" for number in range(59, -1, -1)]


def test_the_list_costs_the_same_with_many_deals(ada, cast, account, deals):
    ada.get("/opportunities")
    with count_queries() as few:
        ada.get("/opportunities")
    for number in range(20):
        other = perform(operations.create_account, AccountData(name=f"A{number}"))
        perform(operations.create_opportunity, other, OpportunityData(name="x", owner_id=cast.ben.id))
    with count_queries() as many:
        assert len(names(ada.get("/opportunities"))) == 23
    assert len(many) - 1 == len(few) <= 5, "and the sums, which were new"


@pytest.mark.parametrize(("who", "status"), [("ben", 200), ("rita", 200), ("pat", 403)])
def test_nobody_sees_deals_with_accounts_they_do_not_see(sign_in, cast, acme, who, status):
    secret = perform(operations.create_account, AccountData(name="Secret Works", owner_id=cast.max.id))
    perform(operations.create_opportunity, secret, OpportunityData(name="One", amount=Decimal(5), owner_id=cast.ben.id))
    page = sign_in(getattr(cast, who)).get("/opportunities")
    assert page.status_code == status
    assert names(page) == []
    assert "$5" not in page.text
