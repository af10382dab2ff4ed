"""Where a soak runs: fresh offices on SQLite, or on a PostgreSQL of our own that forgets nothing it acknowledged."""

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.installation import Api, Installation, wait_for

PLACES = ("SQLite", "PostgreSQL")
ENDING_SECONDS = 5.0


class Office(Installation):
    """An installation of the demo, the API token of Acme's owner, and the public id of its realtor."""

    web_processes = 2

    def __init__(self, folder: Path, database_url: str, token: str, realtor_id: str, **environment: str):
        super().__init__(folder, database_url, **environment)
        self.token, self.realtor_id = token, realtor_id

    def open_api(self) -> Api:
        return self.api(self.token)

    def start_all(self, *sink_options: str) -> None:
        """Sink, web and worker; returns when both lanes have been seen."""
        self.start_sink(*sink_options)
        self.start_web()
        self.start_worker()
        wait_for(self.lanes_are_up, 60)

    def lanes_are_up(self) -> bool:
        return None not in self.ready()["lanes"].values()

    def ready(self) -> dict:
        """What /readyz says."""
        return requests.get(f"{self.url}/readyz", timeout=5).json()

    def descendants(self, name: str) -> list[psutil.Process]:
        """The processes below a started one, its helpers' too."""
        with contextlib.suppress(psutil.Error, KeyError):
            return psutil.Process(self.processes[name].pid).children(recursive=True)
        return []

    def faults(self) -> list[dict]:
        """What the sink did to whom instead of taking the mail and saying so."""
        log = self.sink_log.with_suffix(".faults")
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def end_all(self) -> list[str]:
        """Ask everything to end; the command lines of what is left after five seconds."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        until = time.monotonic() + ENDING_SECONDS
        while time.monotonic() < until and (left := self.running()):
            time.sleep(0.1)
        left = self.running()
        self.stop()
        return left

    def running(self) -> list[str]:
        for process in self.processes.values():
            process.poll()
        lines = []
        for process in self.alive():
            with contextlib.suppress(psutil.Error):
                lines.append(" ".join(process.cmdline())[:60])
        return lines


class DurablePostgresql(PostgresqlDatabases):
    """Unlike for tests, with all of PostgreSQL's own promises."""

    def __init__(self) -> None:
        super().__init__()
        self._run("ALTER SYSTEM RESET ALL")
        self._run("SELECT pg_reload_conf()")


def known_of(users: list[dict]) -> tuple[str, str]:
    """The owner's API token and the realtor's public id, of what `seed-demo --json` says of an office's people."""
    token = next(user["api_token"] for user in users if user["role"] == "owner")
    return token, next(user["realtor_id"] for user in users if user.get("realtor_id"))


@dataclass
class Place:
    """A kind of database, and offices on copies of the demo."""

    name: str
    folder: Path
    databases: SqliteDatabases | PostgresqlDatabases
    template: str
    token: str
    realtor_id: str
    offices: int = 0
    open_offices: list[Office] = field(default_factory=list)

    @classmethod
    def build(cls, name: str, folder: Path) -> "Place":
        """Migrate and seed by the commands, once."""
        folder.mkdir(parents=True)
        databases = DurablePostgresql() if name == "PostgreSQL" else SqliteDatabases(folder)
        template = databases.create(empty=True)
        installation = Installation(folder, template)
        installation.command("db", "upgrade")
        accounts = json.loads(installation.command("seed-demo", "--json"))
        acme = next(row for row in accounts["organizations"] if row["name"].startswith("Acme"))
        return cls(name, folder, databases, template, *known_of(acme["users"]))

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever is still open is ended."""
        for office in list(self.open_offices):
            self.close_office(office)

    @property
    def is_postgresql(self) -> bool:
        return self.name == "PostgreSQL"

    def open_office(self, **environment: str) -> Office:
        """A fresh copy of the demo, nothing started yet."""
        self.offices += 1
        folder = self.folder / f"office-{self.offices}"
        folder.mkdir()
        url = self.databases.create(like=self.template)
        office = Office(folder, url, self.token, self.realtor_id, **environment)
        self.open_offices.append(office)
        return office

    def close_office(self, office: Office) -> None:
        office.stop()
        self.open_offices.remove(office)
        self.databases.drop(office.environment["DATABASE_URL"])

    @contextlib.contextmanager
    def office(self, **environment: str) -> Iterator[Office]:
        office = self.open_office(**environment)
        try:
            yield office
        finally:
            self.close_office(office)
