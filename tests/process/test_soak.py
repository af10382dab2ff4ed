"""The soak's attacks in their short forms: the same code, a few seconds each (P4-P8, P10, P11, P14, P15)."""

from collections.abc import Iterator

import pytest

from soak import growth, killpoints, places, redis_weather, side_by_side, smtp_weather, starving, stopping
from soak.places import Place
from soak.stage import Stage
from soak.verdicts import Verdict
from tests.databases import BACKEND

pytestmark = [pytest.mark.process, pytest.mark.each_database, pytest.mark.timeout(300)]

POINTS = 12  # of each act; the soak takes them all
STOP_SECONDS = 15  # the soak holds every stop to 5; here a browser and other installations run beside it
STARVED_SECONDS = 1.5  # without the fair lock the web waited 2.2 to 5 s; a busy test machine alone takes a part of it


@pytest.fixture
def place(databases, demo_office, demo, tmp_path, monkeypatch) -> Iterator[Place]:
    """The suite's own databases, and offices on copies of the demo."""
    monkeypatch.setattr(places, "ENDING_SECONDS", STOP_SECONDS)
    with Place(BACKEND, tmp_path, databases, demo_office[0], *places.known_of(demo["users"])) as place:
        yield place


def assert_that_all_hold(verdicts: list[Verdict]) -> None:
    assert verdicts
    assert [str(verdict) for verdict in verdicts if not verdict.holds] == []


@pytest.mark.parametrize("kind", killpoints.ROUNDS, ids=lambda kind: kind.name)
def test_a_kill_at_a_statement_breaks_nothing(place, kind):
    with place.office(REDIS_URL="unix:///nonexistent/soak.sock") as office:
        office.start_sink()
        stage = Stage(office)
        tally = killpoints.kill_at_statements(stage, killpoints.Witnesses(office, stage), kind, most=POINTS)
    assert tally.tried >= POINTS
    assert tally.broken == []


def test_a_mail_server_that_loses_answers_is_told_apart_from_one_that_refuses(place):
    shares = {"lost": 0.2, "cut": 0.2, "refused": 0.2}
    assert_that_all_hold(smtp_weather.attack(place, seconds=3, shares=shares))


def test_a_stalled_redis_holds_up_neither_mail_nor_web(place):
    with redis_weather.redis_on_a_line() as (port, line), place.office(REDIS_URL=line.url) as office:
        office.start_all()
        spell = redis_weather.suffer(office, port, line, "stalled", seconds=3)
        arrivals = redis_weather.arrivals(office)
    assert spell.acknowledged
    assert spell.refused == []
    assert spell.acknowledged.keys() <= arrivals.keys()
    assert max(spell.seconds) < 5


def test_workers_side_by_side_have_one_effect(place):
    assert_that_all_hold(side_by_side.attack(place, due=100))


def test_twins_get_one_answer_also_after_the_web_was_killed(place):
    assert_that_all_hold(side_by_side.ask_as_twins(place, rounds=2))


def test_the_web_does_not_wait_for_a_busy_worker(place):
    assert_that_all_hold(starving.attack(place, due=300, most_p99=STARVED_SECONDS))


def test_an_offices_day_is_weighed(place):
    verdicts = growth.attack(place, seconds=6)
    assert [verdict.property for verdict in verdicts] == [
        "memory of the web is flat",
        "memory of the worker is flat",
        "an office's day",
    ]
    assert_that_all_hold(verdicts[2:])  # six seconds are all warm-up: what grew is not yet to be judged


def test_a_worker_stopped_in_the_middle_of_sends_loses_none(place):
    assert_that_all_hold(stopping.attack(place, seconds=10, most_stops=2, sink_delay=0.5, slowest=STOP_SECONDS))
