"""What a Debian machine has to have: programs from its packages, and whose processes are still there."""

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from deploy.site import MARK, Site

PACKAGES = {
    "nginx": ["nginx"],
    "openssl": ["openssl"],
    "redis": ["redis-server", "valkey-server"],
    "postgres": ["postgresql"],
}
START_NO_SERVICES = Path("/usr/sbin/policy-rc.d")
SEARCHED = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


class Missing(Exception):
    """A program that cannot be brought here; says how a person brings it."""


def nginx() -> str:
    return _found("nginx", [shutil.which("nginx", path=SEARCHED)])


def openssl() -> str:
    return _found("openssl", [shutil.which("openssl", path=SEARCHED)])


def redis() -> str:
    return _found("redis", [shutil.which(name, path=SEARCHED) for name in ("redis-server", "valkey-server")])


def postgres(program: str) -> str:
    """A program of the newest PostgreSQL here: `postgres`, `initdb`."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*"), key=lambda folder: float(folder.name), reverse=True)
    return _found("postgres", [shutil.which(program, path=str(folder / "bin")) for folder in newest])


def _found(what: str, paths: list[str | None]) -> str:
    path = next(filter(None, paths), None)
    if path is None:
        raise Missing(f"Install it first: sudo apt-get install {PACKAGES[what][0]}")
    return path


def bring_programs(wanted: Iterable[str] = tuple(PACKAGES)) -> None:
    """Install what is not there yet, starting none of it. Raises Missing when that cannot be."""
    looks = {"nginx": nginx, "openssl": openssl, "redis": redis, "postgres": lambda: postgres("initdb")}
    missing = []
    for what in wanted:
        try:
            looks[what]()
        except Missing:
            if os.geteuid() != 0 or not shutil.which("apt-get"):
                raise
            missing.append(what)
    if missing:
        _install(missing)


def _install(missing: list[str]) -> None:
    with _no_services_started():
        _apt("update")
        for what in missing:
            if not any(_apt("install", "--yes", "--no-install-recommends", name) for name in PACKAGES[what]):
                raise Missing(f"apt-get could not install {' or '.join(PACKAGES[what])}.")


def _apt(*arguments: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(["apt-get", "-qq", *arguments], env=environment, capture_output=True).returncode == 0


@contextlib.contextmanager
def _no_services_started() -> Iterator[None]:
    """Packages start their services on port 80, 5432 and 6379 as they are installed, unless this file says no."""
    if START_NO_SERVICES.exists():
        yield
        return
    START_NO_SERVICES.write_text("#!/bin/sh\nexit 101\n")
    START_NO_SERVICES.chmod(0o755)
    try:
        yield
    finally:
        START_NO_SERVICES.unlink()


def owner_of_postgres() -> tuple[int, int] | None:
    """User and group PostgreSQL runs as when we are root, which it refuses to be; None when we are somebody."""
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("postgres")
    return account.pw_uid, account.pw_gid


def become(owner: tuple[int, int]) -> None:
    """Give up being root for good."""
    os.setgroups([])
    os.setgid(owner[1])
    os.setuid(owner[0])


def processes_of(site: Site) -> list[tuple[int, str]]:
    """Pid and command of all that runs for a site: by its environment, or by its folder, as servers overwrite that."""
    mark, found = f"{MARK}={site.folder}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            inside = (folder / "cwd").resolve().is_relative_to(site.folder)
            if state != "Z" and (inside or mark in (folder / "environ").read_bytes().split(b"\0")):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                found.append((int(folder.name), command))
    return found
