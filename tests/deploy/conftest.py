"""Production on this machine, brought up once for all that is asked of it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import machine
from deploy.check import Deployed


def bring_programs(*wanted: str) -> None:
    """Skips where they cannot be installed; as root that is a failure, so that no gate passes without these tests."""
    try:
        machine.bring_programs(wanted)
    except machine.Missing as missing:
        if os.geteuid() == 0:
            pytest.fail(str(missing))
        pytest.skip(f"Only root may install what these tests start, and `.ci/run` does. {missing}")


@pytest.fixture(scope="package")  # and down again: idle, it takes a tenth of the machine from other tests
def deployed() -> Iterator[Deployed]:
    """Two gunicorns and two workers behind nginx, with the demo's organizations."""
    bring_programs(*machine.PACKAGES)
    folder = Path(tempfile.mkdtemp(prefix="deployed-"))
    office = Deployed(folder)
    try:
        office.bring_up()
        yield office
    finally:
        left = office.bring_down()
        os.environ.pop("REQUESTS_CA_BUNDLE", None)
        shutil.rmtree(folder)
    assert left == []


@pytest.fixture
def installation(deployed) -> Deployed:
    """As the journeys know it."""
    return deployed


@pytest.fixture
def demo(deployed) -> dict:
    return deployed.demo[0]
