"""A backup is brought back and the worker started: nothing leaves before somebody releases it (P13).

The suite's test, on this database: `tests/backup/test_restored_installation.py`.
"""

import os
import subprocess
import sys

from soak.places import Place
from soak.verdicts import Verdict
from tests.installation import ROOT

TEST = "tests/backup/test_restored_installation.py"


def attack(place: Place) -> list[Verdict]:
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", TEST]
    told = {**os.environ, "LEADCRM_TEST_DB": place.name.lower()}
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, flush=True)
    last_line = (done.stdout.strip() or done.stderr.strip() or "no word").splitlines()[-1]
    return [Verdict("P13 a restore sends nothing", place.name, last_line.strip("= "), done.returncode == 0)]
