"""Real installations: web, worker, Redis and an SMTP server as processes."""

import json
from collections.abc import Iterator

import pytest

from tests.installation import Installation


@pytest.fixture
def installation(databases, tmp_path) -> Iterator[Installation]:
    """An installation on an empty database; nothing started yet."""
    url = databases.create(empty=True)
    installation = Installation(tmp_path, url)
    installation.command("db", "upgrade")
    yield installation
    installation.stop()
    databases.drop(url)


@pytest.fixture
def demo(installation) -> dict:
    """The installation with demo data in it: Acme as `seed-demo --json` describes it."""
    seeded = json.loads(installation.command("seed-demo", "--json"))
    return next(row for row in seeded["organizations"] if row["name"].startswith("Acme"))
