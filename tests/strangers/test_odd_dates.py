"""Dates from the ends of the calendar, and what only looks like one: read or refused, never a 500."""

import pytest

from leadcrm.bookings.links import manage_token
from leadcrm.core import tenancy
from tests.strangers.cases import CASES, ask, routes
from tests.strangers.reading import names_read

PAGES = [name for name in CASES if "_api." not in name]
ENDS = ("9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59", "0001-01-01")
ODD = (
    *ENDS,
    "9999-12-31T23:59:00+00:00",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31",
    "9999-12",
    "0001-01",
    "2030-02-30T10:00:00+00:00",
    "2030-03-10T02:30:00-05:00",
    "+292277026596-12-04",
    "99999999999999999999",
    "2030-W53-7T10:00:00+24:00",
    "٢٠٣٠-٠٣-٠٤",
)
WHO = {"first_name": "Zoe", "email": "zoe@mail.example"}


@pytest.mark.parametrize("name", PAGES)
def test_no_field_of_any_page_breaks_by_an_odd_date(houses, name):
    asked = ask(routes(houses.app)[name], name, houses.acme)
    for key in names_read(houses.ada, asked):
        for odd in ENDS:
            assert houses.ada.send(asked.saying(key, odd), hx=True).status_code < 500, (key, odd)
    houses.changes()


@pytest.mark.parametrize("odd", ODD)
def test_a_visitor_who_asks_for_an_odd_time_is_shown_the_page_and_books_nothing(houses, odd):
    visitor, page = houses.nobody.browser(), f"/book/{houses.acme['realtor']}"
    for query in ({"start": odd}, {"day": odd}, {"month": odd}, {"tz": odd}, {"start": odd, "tz": "Pacific/Apia"}):
        assert visitor.get(page, query_string=query).status_code == 200, query
        assert visitor.get(meeting_of(houses), query_string={"change": "1"} | query).status_code == 200, query
    assert visitor.post(page, data={**WHO, "start": odd}).status_code in (409, 422)
    assert visitor.post(meeting_of(houses), data={"start": odd}).status_code in (409, 422)
    assert "bookings" not in {table for table, _ in houses.changes()}


@pytest.mark.parametrize("odd", ODD)
def test_a_colleague_books_nothing_at_an_odd_time(houses, odd):
    name = "POST bookings.book"
    for field in ("start", "day"):
        answer = houses.ada.send(ask(routes(houses.app)[name], name, houses.acme).saying(field, odd))
        assert answer.status_code < 500, field
        assert field != "start" or answer.status_code in (409, 422)
    houses.changes()


def meeting_of(houses) -> str:
    with tenancy.organization(houses.acme["organization"]):
        return f"/meeting/{manage_token(houses.acme['booking'])}"
