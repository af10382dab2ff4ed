"""What columns mean, how days are written, and what a row says."""

from datetime import UTC, date, datetime

import pytest

from leadcrm.core.csv_cells import safe_cell
from leadcrm.imports.columns import doubled, guessed
from leadcrm.imports.csv_files import Record
from leadcrm.imports.data import Plan, RowRefused
from leadcrm.imports.dates import NotADay, day_of, moment_of, order_in
from leadcrm.imports.reading import RowReader, payload_names, plain
from leadcrm.leads.data import Beginnings, Consent


@pytest.mark.parametrize(
    ("headings", "meanings"),
    [
        (("First Name", "Surname", "E-mail", "Mobile Phone"), ["first_name", "last_name", "email", "phone"]),
        (("EMAIL_ADDRESS", "Full name", "Organisation"), ["email", "name", "company"]),
        (("Contact owner", "Lead Source", "Labels", "Group membership"), ["owner", "source", "tags", "tags"]),
        (("Email", "Work email", "Shoe size", ""), ["email", "ignore", "ignore", "ignore"]),
        (
            ("Person - Name", "E-mail 1 - Value", "Phone 1 - Value", "Organization - Name"),
            ["name", "email", "phone", "company"],
        ),
        (("Mailing City", "Country/Region"), ["city", "country"]),
        (("Opt-in date", "Opt-in source"), ["consent_on", "consent_source"]),
    ],
)
def test_headings_say_what_columns_mean(headings, meanings):
    assert guessed(headings, []) == meanings


def test_a_column_that_holds_something_else_is_left_out():
    assert guessed(("Status", "Score"), [("new", "80"), ("", "")]) == ["status", "score"]
    assert guessed(("Status", "Score"), [("Attempted to contact", "A+")]) == ["ignore", "ignore"]


def test_only_tags_and_nothing_may_come_from_several_columns():
    assert doubled(["email", "tags", "tags", "ignore", "ignore", "email"]) == [5]


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-03-04", "mdy", date(2026, 3, 4)),
        ("2026-03-04T10:00:00+02:00", "dmy", date(2026, 3, 4)),
        ("4.3.2026", "mdy", date(2026, 3, 4)),
        ("04/03/2026", "dmy", date(2026, 3, 4)),
        ("3/4/2026 10:15", "mdy", date(2026, 3, 4)),
    ],
)
def test_days_as_they_are_written(text, order, day):
    assert day_of(text, order) == day


@pytest.mark.parametrize("text", ["", "yes", "31.2.2026", "13/13/2026", "2026", "1.1.26", "1.1.0001", "9" * 400])
def test_what_is_no_day_is_not_guessed(text):
    with pytest.raises(NotADay):
        day_of(text, "dmy")


def test_moments_keep_their_hour_when_they_say_their_zone():
    assert moment_of("2026-03-04T10:00:00+02:00", "dmy") == datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert moment_of("4.3.2026", "dmy") == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert (order_in("US"), order_in("ZA")) == ("mdy", "dmy")


@pytest.mark.parametrize("text", ["=SUM(A1)", "@home", "-5", "+not a number", "\u200b=1"])
def test_what_a_program_guarded_against_formulas_comes_back_as_it_was(text):
    assert safe_cell(text) != text
    assert plain(safe_cell(text)) == text.strip()


@pytest.mark.parametrize("text", ["'quoted'", "O'Brien", "+12125550123", "''"])
def test_other_apostrophes_stay(text):
    assert plain(text) == text


def test_cells_of_equal_headings_are_kept_apart():
    assert payload_names(["Email", "", "Email"]) == ["Email", "Column 2", "Email (3)"]


def read(cast, columns: str, *cells: str, **plan):
    """What one row says, by a plan for these columns."""
    names = tuple(columns.split())
    reader = RowReader(Plan(columns=names, **plan), names, [cast.ada, cast.ben, cast.pat])
    return reader.read(Record(2, cells))


def test_a_row_says_who_a_lead_is(acme, cast):
    reading = read(
        cast, "name email phone tags ignore", "Jo  van Doe", " JO@Mail.example ", "(212) 555-0123", "a; b,A", "x"
    )
    data = reading.submission.data
    assert (data.first_name, data.last_name, data.source) == ("Jo", "van Doe", "import")
    assert (reading.submission.email, reading.submission.phone) == ("jo@mail.example", "+12125550123")
    assert data.tags == ["A", "b"]
    assert data.payload == {
        "name": "Jo  van Doe",
        "email": " JO@Mail.example ",
        "phone": "(212) 555-0123",
        "tags": "a; b,A",
        "ignore": "x",
    }
    assert reading.beginnings == Beginnings()


