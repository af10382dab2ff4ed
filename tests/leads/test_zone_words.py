"""Time zones are found by the words people know them by."""

import pytest

from leadcrm.leads import zone_words
from leadcrm.leads.forms import LeadForm


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Europe/London", "Europe/London"),
        ("london", "Europe/London"),
        ("america/new york", "America/New_York"),
        ("Los Angeles", "America/Los_Angeles"),
        ("buenos aires", "buenos aires"),  # two zones have this city: whoever typed it chooses
        ("Mars", "Mars"),
        ("", ""),
        (None, None),
    ],
)
def test_what_was_typed_becomes_the_zones_name_when_there_is_only_one(typed, meant):
    assert zone_words.zone_named(typed) == meant


def test_every_zone_is_offered_with_its_country():
    words = dict(zone_words.options())
    assert words["Africa/Johannesburg"] == "Johannesburg, South Africa"
    assert words["America/Los_Angeles"] == "Los Angeles, United States · Pacific Time"
    assert "Unknown" not in "".join(words.values())


def test_a_form_understands_a_city():
    assert LeadForm(data={"timezone": " london "}).timezone.data == "Europe/London"
