"""Where a lead lives: kept, filled, refused, and what it says about their time zone."""

import csv
import io

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from leadcrm.core import gazetteer
from leadcrm.core.db import db, perform, writing
from leadcrm.core.gazetteer import Place
from leadcrm.identity import operations as identity
from leadcrm.leads import api, field_routes, operations, queries, record_routes
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Inquiry, Lead
from leadcrm.leads.wording import zone_note
from leadcrm.leads.zone_certainty import candidates, guessed_zone
from tests.api.conftest import ApiClient
from tests.conftest import count_queries

YEAR = 2026
HOME = "America/New_York"
CAPE_TOWN, AMERICAN, TOLL_FREE, CALIFORNIAN = "+27215550147", "+12125550123", "+18005550199", "+13105550142"
PORTLAND, SPRINGFIELD = Place("Portland", "US"), Place("Springfield", "US")
EAST, MIDDLE, WEST = "America/New_York", "America/Chicago", "America/Los_Angeles"


def create(**said) -> Lead:
    return perform(operations.create_lead, LeadData(first_name="Ann", **said), by=None)


def zone_of(lead: Lead) -> tuple[str, str]:
    return lead.timezone, lead.zone_source


@pytest.mark.parametrize(
    ("place", "phone", "zone", "others"),
    [
        (Place("Cape Town", "ZA"), "", "Africa/Johannesburg", ()),
        (Place("Cape Town"), AMERICAN, "Africa/Johannesburg", ()),  # the place knows better than the number
        (Place("", "DE"), "", "Europe/Berlin", ()),
        (PORTLAND, "", WEST, (EAST, MIDDLE)),
        (SPRINGFIELD, "", MIDDLE, (EAST, WEST)),
        (PORTLAND, AMERICAN, EAST, ()),  # Maine's, says the number
        (SPRINGFIELD, CALIFORNIAN, WEST, ()),
        (PORTLAND, TOLL_FREE, WEST, (EAST, MIDDLE)),  # of anywhere in America
        (PORTLAND, CAPE_TOWN, WEST, (EAST, MIDDLE)),  # they do not agree
        (Place("", "US"), CALIFORNIAN, WEST, ()),
    ],
)
def test_a_place_tells_the_zone_and_the_number_narrows_it(place, phone, zone, others):
    assert guessed_zone(phone, place, HOME, YEAR) == (zone, "address")
    assert candidates(zone, "address", phone, place, YEAR) == (zone, *others)


def test_a_country_alone_may_be_any_of_its_zones():
    american = candidates(EAST, "address", "", Place("", "US"), YEAR)
    assert american[0] == EAST
    assert {MIDDLE, WEST, "America/Denver", "America/Phoenix", "Pacific/Honolulu", "America/Anchorage"} < set(american)
    assert len(candidates("Australia/Sydney", "address", "", Place("", "AU"), YEAR)) == 7


@pytest.mark.parametrize("source", ["browser", "chosen"])
def test_what_somebody_told_us_is_more_certain_than_a_place(source):
    assert candidates("Europe/Paris", source, AMERICAN, PORTLAND, YEAR) == ("Europe/Paris",)


def test_a_place_nobody_knows_leaves_it_to_the_number():
    assert guessed_zone(CAPE_TOWN, Place("Nowhere at all"), HOME, YEAR) == ("Africa/Johannesburg", "phone")
    assert candidates(EAST, "phone", AMERICAN, Place("Nowhere at all"), YEAR) == (EAST,)


def test_from_the_surest_to_the_least(acme):
    everything = {"timezone": "Asia/Tokyo", "city": "Paris", "country": "FR", "phone": CAPE_TOWN}
    assert zone_of(create(**everything)) == ("Asia/Tokyo", "chosen")
    del everything["timezone"]
    assert zone_of(create(**everything)) == ("Europe/Paris", "address")
    assert zone_of(create(phone=CAPE_TOWN)) == ("Africa/Johannesburg", "phone")
    assert zone_of(create()) == (HOME, "organization")


def test_the_zone_follows_the_place_unless_it_was_told(acme):
    guessed, told = create(phone=AMERICAN), create(timezone="Asia/Tokyo")
    for lead in (guessed, told):
        perform(operations.edit_field, lead, "country", "South Africa", was="")
    assert zone_of(guessed) == ("Africa/Johannesburg", "address")
    assert zone_of(told) == ("Asia/Tokyo", "chosen")
    perform(operations.edit_lead, guessed, LeadData(country="France"))
    assert (guessed.country, *zone_of(guessed)) == ("FR", "Europe/Paris", "address")
    perform(operations.edit_lead, guessed, LeadData(country=""))
    assert zone_of(guessed) == (EAST, "phone")


def test_a_new_number_narrows_what_the_place_left_open(acme):
    lead = create(city="Portland", country="US")
    assert zone_note(lead, YEAR) == "by their address, Portland, one of 3 possible"
    perform(operations.edit_lead, lead, LeadData(phone=AMERICAN))
    assert (lead.timezone, zone_note(lead, YEAR)) == (EAST, "by their address, Portland")


