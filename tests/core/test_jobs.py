"""Bells: nobody waits for one to be rung."""

import os
import threading
import time

import pytest

from leadcrm.core import jobs


@pytest.fixture
def rung(app, monkeypatch):
    """What was rung, by a Redis that takes its time."""
    heard, may_go_on = [], threading.Event()

    def ring(lane: str) -> bool:
        may_go_on.wait(5)
        heard.append((lane, threading.current_thread().name))
        return True

    monkeypatch.setattr(jobs, "ring", ring)
    monkeypatch.setattr(jobs, "_deaf_until", 0.0)
    yield heard, may_go_on
    may_go_on.set()


def wait_until_quiet(app) -> None:
    until = time.monotonic() + 5
    while app.extensions["ringer"].thread is not None and time.monotonic() < until:
        time.sleep(0.01)


def test_a_request_does_not_wait_for_its_bell(app, rung):
    heard, may_go_on = rung
    jobs.ring_now()
    assert heard == []
    may_go_on.set()
    wait_until_quiet(app)
    assert heard == [("now", "ringer")]


def test_bells_asked_for_while_one_rings_are_rung_once_each(app, rung):
    heard, may_go_on = rung
    for _ in range(3):
        jobs.ring_now()
        jobs.ring_slow()
    may_go_on.set()
    wait_until_quiet(app)
    assert {lane for lane, _ in heard} == {"now", "slow"}
    assert len(heard) <= 3, "one was ringing already, and each lane once after it"
    jobs.ring_slow()
    wait_until_quiet(app)
    assert heard[-1] == ("slow", "ringer")


def test_a_forked_child_rings_by_itself_whatever_its_parent_was_doing(app, rung):
    heard, may_go_on = rung
    ringer = app.extensions["ringer"]
    with ringer.lock:  # as if a thread of the parent held it at that moment
        pid = os.fork()
        if pid == 0:
            may_go_on.set()
            ringer.ask("now")
            wait_until_quiet(app)
            os._exit(0 if heard == [("now", "ringer")] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_nobody_is_sent_to_a_redis_that_was_just_away(app, rung, monkeypatch):
    heard, _ = rung
    monkeypatch.setattr(jobs, "_deaf_until", time.monotonic() + 60)
    jobs.ring_now()
    assert app.extensions["ringer"].thread is None
    assert heard == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_after_a_bell_that_broke_the_next_is_rung(app, monkeypatch):
    answers = iter([ValueError("not of Redis"), True])
    rung = []

    def ring(lane: str) -> bool:
        rung.append(lane)
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(jobs, "ring", ring)
    monkeypatch.setattr(jobs, "_deaf_until", 0.0)
    for lane in ("now", "slow"):
        app.extensions["ringer"].ask(lane)
        wait_until_quiet(app)
    assert rung == ["now", "slow"]


def test_a_request_outlives_a_machine_without_threads(app, rung, monkeypatch):
    heard, may_go_on = rung
    may_go_on.set()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _no_thread)
        jobs.ring_now()
    assert heard == []
    jobs.ring_slow()
    wait_until_quiet(app)
    assert {lane for lane, _ in heard} == {"now", "slow"}


def _no_thread(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
