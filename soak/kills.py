"""Random SIGKILLs of everything but the sink while clients capture, write and reply (P1-P4, P6, P15)."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil
from redis import Redis
from redis.exceptions import RedisError

from leadcrm.core.jobs import redis_url
from leadcrm.settings import Settings
from soak.checker import examine, is_settled, promises
from soak.crowd import Crowd, Record
from soak.places import Office, Place
from soak.verdicts import Verdict, measured, verdict_on
from tests.installation import wait_for

CLIENTS = 6
PAUSE = 0.05
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 0.8
LEASE_SECONDS = 400  # the longest lease of a send; what a kill broke off is known to be unknown after it
SLACK_SECONDS = 60
WANTED_KILLS, WANTED_ANSWERS = 500, 10_000  # of P1
KINDS = {"web worker": 2, "web": 1, "worker's child": 6, "supervisor": 2, "redis": 1, "flush": 1}


@dataclass
class Killer:
    """Kills and restarts; `kills` counts what it hit."""

    office: Office
    place: Place
    rng: random.Random
    kills: Counter = field(default_factory=Counter)
    unknown_before: int = 0  # the demo has one

    @property
    def kinds(self) -> dict[str, int]:
        """What can be struck here, and how often one shall be among the others."""
        return KINDS | ({"postmaster": 1} if self.place.is_postgresql else {})

    def strike_at_random(self) -> None:
        self.strike(self.rng.choices(list(self.kinds), list(self.kinds.values()))[0])

    def strike(self, kind: str) -> bool:
        """False when there was none of the kind."""
        if kind == "web":
            os.killpg(self.office.processes["web"].pid, signal.SIGKILL)  # its workers too, or they keep the port
            self.office.start_web()
        elif kind == "supervisor":
            self.office.kill("worker")
            self.office.start_worker()
        elif kind == "postmaster":
            self.place.databases.kill()
        elif kind == "flush":
            self._flush()
        elif not self._kill_one_of(kind):
            return False
        self.kills[kind] += 1
        return True

    def _kill_one_of(self, kind: str) -> bool:
        below = self.office.descendants("web" if kind == "web worker" else "worker")
        is_redis = {process.pid: _is_redis(process) for process in below}
        chosen = [process for process in below if is_redis[process.pid] == (kind == "redis")]
        if not chosen:
            return False
        with contextlib.suppress(psutil.Error):
            self.rng.choice(chosen).kill()
        return True

    def _flush(self) -> None:
        environment = {"DATABASE_URL": self.office.environment["DATABASE_URL"], "LEADCRM_VAR": str(self.office.folder)}
        with contextlib.suppress(RedisError):  # it may be the one just killed
            Redis.from_url(redis_url(Settings.from_env(environment))).flushall()

    @property
    def in_the_call(self) -> int:
        """Kills after which one message's fate may be unknown: a lane, or what takes a lane or its database along."""
        return self.kills["worker's child"] + self.kills["supervisor"] + self.kills["postmaster"]


def attack(place: Place, seconds: float, seed: int = 1) -> Callable[[], list[Verdict]]:
    """Kill for that long; the verdict may be asked for at once, and waits until the last lease is over."""
    office = place.open_office()
    office.start_all()
    crowd = Crowd(office, CLIENTS, pause=PAUSE)
    killer = Killer(office, place, random.Random(seed), unknown_before=office.ready()["unknown_messages"])
    crowd.start()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(killer.rng.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))
        killer.strike_at_random()
    record, healed_at = crowd.stop(), time.monotonic()
    return lambda: _settle_and_judge(office, place, killer, record, healed_at)


def _settle_and_judge(office: Office, place: Place, killer: Killer, record: Record, healed_at: float) -> list[Verdict]:
    try:
        left = max(SLACK_SECONDS, healed_at + LEASE_SECONDS + SLACK_SECONDS - time.monotonic())
        wait_until_settled(office, left, record)
        return judge(killer, record)
    finally:
        place.close_office(office)


def judge(killer: Killer, record: Record) -> list[Verdict]:
    """What the witnesses say of an office that has settled, which is ended."""
    office, place, count = killer.office, killer.place, killer.kills.total()
    found = examine(office, record)
    strikes = ", ".join(f"{n} {kind}" for kind, n in sorted(killer.kills.items()))
    acknowledged, *others = promises(place, record, found)
    return [
        measured(Verdict("kills", place.name, f"{count}: {strikes}", count > 0), count, WANTED_KILLS, "kills"),
        measured(acknowledged, record.acknowledged, WANTED_ANSWERS, "answers"),
        *others,
        _unknown_verdict(office, place, found.unknown, killer),
        verdict_on("P15 nothing left running", place.name, office.end_all(), "5 s after SIGTERM"),
    ]


def wait_until_settled(office: Office, seconds: float, record: Record | None = None) -> None:
    """At most that long; what has not settled then is for the checker to name."""
    with contextlib.suppress(AssertionError):
        wait_for(lambda: is_settled(office, record or Record()), seconds, pause=1)


def _unknown_verdict(office: Office, place: Place, unknown: int, killer: Killer) -> Verdict:
    """P6: no more than there were causes, and /readyz counts the same."""
    shown = office.ready()["unknown_messages"] - killer.unknown_before
    figure = f"{unknown} unknown after {killer.in_the_call} kills that may fall into a call, {shown} on /readyz"
    return Verdict(
        "P6 unknown is bounded and shown", place.name, figure, unknown <= killer.in_the_call and unknown == shown
    )


def _is_redis(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return "unixsocket" in " ".join(process.cmdline()) or "valkey" in process.name()
    return False
