"""A whole installation as real processes on this machine: web, worker with its own Redis, SMTP sink.

Everything is started in its own session so that it can be killed as a whole, and everything left is found by the
installation's folder in its environment, whoever its parent is.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import requests

from leadcrm.core import jobs
from leadcrm.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MARK = "LEADCRM_VAR"
INSTALLATION_KEY = "the key of all installations under test"
TOKEN_FIELD = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
MEGABYTE = 2**20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition: Callable[[], object], seconds: float = 60.0, pause: float = 0.05) -> object:
    """The condition's first true value. Raises AssertionError when there is none in time."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not true within {seconds} s: {condition}")
        time.sleep(pause)


def token_of(page: str) -> str:
    """The request token in its forms."""
    return TOKEN_FIELD.search(page)[1]


def post_form(browser: requests.Session, url: str, headers: dict | None = None, **fields: str) -> requests.Response:
    """Fill in a page's form, as a person does."""
    data = {"csrf_token": token_of(browser.get(url, timeout=15).text), **fields}
    return browser.post(url, data=data, headers=headers, timeout=15, allow_redirects=False)


def sign_in(url: str, user: dict) -> requests.Session:
    """A browser with a person of the demo in it."""
    browser = requests.Session()
    answer = post_form(browser, f"{url}/login", email=user["email"], password=user["password"])
    assert answer.status_code == 303, answer.text
    return browser


def megabytes_of(head: psutil.Process) -> float:
    """What a process and those below it take of the machine; shared pages count once."""
    weight = 0
    for process in (head, *head.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            weight += process.memory_full_info().pss
    return weight / MEGABYTE


class Installation:
    """One database, one var folder, and the processes that serve them."""

    web_processes = 1  # each takes seconds to start; more where what they do to each other is the question

    def __init__(self, folder: Path, database_url: str, **environment: str):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen] = {}
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("LEADCRM_")},
            "DATABASE_URL": database_url,
            "LEADCRM_VAR": str(folder),
            "PORT": str(self.port),
            "SCHEDULER_INTERVAL_MS": "1000",
            "SECRET_KEY": INSTALLATION_KEY,
            "EMAIL_WEBHOOK_SECRET": "webhook secret of the tests",
            "MAIL_FROM": "office@acme.test",
            "FLASK_APP": "app",
            **environment,
        }
        self.sink_log = folder / "sink.jsonl"

    def command(self, *arguments: str) -> str:
        """Run a `flask` command to its end; returns what it printed."""
        return subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip

    def start(self, name: str, *command: str) -> subprocess.Popen:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        return self.processes[name]

    def start_web(self) -> None:
        options = {"bind": f"127.0.0.1:{self.port}", "worker-class": "gthread", "threads": "8",
                   "workers": str(self.web_processes), "graceful-timeout": "4", "log-level": "warning"}  # fmt: skip
        command = ["-m", "gunicorn", "app:app", *(f"--{name}={value}" for name, value in options.items())]
        self.start("web", *command)
        wait_for(self.answers)

    def start_deployed_web(self) -> None:
        """As `deploy/` starts it: loaded once, then forked."""
        self.start("web", "-m", "gunicorn", "--config=deploy/gunicorn.conf.py", f"--bind=127.0.0.1:{self.port}")
        wait_for(self.answers)

    def start_worker(self) -> None:
        self.start("worker", "worker.py")

    def start_sink(self, *options: str) -> int:
        """A real SMTP server that logs what it accepts; what starts later sends to it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.contracts.smtp_sink", "--port", "0", "--log", str(self.sink_log), *options],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self.processes["sink"] = process
        port = int(process.stdout.readline())
        self.environment["SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        return port

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def mails(self) -> list[dict]:
        """What the sink accepted, in order."""
        if not self.sink_log.exists():
            return []
        return [json.loads(line) for line in self.sink_log.read_text().splitlines() if line.endswith("}")]

    def api(self, token: str) -> "Api":
        return Api(self.url, token)

    def alive(self) -> list[psutil.Process]:
        """Every process of this installation, also those whose parent is gone."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and self._is_ours(process):
                    found.append(process)
        return found

    def _is_ours(self, process: psutil.Process) -> bool:
        """By its environment; Redis writes its title over that, so by its socket."""
        return process.environ().get(MARK) == str(self.folder) or str(self.redis_socket) in " ".join(process.cmdline())

    @property
    def redis_socket(self) -> Path:
        settings = Settings.from_env({name: self.environment[name] for name in ("DATABASE_URL", MARK)})
        return jobs.socket_path(settings)

    def kill(self, name: str, sig: int = signal.SIGKILL) -> None:
        """Signal one process (not its children) and forget it when it was killed."""
        process = self.processes[name]
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sig)
        if sig == signal.SIGKILL:
            process.wait(10)
            del self.processes[name]

    def end(self, name: str) -> None:
        """Ask one process to stop and wait until it has."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait(15)

    def stop(self) -> None:
        """End everything, gently first."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(8)
        for process in self.alive():
            if process.pid != os.getpid():
                with contextlib.suppress(psutil.Error):
                    process.kill()


class Api:
    """The JSON API as its users call it."""

    def __init__(self, url: str, token: str):
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query) -> dict:
        response = self.session.get(self.url + path, params=query, timeout=15)
        response.raise_for_status()
        return response.json()

    def post(self, path: str, key: str | None = None, **body) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.session.post(self.url + path, json=body, headers=headers, timeout=15)

    def all(self, path: str, **query) -> list[dict]:
        """Every item of a list, page by page."""
        items, cursor = [], None
        while True:
            page = self.get(path, limit=200, **query, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items
