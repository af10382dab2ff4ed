"""The worker: a supervisor of processes, a clock, and one RQ SimpleWorker per lane.

    supervisor ─┬─ redis   (when REDIS_URL is unset and no other supervisor of this installation runs it)
                ├─ clock   timetable rows, bells; runs a pass itself when Redis or a lane is silent
                ├─ now     events, due messages, inbound
                └─ slow    mailboxes, imports, reports

The supervisor holds no database connection, so it can fork at any time; every child dies with it (core.processes).
All work is in the database: a pass may be run by anyone, at any time, side by side.
"""

import contextlib
import gc
import logging
import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask, current_app
from redis.exceptions import RedisError
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker
from sqlalchemy import delete
from sqlalchemy.orm import configure_mappers

from leadcrm.core import clock, jobs, tenancy, timetable
from leadcrm.core.db import db, writing
from leadcrm.core.engines import WORKER_STATEMENT_SECONDS, limit_statements
from leadcrm.core.models import Heartbeat
from leadcrm.core.processes import Child, end, stop_on_signals
from leadcrm.core.redis_server import OwnRedis

log = logging.getLogger(__name__)

PASS_SECONDS = 60
TURN_SECONDS = 5  # of one drain, then the next: a campaign must not hold up a reply, nor an import a reminder
FAREWELL_SECONDS = 2.0  # that RQ has to sign off; its Redis may be one that never answers
JOBS_BEFORE_RECYCLING = 5000  # about seven idle hours; bounds whatever a library leaks

Drain = Callable[[Callable[[], bool]], int]


@dataclass
class Lane:
    """What a lane's process knows about itself."""

    app: Flask
    name: str
    pulse: object | None = None  # shared double, monotonic seconds: how the supervisor sees that we are alive
    stopping: bool = False
    answering: bool = False  # work is in hand, which is finished or given back before the process may end
    beaten_at: float = 0.0

    def should_stop(self) -> bool:
        self.beat()
        return self.stopping

    def beat(self) -> None:
        """Show ourselves: to the supervisor at once, to the database at most once a second."""
        self.throb()
        now = time.monotonic()
        if now - self.beaten_at >= 1:
            self.beaten_at = now
            write_heartbeat(self.name)

    def throb(self) -> None:
        """Show ourselves to the supervisor, which kills who is silent for too long."""
        if self.pulse is not None:
            self.pulse.value = time.monotonic()


_lane: Lane | None = None


def answer(lane: str) -> None:
    """The one RQ job: take the bell down, then do what is due."""
    if _lane is None or _lane.name != lane:
        raise RuntimeError("answer() runs inside its lane's process.")
    _lane.answering = True
    try:
        with _lane.app.app_context():
            with contextlib.suppress(RedisError):
                current_app.extensions["redis"].delete(jobs.bell_key(current_app.settings, lane))
            if run_pass(lane, _lane.should_stop):
                jobs.ring(lane)
    finally:
        _lane.answering = False


def run_pass(lane: str, should_stop: Callable[[], bool], seconds: float = PASS_SECONDS) -> bool:
    """Do what is due on a lane, in turns, until a round finds nothing. True when time ran out before that."""
    until = time.monotonic() + seconds
    work = current_app.extensions["lanes"][lane]

    def enough() -> bool:
        return should_stop() or time.monotonic() > until

    while not enough():
        done = sum(_drain(drain, enough) for drain in work)
        done += timetable.run_due(lane)
        if not done:
            return False
    return not should_stop()


def _drain(drain: Drain, should_stop: Callable[[], bool]) -> int:
    """A turn of one drain, which must not keep its neighbours from working, by breaking or by never ending."""
    until = time.monotonic() + TURN_SECONDS
    try:
        return drain(lambda: should_stop() or time.monotonic() > until)
    except Exception:
        log.exception("drain %s broke off", drain.__name__)
        return 0
    finally:
        db.session.remove()


def write_heartbeat(lane: str) -> None:
    """Say in the database that this process of the lane is alive, by the real clock."""
    with tenancy.everyone(), writing() as session:
        session.merge(Heartbeat(lane=lane, process=_this_process(), at=clock.real_now()))


