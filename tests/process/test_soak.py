"""The soak's attacks in their short forms: the same code, a few seconds each (P4-P6, P8, P10-P12, P14, P15)."""

import os

import pytest

from soak import clock_jumps, growth, killpoints, side_by_side, smtp_weather, starving, stopping
from soak.stage import Stage, end_waits
from soak.verdicts import Verdict
from tests.process.conftest import STOP_SECONDS

pytestmark = [pytest.mark.process, pytest.mark.each_database, pytest.mark.timeout(300)]

POINTS = 12  # of each act; the soak takes them all
STARVED_SECONDS = 1.5  # without the fair lock the web waited 2.2 to 5 s; a busy test machine alone takes a part of it


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
    """And from one that wants to be asked again, which it is."""
    shares = {"lost": 0.2, "cut": 0.2, "refused": 0.2, "later": 0.2}
    befell, *promised = smtp_weather.attack(place, 3, shares, spend_time=lambda office: Stage(office).run(end_waits))
    assert [fault for fault in shares if fault not in befell.figure] == []
    assert_that_all_hold(promised)


def test_twins_get_one_answer_and_workers_side_by_side_have_one_effect(place):
    """Twins also after the web was killed."""
    with place.office() as office:
        office.start_all()
        assert_that_all_hold(side_by_side.answer_twins(office, place, rounds=2))
        assert_that_all_hold(side_by_side.work_side_by_side(office, place, due=100))


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


def test_no_jump_of_the_hosts_clock_sends_twice_or_early(place):
    if clock_jumps.library() is None and os.geteuid() != 0:
        pytest.skip("Only root may install Debian's libfaketime; `.ci/run` does, and fails where it cannot be had")
    assert_that_all_hold(clock_jumps.attack(place, look_seconds=4))


def test_a_worker_stopped_in_the_middle_of_sends_loses_none(place):
    assert_that_all_hold(stopping.attack(place, seconds=10, most_stops=2, sink_delay=0.5, slowest=STOP_SECONDS))
