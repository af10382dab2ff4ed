"""However it ends, nothing of an installation stays behind: no process, no lock (P15)."""

import os
import signal
import time

import pytest
import requests

from tests.installation import Installation, wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


def start_everything(installation: Installation) -> None:
    installation.start("station", "-m", "leadcrm.station")
    wait_for(installation.answers)
    wait_for(lambda: worker_is_seen(installation))


def worker_is_seen(installation: Installation) -> bool:
    return None not in requests.get(f"{installation.url}/readyz", timeout=2).json()["lanes"].values()


def nothing_left(installation: Installation) -> bool:
    return not installation.alive()


def ends_whole(installation: Installation) -> bool:
    """Once it was asked: cleanly, with all that belongs to it, and within 8 s."""
    started = time.monotonic()
    assert installation.processes["station"].wait(10) == 0
    wait_for(lambda: nothing_left(installation), 5)
    return time.monotonic() - started < 8


def test_two_stations_run_side_by_side_and_each_ends_whole(installation, databases, demo_office, tmp_path_factory):
    """One asked to; the other by Ctrl-C, which reaches the whole group."""
    other = Installation(tmp_path_factory.mktemp("other"), databases.create(like=demo_office[0]))
    try:
        start_everything(installation)
        start_everything(other)
        assert installation.answers()
        installation.processes["station"].send_signal(signal.SIGINT)
        assert ends_whole(installation)
        assert other.answers()
        os.killpg(other.processes["station"].pid, signal.SIGINT)
        assert ends_whole(other)
    finally:
        other.stop()


def test_station_killed_outright_leaves_nothing_and_starts_again(installation):
    start_everything(installation)
    installation.kill("station")
    wait_for(lambda: nothing_left(installation), 8)
    start_everything(installation)
    installation.processes["station"].send_signal(signal.SIGTERM)
    assert ends_whole(installation)


def test_whoever_of_a_worker_is_killed_is_replaced_and_nothing_is_orphaned(installation):
    """Its children by it; it by a second worker, which shares its Redis until then."""
    installation.start_web()
    installation.start_worker()
    wait_for(lambda: worker_is_seen(installation))
    worker = installation.processes["worker"]
    children = [process for process in installation.alive() if process.ppid() == worker.pid]
    assert len(children) == 4  # redis, clock, two lanes
    for child in children:
        child.kill()
    wait_for(lambda: len([p for p in installation.alive() if p.ppid() == worker.pid]) == 4, 10)
    installation.start("second", "worker.py")
    wait_for(lambda: len(installation.alive()) >= 2 + 5 + 4)  # web 1+1, worker 1+4, second 1+3
    installation.kill("worker")
    wait_for(lambda: redis_answers(installation), 15)
    installation.kill("second")
    installation.kill("web", signal.SIGTERM)
    wait_for(lambda: nothing_left(installation), 10)


def redis_answers(installation: Installation) -> bool:
    return requests.get(f"{installation.url}/readyz", timeout=2).json()["redis"] == "ok"