def _forget_heartbeat(lane: str) -> None:
    with tenancy.everyone(), writing() as session:
        session.execute(delete(Heartbeat).where(Heartbeat.lane == lane, Heartbeat.process == _this_process()))


def _this_process() -> str:
    """Its name among all hosts, as Heartbeat.process keeps it."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


class LaneWorker(SimpleWorker):
    """RQ's worker, telling a running drain to stop when the process is told to."""

    def heartbeat(self, *arguments, **named):
        """RQ calls it while it waits for a job, also while Redis is away: an idle lane is not a hung one."""
        if _lane is not None:
            _lane.throb()
        super().heartbeat(*arguments, **named)

    def request_stop(self, signum, frame):
        if _lane is not None:
            _lane.stopping = True
            threading.Thread(target=_end_in_time, args=(_lane,), daemon=True).start()
        super().request_stop(signum, frame)

    def request_force_stop(self, signum, frame):
        """A second signal changes nothing: breaking off a send would leave its outcome unknown."""


def _end_in_time(lane: Lane) -> None:
    """End this process when nothing is in hand any more, whatever RQ still waits for."""
    time.sleep(FAREWELL_SECONDS)
    while lane.answering:
        time.sleep(0.1)
    with lane.app.app_context(), contextlib.suppress(Exception):
        _forget_heartbeat(lane.name)
    os._exit(0)


def work_lane(app: Flask, lane: str, pulse: object) -> None:
    """Body of a lane's process: one SimpleWorker on exactly one queue, recycled now and then."""
    global _lane
    _lane = Lane(app, lane, pulse)
    connection = jobs.connect(app.settings, patient=True)
    worker = LaneWorker(
        [jobs.queue(app.settings, lane, connection)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=60,
        maintenance_interval=60,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING", max_jobs=JOBS_BEFORE_RECYCLING)
    with app.app_context(), contextlib.suppress(Exception):
        _forget_heartbeat(lane)


@dataclass
class Supervisor:
    """Starts and restarts the children of one worker; `run` returns after SIGTERM or SIGINT, with none of them left."""

    app: Flask
    children: list[Child] = field(default_factory=list)

    def run(self) -> None:
        stop = stop_on_signals(lambda: self.children)
        self.own_redis = None if self.app.settings.redis_url else OwnRedis(self.app.settings)
        self.children = [
            Child("clock", self._in_child(lambda: timetable.keep_time(self.app))),
            *(self._lane_child(lane) for lane in jobs.LANES),
        ]
        while not stop.raised:
            self._adopt_redis()
            for child in self.children:
                child.tend(time.monotonic())
            time.sleep(0.1)
        # lanes finish the send in hand and give the rest back; Redis, which they still talk to, goes last
        end([child for child in self.children if child.name != "redis"])
        end([child for child in self.children if child.name == "redis"])

    def _lane_child(self, lane: str) -> Child:
        pulse = multiprocessing.get_context("fork").Value("d", time.monotonic(), lock=False)
        return Child(lane, self._in_child(lambda: work_lane(self.app, lane, pulse)), pulse)

    def _in_child(self, body: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            if self.own_redis is not None:
                self.own_redis.forget()
            body()

        return run

    def _adopt_redis(self) -> None:
        """Run our own Redis unless the operator has one or another supervisor of this installation runs it."""
        running = any(child.name == "redis" for child in self.children)
        if self.own_redis is not None and not running and self.own_redis.take():
            self.children.insert(0, Child("redis", self.own_redis.run))
            self.children[0].tend(time.monotonic())
            self.own_redis.wait_until_it_answers()


def supervise(app: Flask) -> None:
    """Run the worker until it is told to stop."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    limit_statements(app, WORKER_STATEMENT_SECONDS)
    _stay_shared()
    Supervisor(app).run()


def _stay_shared() -> None:
    """Let the children share what is loaded: a collection writes to every object it looks at, and so copies its page.

    Measured over an hour: without it each process gets its own copy sooner or later, a third more memory in all.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()
