"""Real installations: web, worker, Redis and an SMTP server as processes."""

import json
from collections.abc import Iterator

import pytest

from tests.installation import Installation


@pytest.fixture
def installation(databases, tmp_path) -> Iterator[Installation]:
    """An installation on a fresh database with the cast in it; nothing started yet."""
    url = databases.create()
    installation = Installation(tmp_path, url)
    yield installation
    installation.stop()
    databases.drop(url)


@pytest.fixture
def demo(installation) -> dict:
    """The installation with demo data in it: Acme as `seed-demo --json` describes it."""
    installation.command("db", "upgrade")
    seeded = json.loads(installation.command("seed-demo", "--json"))
    return next(row for row in seeded["organizations"] if row["name"].startswith("Acme"))
