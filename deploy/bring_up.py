"""The whole of production on one Debian machine, in a folder of its own: PostgreSQL, Redis, web, workers, nginx.

    deploy/bring-up [start]            installs what is missing (as root), makes the database, starts all of it
    deploy/bring-up flask COMMAND …    runs a command of the application there, like: flask create-organization Acme
    deploy/bring-up stop               ends all of it; data and keys stay in the folder

A rehearsal on loopback addresses; as root everything but PostgreSQL runs as root. A real machine takes the units.
Settings for the outside (SMTP_URL, MAIL_FROM, IMAP_URL, EMAIL_WEBHOOK_SECRET, SCHEDULER_INTERVAL_MS) are taken from the
environment; WEB_CONCURRENCY says how many processes share a web process's socket.
"""

import argparse
import contextlib
import fcntl
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy import healthy, machine
from deploy.furnish import furnish
from deploy.site import Site
from leadcrm.settings import ROOT

START_SECONDS = 90
STOP_SECONDS = 420  # a worker finishes the send in hand
ENDING_SECONDS = 5


def main() -> int:
    options = _options()
    try:
        return options.act(options)
    except (machine.Missing, ValueError, PermissionError) as error:
        print(error, file=sys.stderr)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="deploy/bring-up", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(act=start, webs=2, workers=2, port=0)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "site", help="default: var/site")
    acts = parser.add_subparsers(title="commands")
    starting = acts.add_parser("start")
    starting.set_defaults(act=start)
    starting.add_argument("--webs", type=int, default=2, help="gunicorns, each with two processes; default 2")
    starting.add_argument("--workers", type=int, default=2, help="default 2")
    starting.add_argument("--port", type=int, default=0, help="of https; default: a free one")
    command = acts.add_parser("flask")
    command.set_defaults(act=flask)
    command.add_argument("arguments", nargs=argparse.REMAINDER)
    acts.add_parser("stop").set_defaults(act=stop)
    return parser.parse_args()


def start(options: argparse.Namespace) -> int:
    """Returns when every web process and both lanes have answered."""
    if _is_kept(options.folder):
        print(f"{options.folder} runs already. End it first: deploy/bring-up stop", file=sys.stderr)
        return 1
    machine.bring_programs()
    site = Site.lay_out(options.folder, options.webs, options.workers, options.port)
    furnish(site)
    log = (site.folder / "logs" / "keeper.log").open("ab")
    keeper = subprocess.Popen(
        [sys.executable, "-m", "deploy.keeper", str(site.folder)], cwd=ROOT, env=site.environment(),
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    if not _within(START_SECONDS, lambda: keeper.poll() is not None or is_ready(site)) or keeper.poll() is not None:
        print(f"It does not start; {site.folder}/logs says why.", file=sys.stderr)
        stop(options)
        return 1
    print(f"LeadCRM runs at {site.url} with {site.webs} web processes and {site.workers} workers.")
    print(f"Its certificate is {site.certificate}, its settings are {site.settings_file}.")
    return 0


def flask(options: argparse.Namespace) -> int:
    """Run a command with the site's settings, as the owner of its tables: a restore makes them anew."""
    site = Site.read(options.folder)
    command = [sys.executable, "-m", "flask", *options.arguments]
    return subprocess.run(command, cwd=ROOT, env=site.environment(as_owner=True)).returncode


def stop(options: argparse.Namespace) -> int:
    """End everything, gently; 1 when something had to be killed."""
    site = Site.read(options.folder)
    if _is_kept(site.folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(site.keeper_file.read_text()), signal.SIGTERM)
        _within(STOP_SECONDS, lambda: not _is_kept(site.folder))
    _within(ENDING_SECONDS, lambda: not machine.processes_of(site))
    left = machine.processes_of(site)
    for pid, command in left:
        print(f"killed what was left: {command}", file=sys.stderr)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return 1 if left else 0


def is_ready(site: Site) -> bool:
    """Whether each web process answers, database and Redis through the door, and both lanes have been seen."""
    try:
        if any(healthy.status(path, "/healthz", "localhost") != 200 for path in site.web_sockets):
            return False
        ready = _readiness(site)
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return (ready["database"], ready.get("redis")) == ("ok", "ok") and None not in ready["lanes"].values()


def _readiness(site: Site) -> dict:
    trust = ssl.create_default_context(cafile=str(site.certificate))
    connection = http.client.HTTPSConnection("localhost", site.https, timeout=5, context=trust)
    connection.request("GET", "/readyz")
    return json.load(connection.getresponse())


def _is_kept(folder: Path) -> bool:
    """Whether a keeper holds the folder's lock."""
    try:
        with (folder / "keeper.pid").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


if __name__ == "__main__":
    sys.exit(main())
