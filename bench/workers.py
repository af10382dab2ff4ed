"""One, two and four workers that drain the same house, as processes of their own.

`python -m bench.workers` says when it is ready, drains the messages of DATABASE_URL at the first line it is told, and
says when nothing is left to it.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.databases import NAMES, databases
from bench.figures import Ratio
from bench.mail_server import accepting_everything, expect
from bench.planned import new_organization, plan_mails
from bench.stage import environment, migrated
from leadcrm import create_app
from leadcrm.conversations import jobs
from leadcrm.core import tenancy
from leadcrm.core.db import perform
from leadcrm.settings import ROOT

MAILS = 600  # a round
ROUNDS = 3
WORKERS = (1, 2, 4)
THINKING_SECONDS = 0.02  # of a mail server in the next town: workers wait for it, and need no core of their own
TWO_AT_LEAST = 1.6  # times what one does
CORES_OF_A_WORKER = 2  # its own, and as much again for the database and the mail server


def measure_workers(folder: Path, kind: str, mails: int = MAILS) -> Iterator[Ratio]:
    """Mails per second of several workers beside one: with a mail server that takes its time, and with one that does
    not. The second is held to a goal only where there are cores for it.
    """
    cores = len(os.sched_getaffinity(0))
    with databases(kind, folder) as places:
        for thinks in (THINKING_SECONDS, 0):
            name = f"{'slow' if thinks else 'quick'}-server"
            rates = _rates(folder, places.create(name), thinks, mails)
            for workers in WORKERS[1:]:
                allowed = bool(thinks) or cores >= workers * CORES_OF_A_WORKER
                at_least = TWO_AT_LEAST if allowed else None
                what = f"{workers} workers beside one, {name.replace('-', ' ')}, {cores} cores"
                yield Ratio(f"{what}, {NAMES[kind]}", rates[workers], rates[1], at_least)


def _rates(folder: Path, database_url: str, thinks: float, mails: int) -> dict[int, float]:
    with accepting_everything(thinks) as port:
        variables = {**environment(folder, database_url), "SMTP_URL": f"smtp://127.0.0.1:{port}"}
        app = migrated(variables)
        rates: dict[int, list[float]] = {workers: [] for workers in WORKERS}
        for _ in range(ROUNDS):
            for workers in WORKERS:
                with app.app_context(), tenancy.organization(new_organization()):
                    perform(plan_mails, mails)
                rates[workers].append(mails / _drain_by(workers, variables))
                expect(port, mails)
    return {workers: statistics.median(measured) for workers, measured in rates.items()}


def _drain_by(workers: int, variables: dict[str, str]) -> float:
    """The seconds until the last of them has nothing left to do."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.workers"], cwd=ROOT, env={"PATH": "/usr/bin:/bin", **variables},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        for _ in range(workers)
    ]  # fmt: skip
    try:
        _hear_from(processes)
        started = time.perf_counter()
        for process in processes:
            print("go", file=process.stdin)
        _hear_from(processes)
        return time.perf_counter() - started
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def _hear_from(processes: list[subprocess.Popen]) -> None:
    for process in processes:
        if not process.stdout.readline():
            raise RuntimeError("a worker ended")


def _work() -> None:
    app = create_app(pages=False)
    with app.app_context():
        print("ready", flush=True)
        sys.stdin.readline()
        while jobs.drain_messages(lambda: False):
            pass
        print("done", flush=True)


if __name__ == "__main__":
    _work()
