"""Two realtors of one team: Vera's job gives her nothing of Rosa's hours and meetings; Rosa has her own."""

import pytest

from tests.strangers.cases import CASES, ask, routes
from tests.strangers.conftest import Houses
from tests.strangers.house import words_of

HOURS = [name for name in CASES if name.startswith(("GET availability.of", "POST availability."))]
MEETINGS = [name for name, case in CASES.items() if "bookings" in name and case.binds == "lead"]
LIST = "GET bookings.index"
CANCEL = ("POST bookings.cancel", "DELETE bookings_api.cancel")
WORD, LEADS_WORD = words_of("acme")
ROSAS = (f"place {WORD}", f"words {WORD}", LEADS_WORD)


def knock(houses: Houses, caller: str, name: str):
    return getattr(houses, caller).send(ask(routes(houses.app)[name], name, houses.acme))


def test_the_cases_are_what_these_tests_are_about():
    assert len(HOURS) == 2
    assert len(MEETINGS) == 6


@pytest.mark.parametrize("name", [*HOURS, *MEETINGS])
def test_a_realtor_neither_sees_nor_changes_what_is_another_realtors(houses, name):
    answer = knock(houses, "vera", name)
    assert answer.status_code == 404
    assert not any(word in answer.text for word in ROSAS)
    assert not houses.changes()


def test_a_realtor_moves_no_meeting_of_a_lead_they_may_not_see_by_the_api(houses):
    assert knock(houses, "vera", "POST bookings_api.book").status_code == 404
    assert not houses.changes()


def test_a_realtors_own_hours_are_theirs_alone(houses):
    page = houses.vera.browser().get("/settings/availability")
    assert page.status_code == 200
    assert not any(word in page.text for word in ROSAS)


def test_a_realtor_sees_their_own_meetings_only(houses):
    assert LEADS_WORD not in knock(houses, "vera", LIST).text
    assert LEADS_WORD in knock(houses, "rosa", LIST).text


@pytest.mark.parametrize("name", [*HOURS, *CANCEL])
@pytest.mark.parametrize("caller", ["rosa", "max"])
def test_the_realtor_and_those_who_run_the_team_are_served(houses, name, caller):
    assert knock(houses, caller, name).status_code < 400
    assert bool(houses.changes()) is not name.startswith("GET")


@pytest.mark.parametrize("name", HOURS)
@pytest.mark.parametrize("caller", ["ben", "mia"])
def test_a_colleague_who_is_no_realtor_sets_nobodys_hours(houses, name, caller):
    assert knock(houses, caller, name).status_code == 403
    assert not houses.changes()