def test_leads_are_asked_about_together(acme):
    ids = [create(city="Portland", country="US").id, create(city="Cape Town", phone=AMERICAN).id]
    with count_queries() as made:
        found = queries.zone_candidates(ids)
    assert found == {ids[0]: (WEST, EAST, MIDDLE), ids[1]: ("Africa/Johannesburg",)}
    assert len(made) == 1


def test_a_later_inquiry_fills_the_place_and_the_zone_follows(acme):
    lead, _ = perform(operations.capture_lead, LeadData(phone=AMERICAN), realtor=None)
    perform(operations.capture_lead, LeadData(phone=AMERICAN, city="Cape Town", country="ZA"), realtor=None)
    assert (lead.place, *zone_of(lead)) == (("Cape Town", "ZA"), "Africa/Johannesburg", "address")


def test_another_place_is_kept_beside_ours_and_neither_is_mixed(acme):
    lead = create(phone=AMERICAN, country="ZA")
    perform(operations.capture_lead, LeadData(phone=AMERICAN, city="Portland", country="US"), realtor=None)
    assert (lead.place, *zone_of(lead)) == (("", "ZA"), "Africa/Johannesburg", "address")
    differences = db.session.scalars(select(Inquiry.differences)).one()
    assert differences == {
        "city": {"held": "", "said": "Portland"},
        "country": {"held": "South Africa", "said": "United States"},
    }


def test_the_database_takes_codes_only(acme):
    lead_id = create(country="ZA").id
    for country in ("za", "Z"):
        with pytest.raises(IntegrityError), writing() as session:
            session.execute(update(Lead).where(Lead.id == lead_id).values(country=country))


def test_the_page_says_where_the_zone_is_from(acme, cast, sign_in):
    lead = create(city="Cape Town", country="ZA", phone=AMERICAN)
    page = sign_in(cast.ada).get(f"/leads/{lead.id}").text
    assert "by their address, Cape Town" in page
    assert "South Africa" in page
    lead = create(country="US")
    assert "by their address, United States, one of" in sign_in(cast.ada).get(f"/leads/{lead.id}").text


def test_an_empty_place_is_one_line(acme, cast, sign_in):
    page = sign_in(cast.ada).get(f"/leads/{create().id}").text
    assert 'id="field-city"' in page
    assert 'id="field-country"' not in page


def test_a_bad_country_is_refused_beside_its_field(acme, cast, sign_in):
    ada = sign_in(cast.ada)
    typed = {"first_name": "Sipho", "city": "Cape Town", "country": "Atlantis", "phone": AMERICAN}
    for hx in (False, True):
        answer = ada.post("/leads", data=typed, hx=hx)
        assert answer.status_code == 422
        assert "Choose a country from the list, like South Africa." in answer.text
        assert all(f'value="{said}"' in answer.text for said in ("Atlantis", "Cape Town"))
    assert ada.post("/leads", data={**typed, "country": "usa"}).status_code == 303
    lead = db.session.scalars(select(Lead)).one()
    assert lead.place == ("Cape Town", "US")
    answer = ada.post(f"/leads/{lead.id}", data={**typed, "source": "manual"}, hx=True)
    assert answer.status_code == 422
    assert 'value="United States"' in ada.get(f"/leads/{lead.id}/edit").text


@pytest.mark.parametrize(
    ("address", "option"),
    [
        ("/leads/countries", '<option value="South Africa">ZA</option>'),
        ("/leads/zones", '<option value="Africa/Johannesburg">Johannesburg, South Africa'),
    ],
)
def test_places_are_offered_by_name_and_kept_by_the_browser(acme, cast, sign_in, address, option):
    answer = sign_in(cast.ada).get(address, hx=True)
    assert option in answer.text
    assert answer.headers["Cache-Control"] == "private, max-age=86400"


def test_the_export_has_city_and_country(acme, cast, sign_in):
    create(city="Cape Town", country="ZA")
    (row,) = csv.DictReader(io.StringIO(sign_in(cast.ada).get("/leads/export.csv").text.removeprefix("\ufeff")))
    assert (row["City"], row["Country"]) == ("Cape Town", "South Africa")


def test_cities_are_read_before_anything_is_locked(acme, cast, app, sign_in, monkeypatch):
    def locked(verb, *args, **said):
        assert gazetteer._atlas.cache_info().currsize == 1
        return perform(verb, *args, **said)

    lead, ada, program = (
        create(),
        sign_in(cast.ada),
        ApiClient(app, perform(identity.create_token, cast.ada, "test")[1]),
    )
    for routes in (record_routes, field_routes, api):
        monkeypatch.setattr(routes, "perform", locked)
    for ask in (
        lambda: ada.post("/leads", data={"first_name": "Jo", "city": "Cape Town"}),
        lambda: ada.post(f"/leads/{lead.id}", data={"first_name": "Jo", "country": "ZA"}),
        lambda: ada.post(f"/leads/{lead.id}/fields/city", data={"city": "Durban", "was": ""}, hx=True),
        lambda: program.patch(f"/leads/{lead.id}", {"city": "Pretoria"}),
    ):
        gazetteer._atlas.cache_clear()
        assert ask().status_code in (200, 303)
