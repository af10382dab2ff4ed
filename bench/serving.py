"""An application behind gunicorn, and eight connections that ask it as fast as it answers."""

import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from leadcrm.settings import ROOT

WORKERS = 2
CONNECTIONS = 8
ROUNDS = 3
SECONDS = 3.0
START_SECONDS = 30.0

Ask = Callable[[int], bytes]  # the number of the connection → the bytes of the next request
Key = TypeVar("Key", bound=Hashable)


@contextmanager
def served(application: str, folder: Path, environment: dict[str, str]) -> Iterator[Path]:
    """The application (`module:attribute`) with two sync workers; gives its socket."""
    address = folder / f"{application.replace(':', '-').strip('()')}.sock"
    log = (folder / "gunicorn.log").open("ab")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", application, "--bind", f"unix:{address}", "--workers", str(WORKERS),
            "--worker-class", "sync", "--preload", "--log-level", "warning", "--no-control-socket",
        ],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", **environment}, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        _wait_until_it_answers(address)
        yield address
    finally:
        process.terminate()
        process.wait()


def side_by_side(
    ours: tuple[Path, Ask], limit: tuple[Path, Ask], connections: int = CONNECTIONS
) -> tuple[float, float]:
    """Requests per second of both: medians of alternating rounds, so that a machine that slows down slows both."""
    for address, ask in (ours, limit):
        per_second(address, ask, connections, SECONDS / 6)
    pairs = [tuple(per_second(*one, connections, SECONDS) for one in (ours, limit)) for _ in range(ROUNDS)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def medians(houses: dict[Key, tuple[Path, Ask]]) -> dict[Key, float]:
    """The median milliseconds of an answer of each to one connection: medians of alternating rounds."""
    times: dict[Key, list[float]] = {key: [] for key in houses}
    for _ in range(1 + ROUNDS):  # the first warms up
        for key, (address, ask) in houses.items():
            times[key].append(_median(address, ask))
    return {key: statistics.median(measured[1:]) for key, measured in times.items()}


def _median(address: Path, ask: Ask) -> float:
    waits, until = [], time.perf_counter() + SECONDS / 2
    while time.perf_counter() < until:
        started = time.perf_counter()
        answer = exchange(address, ask(0))
        waits.append((time.perf_counter() - started) * 1000)
        if not answer.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(answer[:2000].decode(errors="replace"))
    return statistics.median(waits)


def per_second(address: Path, ask: Ask, connections: int, seconds: float) -> float:
    """Requests per second over that time. Raises RuntimeError when an answer is not a success."""
    counts, refusals = [0] * connections, []
    started = time.perf_counter()

    def keep_asking(number: int) -> None:
        while time.perf_counter() < started + seconds and not refusals:
            answer = exchange(address, ask(number))
            if not answer.startswith(b"HTTP/1.1 20"):
                refusals.append(answer[:2000])
            counts[number] += 1

    threads = [threading.Thread(target=keep_asking, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refusals:
        raise RuntimeError(refusals[0].decode(errors="replace"))
    return sum(counts) / (time.perf_counter() - started)


def exchange(address: Path, request: bytes) -> bytes:
    """The whole answer to one request; the server closes the connection after it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(address))
        connection.sendall(request)
        parts = []
        while part := connection.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


def getting(path: str, **headers: str) -> Ask:
    """The same GET each time."""
    request = _request("GET", path, headers)
    return lambda number: request


def posting(path: str, body: Callable[[], bytes], headers: Callable[[int], dict[str, str]]) -> Ask:
    """A new body each time, with the connection's own headers."""

    def ask(number: int) -> bytes:
        content = body()
        return _request("POST", path, {**headers(number), "Content-Length": str(len(content))}) + content

    return ask


def _request(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _wait_until_it_answers(address: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            if exchange(address, _request("GET", "/healthz", {})):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
