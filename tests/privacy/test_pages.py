"""Two steps before somebody is erased, by an owner only, with what goes and what stays in words."""

import pytest
from sqlalchemy import func, select

from leadcrm.core.db import db
from leadcrm.leads.models import Lead
from tests.conversations.conftest import make_lead


@pytest.fixture
def lead(acme) -> Lead:
    return make_lead(email="jane@example.com")


def leads() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Lead.id)))


@pytest.mark.parametrize("hx", [True, False])
def test_first_it_says_what_goes_and_what_stays(lead, cast, sign_in, hx):
    page = sign_in(cast.ada).get(f"/leads/{lead.id}/erasure", hx=hx).text
    for words in ("What is removed", "What stays, and why", "keyed hash", "audit trail", "1 address of Jane"):
        assert words in page
    assert leads() == 1


@pytest.mark.parametrize("word", ["", "yes", "Jane Doe"])
def test_without_the_word_nothing_happens(lead, cast, sign_in, word):
    answer = sign_in(cast.ada).post(f"/leads/{lead.id}/erasure", data={"word": word}, hx=True)
    assert answer.status_code == 422
    assert "Type the word erase" in answer.text
    assert leads() == 1


def test_with_it_the_person_is_gone(lead, cast, sign_in):
    client = sign_in(cast.ada)
    answer = client.post(f"/leads/{lead.id}/erasure", data={"word": "Erase"}, hx=True)
    assert answer.headers["HX-Redirect"] == "/leads"
    assert leads() == 0
    assert client.get(f"/leads/{lead.id}").status_code == 404


@pytest.mark.parametrize("who", ["max", "ben", "mia", "pat"])
def test_nobody_but_an_owner_erases(lead, cast, sign_in, who):
    client = sign_in(getattr(cast, who))
    assert client.get(f"/leads/{lead.id}/erasure").status_code == 403
    assert client.post(f"/leads/{lead.id}/erasure", data={"word": "erase"}).status_code == 403
    assert leads() == 1


def test_another_organizations_owner_finds_nobody(lead, cast, sign_in):
    client = sign_in(cast.rita)
    for path in ("personal-data", "erasure"):
        assert client.get(f"/leads/{lead.id}/{path}").status_code == 404
    assert client.post(f"/leads/{lead.id}/erasure", data={"word": "erase"}).status_code == 404


def test_who_shares_an_address_is_named(lead, cast, sign_in):
    other = make_lead("John", email="jane@example.com", identifies=False)
    page = sign_in(cast.max).get(f"/leads/{lead.id}/personal-data", hx=True).text
    assert f'href="/leads/{other.id}"' in page
    assert "/erasure" not in page


@pytest.mark.parametrize(("who", "offered"), [("ada", True), ("max", True), ("mia", False)])
def test_the_lead_offers_it_to_those_who_may(lead, cast, sign_in, who, offered):
    page = sign_in(getattr(cast, who)).get(f"/leads/{lead.id}").text
    assert ("Personal data" in page) is offered
