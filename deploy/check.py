"""Bring production up in a folder of its own, attack it through nginx, and say what held.

Clients capture leads, write and answer for a while; a gunicorn, one of its processes, a worker and nginx's process are
killed on the way. Then the SMTP server's log, the clients' record and the API are compared, as the soak does.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil

from deploy.site import Site
from leadcrm.settings import ROOT
from soak.checker import examine, promises
from soak.crowd import Crowd
from soak.kills import wait_until_settled
from soak.places import Office, known_of
from soak.verdicts import Verdict, header, verdict_on
from tests.installation import megabytes_of, wait_for

PLACE = SimpleNamespace(name="deployed")
CLIENTS, PAUSE = 4, 0.05
SETTLING_SECONDS = 60
BACK_SECONDS = 30


class Deployed(Office):
    """An installation behind nginx, as clients and checker see an office."""

    def __init__(self, folder: Path):
        super().__init__(folder, database_url="postgresql://", token="", realtor_id="")
        folder.chmod(0o755)  # PostgreSQL's user passes through
        self.demo: list[dict] = []

    def bring_up(self, webs: int = 2, workers: int = 2) -> None:
        """Start all of it, with the demo's organizations. Raises RuntimeError with what bring-up said."""
        self.start_sink()
        self._bring_up("start", "--webs", str(webs), "--workers", str(workers))
        self.site = Site.read(self.folder / "site")
        self.environment |= self.site.settings()
        self.url = self.site.url
        os.environ["REQUESTS_CA_BUNDLE"] = str(self.site.certificate)
        self.demo = json.loads(self._bring_up("flask", "seed-demo", "--json"))["organizations"]
        self.token, self.realtor_id = known_of(self.demo[0]["users"])

    def bring_down(self) -> list[str]:
        """Stop all of it; what had to be killed."""
        try:
            self._bring_up("stop")
            return []
        except RuntimeError as error:
            return str(error).splitlines()
        finally:
            os.environ.pop("REQUESTS_CA_BUNDLE", None)
            super().stop()

    def _bring_up(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "deploy.bring_up", "--folder", str(self.folder / "site"), *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def kept(self, *words: str) -> list[psutil.Process]:
        """The keeper's children whose command names all the words, oldest first."""
        keeper = psutil.Process(int(self.site.keeper_file.read_text()))
        children = [child for child in keeper.children() if all(word in " ".join(child.cmdline()) for word in words)]
        return sorted(children, key=lambda child: child.create_time())


def attack(office: Deployed, seconds: float) -> list[Verdict]:
    """Load for that long, and one kill of each kind at even distances."""
    strikes: dict[str, Callable[[], psutil.Process]] = {
        "a gunicorn": lambda: office.kept("gunicorn", "web/1.sock")[0],
        "a gunicorn's process": lambda: office.kept("gunicorn", "web/2.sock")[0].children()[0],
        "a worker": lambda: office.kept("worker.py")[0],
        "nginx's process": lambda: office.kept("nginx")[0].children()[0],
    }
    crowd = Crowd(office, CLIENTS, pause=PAUSE)
    crowd.start()
    for find in strikes.values():
        time.sleep(seconds / (len(strikes) + 1))
        find().kill()
    time.sleep(seconds / (len(strikes) + 1))
    record, absent = crowd.stop(), missing(office)
    wait_until_settled(office, SETTLING_SECONDS, record)
    return [
        verdict_on("killed and back", PLACE.name, absent, ", ".join(strikes)),
        *promises(PLACE, record, examine(office, record)),
        shares(office),
    ]


def missing(office: Deployed) -> list[str]:
    """What does not run although it should, half a minute later."""
    site = office.site
    wanted = {"gunicorn": site.webs, "worker.py": site.workers, "nginx": 1, "postgres": 1, "redis": 1}

    def absent() -> list[str]:
        return [name for name, count in wanted.items() if len(office.kept(name)) != count]

    try:
        wait_for(lambda: not absent(), BACK_SECONDS)
    except AssertionError:
        return absent()
    return []


def shares(office: Deployed) -> Verdict:
    """Who answered, by nginx's log: no web process is left out."""
    log = (office.site.folder / "logs" / "access.log").read_text()
    answered = Counter(re.findall(r"web/(\d+)\.sock$", log, re.MULTILINE))
    figure = ", ".join(f"web {number}: {count} answers" for number, count in sorted(answered.items()))
    return Verdict("every web process answers", PLACE.name, figure, len(answered) == office.site.webs)


def weights(office: Deployed) -> str:
    figures = [f"{megabytes_of(head):.0f} MB" for head in office.kept("gunicorn")]
    return f"Memory of each gunicorn with its processes (PSS): {', '.join(figures)}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="deploy/check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30, help="of load; default 30")
    parser.add_argument("--webs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="deployed-"))
    office = Deployed(folder)
    verdicts = []
    try:
        office.bring_up(options.webs, options.workers)
        verdicts += attack(office, options.seconds)
        memory = weights(office)
    finally:
        left = office.bring_down()
    verdicts.append(verdict_on("nothing left running", PLACE.name, left, "after deploy/bring-up stop"))
    print("\n".join([header(), *map(str, verdicts), memory]))
    if not all(verdict.holds for verdict in verdicts):
        print(f"Logs are in {folder}.")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
