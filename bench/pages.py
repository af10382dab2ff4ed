"""Pages and captures beside their limit, both behind gunicorn on one database; and how they take a larger house."""

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.bare import SEARCHED
from bench.databases import NAMES, databases
from bench.figures import Figure, Growth, Ratio
from bench.serving import Ask, getting, medians, posting, served, side_by_side
from bench.stage import Stage, build

WRITERS = (8, 32)
PAGES = {
    "list of 50": "/leads",
    "filter by status": "/leads?status=qualified",
    "search by part of a name": f"/leads?q={SEARCHED}",
    "search for what nobody has": "/leads?q=qqq",
    "detail": "/leads/{lead}",
    "inbox": "/inbox?queue=all",
    "thread": "/conversations/{thread}",
    "tasks of the team": "/tasks?view=team",
    "tasks done": "/tasks?view=done",
    "accounts": "/accounts",
    "opportunities": "/opportunities",
    "meetings that are over": "/bookings?view=past",
    "campaigns": "/campaigns",
}
OF_THE_LIMIT = {"list of 50": 0.60, "filter by status": 0.60, "search by part of a name": 0.50, "detail": 0.40}
CREATE_AT_LEAST = 200 / 795
SMALL_HOUSE = 100_000  # leads; larger ones are on PostgreSQL only
TIMES_OF_A_TENTH, TIMES_OF_A_TENTH_IF_LARGE = 1.2, 1.5


def measure_pages(folder: Path, kind: str, sizes: Sequence[int], messages: int | None = None) -> Iterator[Figure]:
    """At each size (numbers of leads, ascending) beside the limit; then each size beside the one before."""
    with databases(kind, folder) as places:
        stages: dict[int, Stage] = {}
        for size in sizes:
            if kind == "sqlite" and size > SMALL_HOUSE:
                continue
            rooms = folder / f"{size}"
            rooms.mkdir()
            stages[size] = build(rooms, size, places.create(f"leads-{size}"), messages)
            yield from _beside_the_limit(rooms, f"{size:,} leads on {NAMES[kind]}", stages[size])
        yield from _beside_each_other(folder, NAMES[kind], stages)


def _beside_the_limit(folder: Path, where: str, stage: Stage) -> Iterator[Ratio]:
    environment = {**stage.environment, "BENCH_ORGANIZATION": stage.organization_id}
    with served("app:app", folder, environment) as ours, served("bench.bare:create()", folder, environment) as limit:
        for name, at_least in OF_THE_LIMIT.items():
            path = PAGES[name].format(lead=stage.lead_id)
            pair = side_by_side((ours, getting(path, Cookie=stage.cookie)), (limit, getting(path)))
            yield Ratio(f"{name}, {where}", *pair, at_least)
        for writers in WRITERS:
            ask = _captures(stage, itertools.count(writers * 1_000_000))
            pair = side_by_side((ours, ask), (limit, ask), writers)
            yield Ratio(f"capture by {writers} writers, {where}", *pair, CREATE_AT_LEAST)


def _beside_each_other(folder: Path, database: str, stages: dict[int, Stage]) -> Iterator[Growth]:
    """All are served at once and asked in turns, so that a machine that slows down slows all of them."""
    with ExitStack() as stack:
        houses = {
            size: stack.enter_context(served("app:app", folder / f"{size}", stage.environment))
            for size, stage in stages.items()
        }
        for name in (*PAGES, "capture"):
            times = medians({size: (houses[size], _ask(stage, name)) for size, stage in stages.items()})
            for small, large in itertools.pairwise(stages):
                at_most = TIMES_OF_A_TENTH if large <= SMALL_HOUSE else TIMES_OF_A_TENTH_IF_LARGE
                yield Growth(f"{name}, {large:,} beside {small:,} on {database}", times[large], times[small], at_most)


def _ask(stage: Stage, name: str) -> Ask:
    if name == "capture":
        return _captures(stage, itertools.count(5_000_000))
    path = PAGES[name].format(lead=stage.lead_id, thread=stage.thread_id)
    htmx = {"HX_Request": "true"} if name == "thread" else {}  # as the inbox asks for it
    return getting(path, Cookie=stage.cookie, **htmx)


def _captures(stage: Stage, numbers: "itertools.count[int]") -> Ask:
    def body() -> bytes:
        n = next(numbers)
        lead = {
            "realtor_id": stage.realtor_id,
            "first_name": f"Person {n}",
            "email": f"p{n}@leads.test",
            "phone": f"+1917{n % 10_000_000:07}",
        }
        return json.dumps(lead).encode()

    def headers(number: int) -> dict[str, str]:
        token = stage.tokens[number % len(stage.tokens)]
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    return posting("/api/leads", body, headers)
