"""Bells: Redis reminds a lane that the database holds work. A bell carries nothing, so losing one loses nothing.

A bell is `SET key NX` with an expiry of two ticks and, only when it was set, one RQ job with a random id. The drain's
first act is to delete the key. RQ's unique ids, Retry, scheduler and cron are not used: each was measured to lose,
double or silence jobs.
"""

import contextlib
import os
import threading
import time
from pathlib import Path

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

LANES = ("now", "slow")
JOB_TIMEOUT_SECONDS = 900  # longer than a pass plus the longest single send (360 s)
DEAF_SECONDS = 5.0
LONGEST_SOCKET_PATH = 100

_deaf_until = 0.0


def socket_path(settings) -> Path:
    """Where our own Redis listens. Falls back to the temporary folder when the path is too long for a socket."""
    path = settings.var / f"redis-{settings.instance}" / "redis.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        return path
    import tempfile

    return Path(tempfile.gettempdir()) / f"leadcrm-{settings.instance}" / "redis.sock"


def redis_url(settings) -> str:
    """The address of Redis: the operator's, or our own server's socket."""
    return settings.redis_url or f"unix://{socket_path(settings)}"


def connect(settings, *, patient: bool = False) -> Redis:
    """A connection; a web request may not wait for it (0.3 s to connect, 0.5 s to answer, no retry)."""
    if patient:
        return Redis.from_url(redis_url(settings))
    return Redis.from_url(
        redis_url(settings), socket_connect_timeout=0.3, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )


def queue_name(settings, lane: str) -> str:
    return f"leadcrm-{settings.instance}-{lane}"


def bell_key(settings, lane: str) -> str:
    return f"leadcrm:{settings.instance}:bell:{lane}"


def queue(settings, lane: str, connection: Redis) -> Queue:
    return Queue(queue_name(settings, lane), connection=connection, serializer=JSONSerializer)


class Ringer:
    """Rings from a thread of its own, which lives as long as there is a bell to ring: no request waits for Redis."""

    def __init__(self, app: Flask):
        self.app = app
        self._start_afresh()

    def _start_afresh(self) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        self.asked: set[str] = set()
        self.thread: threading.Thread | None = None

    def ask(self, lane: str) -> None:
        """Have a bell rung soon. Never raises, never waits; the tick rings what got lost."""
        if time.monotonic() < _deaf_until:
            return
        if self.process != os.getpid():  # a fork takes no threads along, but perhaps a lock that one of them held
            self._start_afresh()
        with self.lock:
            self.asked.add(lane)
            if self.thread is None:
                thread = threading.Thread(target=self._ring_all, name="ringer")
                with contextlib.suppress(RuntimeError):  # the machine has no thread left to give
                    thread.start()
                    self.thread = thread

    def _ring_all(self) -> None:
        try:
            with self.app.app_context():
                while (lane := self._next()) is not None:
                    ring(lane)
        finally:  # after what ring() did not expect, too: else this process would never ring again
            with self.lock:
                if self.thread is threading.current_thread():
                    self.thread = None

    def _next(self) -> str | None:
        with self.lock:
            if self.asked:
                return self.asked.pop()
            self.thread = None
            return None


def ring_now() -> None:
    """Have the lane of events, due messages and inbound look soon."""
    current_app.extensions["ringer"].ask("now")


def ring_slow() -> None:
    """Have the lane of mailboxes, imports and reports look soon."""
    current_app.extensions["ringer"].ask("slow")


def ring(lane: str) -> bool:
    """Ask a lane to look at the database. False when Redis could not be told; then stay quiet for 5 s."""
    global _deaf_until
    if time.monotonic() < _deaf_until:
        return False
    settings = current_app.settings
    try:
        connection = current_app.extensions["redis"]
        if connection.set(bell_key(settings, lane), 1, nx=True, px=int(settings.scheduler_interval_ms * 2)):
            queue(settings, lane, connection).enqueue(
                "leadcrm.core.lanes.answer",
                lane,
                job_timeout=JOB_TIMEOUT_SECONDS,
                result_ttl=0,
                failure_ttl=86_400,
                ttl=60,
            )
        return True
    except RedisError:
        _deaf_until = time.monotonic() + DEAF_SECONDS
        return False


def init_app(app) -> None:
    app.extensions["redis"] = connect(app.settings)
    app.extensions["ringer"] = Ringer(app)
