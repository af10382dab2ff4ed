"""Pages and captures beside their limit, both behind gunicorn on one database."""

import itertools
import json
from pathlib import Path

from bench.bare import SEARCHED
from bench.figures import Ratio
from bench.serving import getting, posting, served, side_by_side
from bench.stage import Stage, build

WRITERS = (8, 32)
PAGES = (
    ("list of 50", "/leads", 0.60),
    ("filter by status", "/leads?status=qualified", 0.60),
    ("search by part of a name", f"/leads?q={SEARCHED}", 0.50),
    ("detail", "/leads/{lead}", 0.40),
)
CREATE_AT_LEAST = 200 / 795


def measure_pages(folder: Path, leads: int, database_url: str | None = None) -> list[Ratio]:
    """List, filter, search and detail at that many leads; then captures, which change the database."""
    folder.mkdir(parents=True)
    stage = build(folder, leads, database_url)
    environment = {**stage.environment, "BENCH_ORGANIZATION": stage.organization_id}
    figures = []
    with served("app:app", folder, environment) as ours, served("bench.bare:create()", folder, environment) as limit:
        for name, path, at_least in PAGES:
            path = path.format(lead=stage.lead_id)
            pair = side_by_side((ours, getting(path, Cookie=stage.cookie)), (limit, getting(path)))
            figures.append(Ratio(f"{name}, {leads:,} leads", *pair, at_least))
        for writers in WRITERS:
            ask = _captures(stage, itertools.count(writers * 1_000_000))
            pair = side_by_side((ours, ask), (limit, ask), writers)
            figures.append(Ratio(f"capture by {writers} writers, {leads:,} leads", *pair, CREATE_AT_LEAST))
    return figures


def _captures(stage: Stage, numbers: "itertools.count[int]"):
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
