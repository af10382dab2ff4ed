"""The clock: writes the timetable's slots, rings the bells, and steps in when Redis or a lane is silent.

Several clocks may run: a slot row (job, slot) is inserted by whichever comes first and done by whichever lane takes it.
"""

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, current_app
from sqlalchemy import delete, select, tuple_, update

from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.db import db, writing
from leadcrm.core.models import Heartbeat, Slot
from leadcrm.core.processes import fork, is_alive, stop_on_signals
from leadcrm.core.upserts import upsert

log = logging.getLogger(__name__)

SILENT_TICKS = 3
KEPT_SLOTS = timedelta(days=2)


@dataclass(frozen=True)
class Periodic:
    """A job of the timetable: `run()` must be harmless when repeated or missed once."""

    name: str
    lane: str
    interval_seconds: int
    run: Callable[[], Any]


def write_slots() -> None:
    """Insert the current slot of every periodic job that has none yet."""
    now = int(clock.real_now().timestamp())
    rows = [{"job": job.name, "slot": now // job.interval_seconds, "lane": job.lane} for job in _timetable().values()]
    current = tuple_(Slot.job, Slot.slot).in_([(row["job"], row["slot"]) for row in rows])
    known = set(db.session.execute(select(Slot.job, Slot.slot).where(current)).all())
    db.session.rollback()
    fresh = [row for row in rows if (row["job"], row["slot"]) not in known]
    if not fresh:
        return
    oldest = clock.real_now() - KEPT_SLOTS
    with writing() as session:
        session.execute(upsert(Slot).values(fresh).on_conflict_do_nothing())
        session.execute(delete(Slot).where(Slot.written_at < oldest))
        session.execute(delete(Heartbeat).where(Heartbeat.at < oldest))


def run_due(lane: str) -> int:
    """Take and run the lane's open slots. Returns how many ran."""
    slots = db.session.execute(select(Slot.job, Slot.slot).where(Slot.lane == lane, Slot.taken_at.is_(None))).all()
    db.session.rollback()
    return sum(_take_and_run(job, slot) for job, slot in slots)


def _take_and_run(job: str, slot: int) -> int:
    mine = update(Slot).where(Slot.job == job, Slot.slot == slot, Slot.taken_at.is_(None))
    with writing() as session:
        if session.execute(mine.values(taken_at=clock.real_now())).rowcount != 1:
            return 0
    if job not in _timetable():
        return 0
    try:
        _timetable()[job].run()
    except Exception:
        log.exception("periodic job %s failed; its next slot tries again", job)
    finally:
        db.session.remove()
    return 1


def _timetable() -> dict[str, Periodic]:
    return current_app.extensions["timetable"]


def tick() -> dict[str, bool]:
    """Write due slots and ring every lane. Returns, per lane, whether its bell could be rung."""
    with tenancy.everyone():
        write_slots()
    return {lane: jobs.ring(lane) for lane in jobs.LANES}


def silent_lanes() -> set[str]:
    """Lanes whose newest heartbeat is older than three ticks."""
    since = clock.real_now() - timedelta(seconds=max(10.0, SILENT_TICKS * current_app.settings.tick_seconds))
    heard = set(db.session.scalars(select(Heartbeat.lane).where(Heartbeat.at >= since).distinct()))
    db.session.rollback()
    return set(jobs.LANES) - heard


def keep_time(app: Flask) -> None:
    """Body of the clock's process: a tick every SCHEDULER_INTERVAL_MS until SIGTERM."""
    stop = stop_on_signals()
    helpers: dict[str, int] = {}
    started = time.monotonic()
    while not stop.raised:
        before = time.monotonic()
        try:
            with app.app_context():
                rung = tick()
                settled = time.monotonic() - started > SILENT_TICKS * app.settings.tick_seconds
                silent = silent_lanes() if settled else set()
                db.session.remove()
                db.engine.dispose()  # a fork must not inherit an open connection
            for lane in jobs.LANES:
                if (not rung[lane] or lane in silent) and not (lane in helpers and is_alive(helpers[lane])):
                    helpers[lane] = fork(lambda lane=lane: help_out(app, lane), f"helper of {lane}")
        except Exception:
            log.exception("a tick failed; the next one tries again")
        stop.wait(before + app.settings.tick_seconds)
    for pid in helpers.values():
        if is_alive(pid):
            os.kill(pid, signal.SIGTERM)


def help_out(app: Flask, lane: str) -> None:
    """One pass in a short-lived process: Redis down means slower, not stopped."""
    from leadcrm.core.lanes import run_pass

    stop = stop_on_signals()
    with app.app_context():
        run_pass(lane, lambda: stop.raised)
