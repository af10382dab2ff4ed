"""Keeps a site's processes running, as systemd does in production: `python -m deploy.keeper FOLDER`.

Starts PostgreSQL and Redis, makes the database ready, then web processes, workers and nginx; restarts whatever ends;
on SIGTERM ends them in the opposite order. However it ends itself, none of them stays (core.processes).
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psycopg
from psycopg import sql

from deploy import machine
from deploy.site import DATABASE, OWNER, ROLE, Site
from leadcrm.core.processes import Child, die_with_parent, end, stop_on_signals
from leadcrm.settings import ROOT

START_SECONDS = 30


class Keeper:
    """The processes of one site, in the order they need each other."""

    def __init__(self, site: Site):
        self.site = site
        self.stores = [
            self._child("postgres", self._postgres(), site.folder, machine.owner_of_postgres()),
            self._child("redis", self._redis(), site.folder / "redis"),
        ]
        self.workers = [
            self._child(f"worker-{number}", [sys.executable, "worker.py"]) for number in range(1, site.workers + 1)
        ]
        self.webs = [self._child(f"web-{path.stem}", self._web(path)) for path in site.web_sockets]
        nginx = [machine.nginx(), "-c", str(site.folder / "nginx" / "nginx.conf")]
        self.door = [self._child("nginx", nginx, site.folder)]

    def run(self) -> None:
        """Until SIGTERM. Raises what keeps the database from getting ready."""
        stop = stop_on_signals(lambda: self._all)
        tended = list(self.stores)
        self._tend(tended)
        try:
            self._make_ready()
            tended += self.webs + self.workers + self.door
            while not stop.raised:
                self._tend(tended)
                stop.wait(time.monotonic() + 0.2)
        finally:
            self._end()

    @property
    def _all(self) -> list[Child]:
        return self.door + self.webs + self.workers + self.stores

    def _tend(self, children: Iterable[Child]) -> None:
        for child in children:
            child.tend(time.monotonic())

    def _end(self) -> None:
        end(self.door)
        end(self.webs + self.workers)
        end(self.stores)

    def _make_ready(self) -> None:
        """Roles, database and schema, each made when it is not there."""
        settings = self.site.settings()
        place = {"host": str(self.site.postgres_socket), "user": "postgres", "password": settings["POSTGRES_PASSWORD"]}
        with _patiently(lambda: psycopg.connect(**place, autocommit=True)) as connection:
            _make_role(connection, OWNER, settings["POSTGRES_PASSWORD"], may="CREATEDB")
            _make_role(connection, ROLE, settings["DATABASE_PASSWORD"])
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        for command in (["db", "upgrade"], ["grant-role", ROLE]):
            flask = [sys.executable, "-m", "flask", *command]
            subprocess.run(flask, cwd=ROOT, env=self.site.environment(as_owner=True), check=True)

    def _postgres(self) -> list[str]:
        options = ["-D", str(self.site.postgres), "-k", str(self.site.postgres_socket), "-c", "listen_addresses="]
        return [machine.postgres("postgres"), *options]

    def _redis(self) -> list[str]:
        options = ["--port", "0", "--unixsocket", str(self.site.redis_socket), "--unixsocketperm", "700"]
        return [machine.redis(), *options, "--save", "", "--appendonly", "no", "--maxmemory", "256mb"]

    def _web(self, address: Path) -> list[str]:
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
        return [*command, "--bind", f"unix:{address}"]

    def _child(self, name: str, command: list[str], folder: Path = ROOT, owner: tuple[int, int] | None = None) -> Child:
        """A process with a log of its own, and with the settings when it is one of the application's."""
        environment = self.site.environment() if folder == ROOT else {"PATH": machine.SEARCHED}

        def become() -> None:
            parent = os.getppid()
            log = os.open(self.site.folder / "logs" / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.chdir(folder)
            if owner:
                machine.become(owner)
                die_with_parent(parent)  # a change of user takes the kernel's promise away
            os.execve(command[0], command, environment)

        return Child(name, become)


def _make_role(connection: psycopg.Connection, name: str, password: str, may: str = "") -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        role = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
        connection.execute(role.format(sql.Identifier(name), sql.SQL(may), sql.Literal(password)))


def _patiently(ask: Callable[[], psycopg.Connection]) -> psycopg.Connection:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            return ask()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def main(folder: str) -> int:
    site = Site.read(Path(folder))
    lock = os.open(site.keeper_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"{site.folder} is kept already.", file=sys.stderr)
        return 1
    os.truncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    Keeper(site).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
