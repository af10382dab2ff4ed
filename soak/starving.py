"""Thousands of due messages drain while people keep posting: the web must not wait for the worker (P11)."""

import threading
import time
from dataclasses import dataclass, field

from soak.backlog import pile_up
from soak.crowd import PHONES
from soak.kills import wait_until_settled
from soak.places import Office, Place
from soak.side_by_side import capture_many
from soak.verdicts import Verdict, measured, percentile
from tests.installation import Api

POSTS_PER_SECOND = 5
MOST_P99_SECONDS = 0.150
WANTED_DUE = 10_000  # of P11
LEADS = 50
SETTLING_SECONDS = 60
IDLE_SECONDS = 3


@dataclass
class Posts:
    seconds: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


def attack(place: Place, due: int, most_p99: float = MOST_P99_SECONDS) -> list[Verdict]:
    """That many due messages, and posts for as long as they drain."""
    with place.office() as office:
        office.start_all()
        leads = capture_many(office, LEADS)
        wait_until_settled(office, SETTLING_SECONDS)
        idle = Posts()
        for _ in range(IDLE_SECONDS):
            _post_for_a_second(office, idle)
        wait_until_settled(office, SETTLING_SECONDS)
        before = len(office.mails())
        pile_up(office, leads, [f"Pile {n}" for n in range(due // LEADS)])
        started, posts = time.monotonic(), Posts()
        while (sent := len(office.mails()) - before) < due and time.monotonic() - started < due / 10:
            _post_for_a_second(office, posts)
        seconds = time.monotonic() - started
        locked = sum("locked" in (office.folder / log).read_text() for log in ("web.log", "worker.log"))
        p99 = percentile(posts.seconds, 0.99)
        figure = (
            f"{sent} of {due} mails in {seconds:.0f} s; {len(posts.seconds)} posts, p50 "
            f"{percentile(posts.seconds, 0.5) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms "
            f"(idle {percentile(idle.seconds, 0.5) * 1000:.0f} and {percentile(idle.seconds, 0.99) * 1000:.0f} ms), "
            f"{len(posts.refused)} refused, {locked} logs that say locked"
        )
        holds = sent >= due and p99 <= most_p99 and not posts.refused and not locked
        verdict = Verdict("P11 web beside a busy worker", place.name, figure, holds)
        return [measured(verdict, due, WANTED_DUE, "due")]


def _post_for_a_second(office: Office, posts: Posts) -> None:
    threads = [threading.Thread(target=_post, args=(office, posts), daemon=True) for _ in range(POSTS_PER_SECOND)]
    for thread in threads:
        thread.start()
        time.sleep(1 / POSTS_PER_SECOND)
    for thread in threads:
        thread.join()


def _post(office: Office, posts: Posts) -> None:
    started = time.monotonic()
    answer = Api(office.url, office.token).post("/api/leads", first_name="Poe", phone=_phone(started))
    posts.seconds.append(time.monotonic() - started)
    if answer.status_code not in (200, 201):
        posts.refused.append(answer.status_code)


def _phone(moment: float) -> str:
    return f"{PHONES}{int(moment * 1000) % 10_000:04d}"
