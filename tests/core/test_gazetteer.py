"""Which time zones a place is in, and countries by any of their names."""

import pytest

from leadcrm.core.countries import codes, country_named, country_words, options
from leadcrm.core.gazetteer import Place, zones_of_place

PORTLANDS = ("America/Los_Angeles", "America/New_York", "America/Chicago")


@pytest.mark.parametrize(
    ("city", "country", "zones"),
    [
        ("Cape Town", "ZA", ("Africa/Johannesburg",)),
        ("cape town", "", ("Africa/Johannesburg",)),
        ("Sao Paulo", "BR", ("America/Sao_Paulo",)),
        ("München", "", ("Europe/Berlin",)),  # in the list as Munich
        ("New York", "US", ("America/New_York",)),  # in the list as New York City
        ("Portland", "US", PORTLANDS),  # Oregon's has most people, then Maine's, then Texas'
        ("Portland, OR", "US", ("America/Los_Angeles",)),
        ("portland , oregon", "", ("America/Los_Angeles",)),
        ("Portland, Maine, USA", "", ("America/New_York",)),
        ("Portland, Sellwood, OR", "", ("America/Los_Angeles",)),
        ("Portland, Atlantis", "US", PORTLANDS),  # nobody knows where that is
        ("Portland, Ontario", "US", PORTLANDS),  # none of them lies there
        ("Portland,", "US", PORTLANDS),
        ("Cambridge, MA", "US", ("America/New_York",)),  # not Morocco
        ("Athens, Georgia", "", ("America/New_York",)),
        ("Tbilisi, Georgia", "", ("Asia/Tbilisi",)),
        ("Richmond, CA", "", ("America/Vancouver", "America/Los_Angeles")),  # Canada, or California
        ("Vancouver, BC", "", ("America/Vancouver",)),
        ("Vancouver, WA", "", ("America/Los_Angeles",)),
        ("Perth, WA", "", ("Australia/Perth",)),
        ("London, Ontario", "", ("America/Toronto",)),
        ("London, UK", "", ("Europe/London",)),
        ("Naples, Italy", "", ("Europe/Rome",)),
        ("Washington, D.C.", "", ("America/New_York",)),
        ("Springfield", "US", ("America/Chicago", "America/New_York", "America/Los_Angeles")),
        ("London", "", ("Europe/London", "America/Toronto")),  # Ontario has one, too
        ("London", "GB", ("Europe/London",)),
        ("", "ZA", ("Africa/Johannesburg",)),
        ("Nowhere at all", "ZA", ("Africa/Johannesburg",)),
        ("Nowhere at all", "", ()),
        (" , ", "", ()),
        ("", "", ()),
    ],
)
def test_a_place_is_in_the_zones_of_all_that_bear_its_name(city, country, zones):
    assert zones_of_place(Place(city, country)) == zones


def test_a_country_alone_may_be_any_of_its_zones_the_one_of_most_people_first():
    american, australian = zones_of_place(Place("", "US")), zones_of_place(Place("", "AU"))
    assert american[0] == "America/New_York"
    assert {"America/Chicago", "America/Los_Angeles", "Pacific/Honolulu", "America/Adak"} < set(american)
    assert australian[0] == "Australia/Sydney"
    assert {"Australia/Perth", "Australia/Lord_Howe"} < set(australian)


@pytest.mark.parametrize("country", sorted(codes()))
def test_every_country_has_a_zone_and_is_known_by_its_code_and_name(country):
    assert zones_of_place(Place("", country))
    assert country_named(country) == country_named(country.lower()) == country_named(country_words(country)) == country


@pytest.mark.parametrize(
    ("typed", "code"),
    [("USA", "US"), ("U.S.A.", "US"), ("UK", "GB"), ("England", "GB"), ("deu", "DE"), ("Turkey", "TR"),
     ("Türkiye", "TR"), ("Bosnia and Herzegovina", "BA"), ("The Netherlands", "NL")],
)  # fmt: skip
def test_a_country_has_many_names(typed, code):
    assert country_named(typed) == code


@pytest.mark.parametrize("typed", ["", "Atlantis", "ZZ", "001", "S", "\x00"])
def test_what_is_no_country(typed):
    assert country_named(typed) is None


def test_countries_are_listed_by_name():
    assert [words for _, words in options()[:3]] == ["Afghanistan", "Åland Islands", "Albania"]
    assert len(options()) == len(codes())
