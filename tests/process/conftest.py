"""Where the soak's short forms run: the suite's own databases, and offices on copies of the demo."""

from collections.abc import Iterator

import pytest

from soak import places
from soak.places import Place
from tests.databases import BACKEND

STOP_SECONDS = 15  # the soak holds every stop to 5; here a browser and other installations run beside it


@pytest.fixture
def place(databases, demo_office, demo, tmp_path, monkeypatch) -> Iterator[Place]:
    """Its offices have more time to end than the soak's."""
    monkeypatch.setattr(places, "ENDING_SECONDS", STOP_SECONDS)
    name = next(name for name in places.PLACES if name.lower() == BACKEND)
    with Place(name, tmp_path, databases, demo_office[0], *places.known_of(demo["users"])) as place:
        yield place