@pytest.mark.parametrize(
    ("written", "code"), [("ZA", "ZA"), ("za", "ZA"), ("South Africa", "ZA"), ("USA", "US"), ("côte d'ivoire", "CI")]
)
def test_a_country_is_read_by_its_code_or_its_name(acme, cast, written, code):
    submission = read(cast, "name city country", "Jo", " Cape  Town ", written).submission
    assert (submission.data.city, submission.data.country) == ("Cape Town", code)


def test_where_a_row_says_somebody_lives_tells_the_zone(acme, cast):
    assert read(cast, "name city country", "Jo", "Cape Town", "ZA").submission.zone == (
        "Africa/Johannesburg",
        "address",
    )


def test_a_country_that_is_none_is_refused(acme, cast):
    with pytest.raises(RowRefused, match="Country: Choose a country"):
        read(cast, "name country", "Jo", "Atlantis")


def test_what_stands_in_a_names_place_is_no_name(acme, cast):
    for cells in (("jo@mail.example", "jo@mail.example", ""), ("Khumalo & Co", "", "Khumalo & Co")):
        data = read(cast, "name email company", *cells).submission.data
        assert (data.first_name, data.last_name) == (None, None)


def test_of_several_addresses_in_a_cell_the_first_is_taken(acme, cast):
    for written in ("jo@mail.example ::: j@mail.example", "jo@mail.example; j@mail.example", "jo@mail.example,x"):
        reading = read(cast, "email phone", written, "+12125550123;+12125550124")
        assert (reading.submission.email, reading.submission.phone) == ("jo@mail.example", "+12125550123")
        assert reading.submission.data.payload["email"] == written


def test_owners_are_found_by_name_or_address(acme, cast):
    for said in ("Ben", "BEN@acme.test"):
        assert read(cast, "name owner", "Jo", said).submission.data.owner_id == cast.ben.id
    assert read(cast, "name owner", "Jo", "", owner_id=cast.ada.id).submission.data.owner_id == cast.ada.id


def test_consent_comes_from_the_row_else_from_what_holds_for_all(acme, cast):
    fixed = {"consent_source": "fair", "consent_on": date(2026, 3, 1)}
    assert read(cast, "name", "Jo", **fixed).submission.data.consent == Consent("fair", date(2026, 3, 1))
    said = read(cast, "name consent_source consent_on", "Jo", "form", "2.3.2026", **fixed)
    assert said.submission.data.consent == Consent("form", date(2026, 3, 2))
    assert read(cast, "name consent_source consent_on", "Jo", "", "").submission.data.consent is None
    assert read(cast, "name consent_on", "Jo", "", consent_source="fair").submission.data.consent is None


@pytest.mark.parametrize(
    ("columns", "cells", "words"),
    [
        ("email", ("nobody",), "Email: This is not an email address"),
        ("phone", ("12",), "Phone: This is not a phone number"),
        ("name email", ("", ""), "First name: Give a name"),
        ("first_name", ("x" * 121,), "First name: At most 120 characters."),
        ("name interest", ("Jo", "x" * 201), "Interest: At most 200"),
        ("name tags", ("Jo", ",".join(map(str, range(21)))), "Tags: At most 20 tags"),
        ("name owner", ("Jo", "Rita"), "Nobody of your team is called “Rita”"),
        ("name owner", ("Jo", "Pat"), "Nobody of your team"),
        ("name timezone", ("Jo", "Mars/Olympus"), "Time zone: Choose a time zone"),
        ("name status", ("Jo", "converted"), "Status: A lead becomes converted only by conversion."),
        ("name status", ("Jo", "hot"), "Status: There is no such status."),
        ("name score", ("Jo", "101"), "Score: A score is a number from 0 to 100."),
        ("name created", ("Jo", "2098-01-01"), "Created on: This day has not come yet."),
        ("name consent_source", ("Jo", "fair"), "Consent: on which day: Say on which day they agreed."),
        ("name consent_source consent_on", ("Jo", "fair", "2098-01-01"), "This day has not come yet."),
        ("name consent_source consent_on", ("Jo", "fair", "yes"), "“yes” is no day."),
        ("name consent_on", ("Jo", "2026-01-01"), "Consent: where they agreed: Say where they agreed"),
        ("name", ("Zo\ufffd",), "Full name: This contains characters that cannot be read."),
        ("name", ("Zo\x07",), "characters that cannot be read"),
    ],
)
def test_a_row_that_makes_no_lead_says_why(acme, cast, columns, cells, words):
    with pytest.raises(RowRefused) as refusal:
        read(cast, columns, *cells)
    assert words in str(refusal.value)
