"""Fields edited where they are shown: each saves alone, refuses alone, and never overwrites what nobody saw."""

import html
import json
import re

import pytest
from sqlalchemy import select

from leadcrm.core.db import db, perform
from leadcrm.leads import operations
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead

CHANGES = {
    "company": ("", "Acme & Sons", "Acme &amp; Sons"),
    "interest": ("", "A house", "A house"),
    "city": ("", "Cape Town", "Cape Town"),
    "country": ("", "za", "South Africa"),
    "source": ("manual", "website", "Website"),
    "email": ("naledi@mail.example", "New@Mail.example", "new@mail.example"),
    "phone": ("+27215550147", "+27 82 123 4567", "+27 82 123 4567"),
    "timezone": ("Africa/Johannesburg", "london", "Europe/London"),
    "tags": ("Garden", "Garden, Sea view", "Sea view"),
    "status": ("new", "qualified", "Qualified"),
}


def url_of(lead: Lead, name: str) -> str:
    return f"/leads/{lead.id}/fields/{name}"


def undo_of(answer) -> tuple[str, dict[str, str]]:
    """Where the toast's Undo posts, and what."""
    address = re.search(r'hx-post="([^"]+/undo)"', answer.text)[1]
    return address, json.loads(html.unescape(re.search(r"hx-vals='([^']+)'", answer.text)[1]))


def held(lead: Lead, name: str) -> str:
    db.session.rollback()
    db.session.expire_all()
    return operations.field_text(db.session.scalars(select(Lead).where(Lead.id == lead.id)).one(), name)


@pytest.mark.parametrize("name", operations.FIELDS)
def test_a_value_becomes_a_field_and_text_again(sign_in, cast, lead, name):
    ada = sign_in(cast.ada)
    form = ada.get(url_of(lead, name), hx=True)
    assert f'name="{name}"' in form.text
    assert f'value="{html.escape(operations.field_text(lead, name))}"' in form.text
    assert f'id="field-{name}"' in ada.get(f"{url_of(lead, name)}/value", hx=True).text
    assert ada.get(url_of(lead, name)).status_code == 302


@pytest.mark.parametrize("name", CHANGES)
def test_a_field_is_saved_and_taken_back(sign_in, cast, lead, name):
    was, typed, shown = CHANGES[name]
    ada = sign_in(cast.ada)
    answer = ada.post(url_of(lead, name), data={name: typed, "was": was}, hx=True)
    assert answer.status_code == 200
    assert "lead-edited" in answer.headers["HX-Trigger"]
    assert shown in answer.text.split("<hx-partial")[0]
    assert held(lead, name) != was
    address, values = undo_of(answer)
    assert "Undone." in ada.post(address, data=values, hx=True).text
    assert held(lead, name) == was


def test_tags_typed_in_any_order_are_taken_back(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    answer = ada.post(url_of(lead, "tags"), data={"tags": "Zoo view, Attic, Garden", "was": "Garden"}, hx=True)
    address, values = undo_of(answer)
    assert "Undone." in ada.post(address, data=values, hx=True).text
    assert held(lead, "tags") == "Garden"


def test_undo_leaves_alone_what_somebody_changed_since(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    address, values = undo_of(ada.post(url_of(lead, "company"), data={"company": "Acme", "was": ""}, hx=True))
    perform(operations.edit_lead, lead, LeadData(company="Theirs"))
    assert "Nothing to undo" in ada.post(address, data=values, hx=True).text
    assert held(lead, "company") == "Theirs"


def test_an_owner_is_chosen_where_it_is_shown(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    answer = ada.post(url_of(lead, "owner_id"), data={"owner_id": cast.max.id, "was": ""}, hx=True)
    assert "Max" in answer.text.split("<hx-partial")[0]
    assert held(lead, "owner_id") == cast.max.id
    for someone in (cast.rita.id, cast.pat.id, "nobody"):
        answer = ada.post(url_of(lead, "owner_id"), data={"owner_id": someone, "was": cast.max.id}, hx=True)
        assert answer.status_code == 422
    assert held(lead, "owner_id") == cast.max.id


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("email", "nonsense", "not an email address"),
        ("phone", "12", "not a phone number"),
        ("timezone", "Mars", "Choose a time zone"),
        ("country", "Atlantis", "Choose a country"),
        ("city", "x" * 121, "At most 120"),
        ("company", "x" * 161, "At most 160"),
        ("tags", "x" * 41, "at most 40"),
        ("interest", "a\x00b", "cannot be saved"),
        ("status", "converted", "Not a valid choice"),
        ("status", "unqualified", "Say why"),
    ],
)
def test_a_refusal_stands_beside_what_was_typed(sign_in, cast, lead, name, typed, says):
    was = operations.field_text(lead, name)
    answer = sign_in(cast.ada).post(url_of(lead, name), data={name: typed, "was": was}, hx=True)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'aria-invalid="true"' in answer.text
    if "\x00" not in typed and name != "status":
        assert f'value="{typed}"' in answer.text
    assert held(lead, name) == was


def test_an_unqualified_lead_needs_a_reason_and_undo_gives_the_old_one(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    perform(operations.change_status, lead, "unqualified", "No budget")
    answer = ada.post(url_of(lead, "status"), data={"status": "new", "was": "unqualified"}, hx=True)
    ada.post(undo_of(answer)[0], data=undo_of(answer)[1], hx=True)
    db.session.rollback()
    assert db.session.execute(select(Lead.status, Lead.status_reason)).one() == ("unqualified", "No budget")


def test_a_conflict_shows_both_values_and_saving_again_decides(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    perform(operations.edit_lead, lead, LeadData(company="Theirs"))
    answer = ada.post(url_of(lead, "company"), data={"company": "Mine", "was": ""}, hx=True)
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert "<b>Theirs</b>" in answer.text
    assert held(lead, "company") == "Theirs"
    was = re.search(r'name="was"[^>]*value="([^"]*)"', answer.text)[1]
    assert ada.post(url_of(lead, "company"), data={"company": "Mine", "was": was}, hx=True).status_code == 200
    assert held(lead, "company") == "Mine"


def test_two_fields_of_one_lead_do_not_stand_in_each_others_way(sign_in, cast, lead):
    ada = sign_in(cast.ada)
    for name, typed in (("company", "Acme"), ("interest", "A house")):
        assert ada.post(url_of(lead, name), data={name: typed, "was": ""}, hx=True).status_code == 200
    assert (held(lead, "company"), held(lead, "interest")) == ("Acme", "A house")


@pytest.mark.parametrize("name", ["name", "organization_id", "score", "__class__", "%00"])
def test_nothing_else_of_a_lead_is_a_field(sign_in, cast, lead, name):
    ada = sign_in(cast.ada)
    assert ada.get(url_of(lead, name), hx=True).status_code == 404
    assert ada.post(url_of(lead, name), data={name: "x", "was": ""}, hx=True).status_code == 404


def test_fields_of_leads_one_may_not_see_are_not_there(sign_in, cast, lead):
    perform(operations.assign_lead, lead, cast.max.id)
    for person in (cast.rita, cast.ben):
        client = sign_in(person)
        assert client.get(url_of(lead, "company"), hx=True).status_code == 404
        for address in (url_of(lead, "company"), f"{url_of(lead, 'company')}/undo"):
            assert client.post(address, data={"company": "x", "was": ""}, hx=True).status_code == 404
    assert held(lead, "company") == ""
