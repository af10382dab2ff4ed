"""Where a lead may be, as far as we know: told, chosen, read off the phone number, or the organization's own."""

import pytest

from leadcrm.core.db import perform
from leadcrm.core.gazetteer import Place
from leadcrm.leads import operations, queries
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from leadcrm.leads.wording import zone_note
from leadcrm.leads.zone_certainty import candidates, guessed_zone
from tests.conftest import count_queries

YEAR = 2026
NOWHERE = Place()
BRITISH_MOBILE, AMERICAN, TOLL_FREE = "+447400123456", "+12125550123", "+18005550199"
AUSTRALIAN_MOBILE, SPANISH_MOBILE, CAPE_TOWN = "+61412345678", "+34612345678", "+27215550147"


@pytest.mark.parametrize(
    ("phone", "home", "zone", "source"),
    [
        (CAPE_TOWN, "Europe/London", "Africa/Johannesburg", "phone"),
        (AMERICAN, "Europe/London", "America/New_York", "phone"),
        (BRITISH_MOBILE, "Europe/London", "Europe/London", "phone"),  # or Jersey: it is the same time there
        (BRITISH_MOBILE, "America/New_York", "Europe/London", "phone"),
        (SPANISH_MOBILE, "America/New_York", "Europe/Madrid", "phone"),  # or the Canary Islands, an hour behind
        (SPANISH_MOBILE, "Europe/London", "Europe/Madrid", "phone"),
        (AUSTRALIAN_MOBILE, "America/New_York", "Australia/Adelaide", "phone"),  # the middle of the country
        (AUSTRALIAN_MOBILE, "Australia/Perth", "Australia/Perth", "organization"),  # a neighbour, most likely
        (TOLL_FREE, "America/Chicago", "America/Chicago", "organization"),
        ("", "Europe/London", "Europe/London", "organization"),
        ("62447", "Europe/London", "Europe/London", "organization"),  # a short code
    ],
)
def test_the_likeliest_zone(phone, home, zone, source):
    assert guessed_zone(phone, NOWHERE, home, YEAR) == (zone, source)


@pytest.mark.parametrize("source", ["browser", "chosen"])
def test_what_somebody_told_us_is_certain(source):
    assert candidates("Europe/Paris", source, TOLL_FREE, NOWHERE, YEAR) == ("Europe/Paris",)


@pytest.mark.parametrize(
    ("timezone", "source", "phone", "others"),
    [
        ("Africa/Johannesburg", "phone", CAPE_TOWN, ()),
        ("Europe/London", "phone", BRITISH_MOBILE, ()),
        ("Europe/Madrid", "phone", SPANISH_MOBILE, ("Atlantic/Canary",)),
        ("America/New_York", "organization", CAPE_TOWN, ("Africa/Johannesburg",)),  # the number came later
        ("Europe/London", "organization", "", ()),
    ],
)
def test_a_guess_has_every_zone_of_the_number_besides(timezone, source, phone, others):
    assert candidates(timezone, source, phone, NOWHERE, YEAR) == (timezone, *others)


def test_of_zones_with_one_clock_one_is_a_candidate():
    found = candidates("Australia/Sydney", "organization", AUSTRALIAN_MOBILE, NOWHERE, YEAR)
    assert found[0] == "Australia/Sydney"
    assert {"Australia/Perth", "Australia/Brisbane", "Australia/Adelaide"} < set(found)
    assert len(found) == len(set(found)) == 8


def test_a_whatsapp_id_is_a_number_too():
    assert candidates("America/New_York", "organization", "27215550147", NOWHERE, YEAR)[1:] == ("Africa/Johannesburg",)


def create(**said) -> Lead:
    return perform(operations.create_lead, LeadData(first_name="Ann", **said), by=None)


def test_leads_are_asked_about_together(acme):
    told, guessed = create(timezone="Asia/Tokyo", phone=TOLL_FREE), create(phone=SPANISH_MOBILE)
    ids = [told.id, guessed.id, create(email="ann@example.com").id]
    with count_queries() as queries_made:
        found = queries.zone_candidates(ids)
    zones = [("Asia/Tokyo",), ("Europe/Madrid", "Atlantic/Canary"), ("America/New_York",)]
    assert found == dict(zip(ids, zones, strict=True))
    assert len(queries_made) == 1


def test_a_guess_follows_the_number(acme):
    lead = create(phone=AMERICAN)
    perform(operations.edit_field, lead, "phone", CAPE_TOWN, was=AMERICAN)
    assert (lead.timezone, lead.zone_source) == ("Africa/Johannesburg", "phone")
    perform(operations.edit_field, lead, "timezone", "Asia/Tokyo", was=lead.timezone)
    perform(operations.edit_field, lead, "phone", AMERICAN, was=CAPE_TOWN)
    assert (lead.timezone, lead.zone_source) == ("Asia/Tokyo", "chosen")


def test_a_number_that_comes_with_a_later_inquiry_tells_the_zone(acme):
    lead, _ = perform(operations.capture_lead, LeadData(email="ann@example.com"), realtor=None)
    assert (lead.timezone, lead.zone_source) == ("America/New_York", "organization")
    perform(operations.capture_lead, LeadData(email="ann@example.com", phone=CAPE_TOWN), realtor=None)
    assert (lead.timezone, lead.zone_source) == ("Africa/Johannesburg", "phone")


def test_a_browser_in_the_guessed_zone_makes_it_certain(acme):
    lead, _ = perform(operations.capture_lead, LeadData(phone=AMERICAN), realtor=None)
    assert lead.zone_source == "phone"
    perform(operations.capture_lead, LeadData(phone=AMERICAN, timezone="America/New_York"), realtor=None)
    assert (lead.timezone, lead.zone_source) == ("America/New_York", "browser")


def test_a_person_confirms_a_guess_by_saving_it(acme):
    lead = create(phone=SPANISH_MOBILE)
    assert zone_note(lead, YEAR) == "from the phone number, one of 2 possible"
    perform(operations.edit_field, lead, "timezone", "Europe/Madrid", was="Europe/Madrid")
    assert (lead.zone_source, zone_note(lead, YEAR)) == ("chosen", "set by hand")


def test_the_source_is_shown_beside_the_zone(acme, cast, sign_in):
    lead = create(phone=SPANISH_MOBILE)
    page = sign_in(cast.ada).get(f"/leads/{lead.id}").text
    assert "from the phone number, one of 2 possible" in page
