"""Real installations: web, worker, Redis and an SMTP server as processes."""

import json
from collections.abc import Iterator

import pytest

from tests.installation import Installation


@pytest.fixture(scope="session")
def demo_office(databases, tmp_path_factory) -> tuple[str, dict]:
    """A database that is migrated and seeded by the commands, made once; and Acme as `seed-demo --json` tells it."""
    url = databases.create(empty=True)
    installation = Installation(tmp_path_factory.mktemp("office"), url)
    installation.command("db", "upgrade")
    seeded = json.loads(installation.command("seed-demo", "--json"))
    return url, next(row for row in seeded["organizations"] if row["name"].startswith("Acme"))


@pytest.fixture
def installation(databases, demo_office, tmp_path) -> Iterator[Installation]:
    """An installation on a copy of the demo office; nothing started yet."""
    url = databases.create(like=demo_office[0])
    installation = Installation(tmp_path, url)
    yield installation
    installation.stop()
    databases.drop(url)


@pytest.fixture
def demo(demo_office) -> dict:
    """Acme's users with their passwords and tokens."""
    return demo_office[1]
