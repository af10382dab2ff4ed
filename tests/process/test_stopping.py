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


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_station_ends_whole_when_asked(installation, sig):
    start_everything(installation)
    started = time.monotonic()
    installation.processes["station"].send_signal(sig)
    assert installation.processes["station"].wait(10) == 0
    wait_for(lambda: nothing_left(installation), 5)
    assert time.monotonic() - started < 8


def test_ctrl_c_reaches_the_whole_group_and_still_ends_cleanly(installation):
    start_everything(installation)
    os.killpg(installation.processes["station"].pid, signal.SIGINT)
    assert installation.processes["station"].wait(10) == 0
    wait_for(lambda: nothing_left(installation), 5)


def test_station_killed_outright_leaves_nothing_and_starts_again(installation):
    start_everything(installation)
    installation.kill("station")
    wait_for(lambda: nothing_left(installation), 8)
    start_everything(installation)


def test_any_killed_child_of_the_worker_is_replaced_and_nothing_is_orphaned(installation):
    installation.start_web()
    installation.start_worker()
    wait_for(lambda: worker_is_seen(installation))
    worker = installation.processes["worker"]
    children = [process for process in installation.alive() if process.ppid() == worker.pid]
    assert len(children) == 4  # redis, clock, two lanes
    for child in children:
        child.kill()
    wait_for(lambda: len([p for p in installation.alive() if p.ppid() == worker.pid]) == 4, 10)
    installation.kill("worker")
    installation.kill("web", signal.SIGTERM)
    wait_for(lambda: nothing_left(installation), 10)


def test_two_installations_run_side_by_side(installation, databases, demo_office, tmp_path_factory):
    other_url = databases.create(like=demo_office[0])
    other = Installation(tmp_path_factory.mktemp("other"), other_url)
    try:
        start_everything(installation)
        start_everything(other)
        assert installation.answers()
        assert other.answers()
    finally:
        other.stop()


def test_second_worker_shares_the_redis_of_the_first_and_takes_over(installation):
    installation.start_web()
    installation.start_worker()
    wait_for(lambda: worker_is_seen(installation))
    installation.start("second", "worker.py")
    wait_for(lambda: len(installation.alive()) >= 2 + 5 + 4)  # web 1+1, worker 1+4, second 1+3
    installation.kill("worker")

    def redis_is_back() -> bool:
        return requests.get(f"{installation.url}/readyz", timeout=2).json()["redis"] == "ok"

    wait_for(redis_is_back, 15)
