"""What shares a lane shares its time, and one that breaks does not stop the others."""

import gc
import itertools
import time
from types import SimpleNamespace

import pytest
from redis.exceptions import RedisError

from leadcrm.core import jobs, lanes
from leadcrm.core.lanes import Lane, LaneWorker, run_pass
from leadcrm.core.once import run_once


@pytest.fixture
def lane(app, monkeypatch):
    """`lane(drain, …)` has the lane `now` drain just these."""
    monkeypatch.setattr(lanes, "TURN_SECONDS", 0.05)
    monkeypatch.setitem(app.extensions, "timetable", {})

    def choose(*drains):
        monkeypatch.setitem(app.extensions["lanes"], "now", list(drains))

    return choose


def test_a_drain_without_end_lets_the_next_have_its_turn(lane):
    looked = []

    def endless(should_stop) -> int:
        return next(n for n in itertools.count(1) if should_stop() or time.sleep(0.001))

    def next_one(should_stop) -> int:
        looked.append(time.monotonic())
        return 0

    lane(endless, next_one)
    assert run_pass("now", lambda: False, seconds=0.5), "there is more to do"
    assert len(looked) > 3


def test_run_due_reads_what_it_fetches(app, monkeypatch):
    kept = []

    def fetches(should_stop) -> int:
        kept.append("a mail")
        return int(len(kept) < 2)

    def reads(should_stop) -> int:
        count = len(kept)
        kept.clear()
        return count

    monkeypatch.setitem(app.extensions, "timetable", {})
    monkeypatch.setitem(app.extensions, "lanes", {"now": [reads], "slow": [fetches]})
    run_once()
    assert kept == []


def test_waiting_for_work_is_a_sign_of_life(app, monkeypatch):
    """However long the tick is, and also while Redis is away."""
    pulse = SimpleNamespace(value=0.0)
    monkeypatch.setattr(lanes, "_lane", Lane(app, "now", pulse))
    redis = app.extensions["redis"]
    worker = LaneWorker([jobs.queue(app.settings, "now", redis)], connection=redis, prepare_for_work=False)
    with pytest.raises(RedisError):
        worker.heartbeat()
    assert pulse.value == pytest.approx(time.monotonic(), abs=5)


def test_a_drain_that_breaks_does_not_stop_its_neighbours(lane):
    worked = []

    def breaks(should_stop) -> int:
        raise RuntimeError("a bug")

    def works(should_stop) -> int:
        worked.append(1)
        return int(len(worked) < 3)

    lane(breaks, works)
    assert run_pass("now", lambda: False) is False, "everything is done"
    assert len(worked) == 3


def test_no_collection_writes_to_what_the_children_share(app, monkeypatch):
    loaded, looked_at = [object()], []
    monkeypatch.setattr(lanes.Supervisor, "run", lambda _: looked_at.extend(gc.get_objects()))
    lanes.supervise(app)
    assert not any(one is loaded for one in looked_at)
