"""Requests per second of a WSGI application, called in this process: no client, no network, only what it costs us."""

import gc
import statistics
import time
from collections.abc import Callable
from io import BytesIO

from flask import Flask
from werkzeug.test import EnvironBuilder

ROUNDS = 3


def caller(app: Flask, path: str, cookie: str | None = None, **headers: str) -> Callable[[], None]:
    """A function that makes one GET and raises unless it is answered 200."""
    all_headers = {**headers, **({"Cookie": cookie} if cookie else {})}
    environ = EnvironBuilder(
        path=path.partition("?")[0], query_string=path.partition("?")[2], headers=all_headers
    ).get_environ()

    def call() -> None:
        status = []
        answer = app({**environ, "wsgi.input": BytesIO()}, lambda code, headers, exc_info=None: status.append(code))
        b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        if not status[0].startswith("200"):
            raise RuntimeError(f"{path}: {status[0]}")

    return call


def per_second(call: Callable[[], None], seconds: float = 1.0) -> float:
    """Calls per second over about that time."""
    count, started = 0, time.perf_counter()
    until = started + seconds
    while time.perf_counter() < until:
        call()
        count += 1
    return count / (time.perf_counter() - started)


def side_by_side(ours: Callable[[], None], limit: Callable[[], None]) -> tuple[float, float]:
    """Medians of alternating rounds, so that a machine that slows down slows both."""
    for _ in range(5):
        ours(), limit()
    gc.collect()
    pairs = [(per_second(ours), per_second(limit)) for _ in range(ROUNDS)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)
