"""Steps come, go, move and change at random while a thousand leads run and the worker sends: the suite's test, long.

`tests/flows/test_at_random.py` looks at every message that leaves and at how every planned one ended.
"""

import os
import subprocess
import sys

from soak.places import Place
from soak.verdicts import Verdict
from tests.installation import ROOT

LEADS = 1000
PROPERTY = "F1-F8 flows edited at random"


def attack(place: Place, stories: int) -> list[Verdict]:
    """So many stories, each of another seed."""
    told = {
        "LEADCRM_TEST_DB": place.name.lower(),
        "LEADCRM_RANDOM_LEADS": str(LEADS),
        "LEADCRM_RANDOM_SEEDS": str(stories),
    }
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "tests/flows/test_at_random.py"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **told}, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, flush=True)
    last_line = (done.stdout.strip() or done.stderr.strip() or "no word").splitlines()[-1]
    figure = f"{stories} stories of {LEADS:,} leads: {last_line.strip('= ')}"
    return [Verdict(PROPERTY, place.name, figure, done.returncode == 0)]
