"""Periodic jobs: one slot each, whoever writes it and whoever takes it, found without reading the old ones."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from leadcrm.core import clock, idempotency, tenancy
from leadcrm.core.db import db, writing
from leadcrm.core.models import Slot
from leadcrm.core.timetable import Periodic, run_due, write_slots
from tests.plans import plans_of

SCANS = re.compile(r"SCAN (slots|remembered_answers)\b|Seq Scan on (slots|remembered_answers)\b")


@pytest.fixture
def ran(app, monkeypatch) -> list[str]:
    """What ran, of a timetable with two jobs of the lane `now` and one of `slow`."""
    names: list[str] = []

    def job(name: str, lane: str, seconds: int) -> Periodic:
        return Periodic(name, lane, seconds, lambda: names.append(name))

    jobs = [job("often", "now", 5), job("daily", "now", 86_400), job("report", "slow", 3600)]
    monkeypatch.setitem(app.extensions, "timetable", {one.name: one for one in jobs})
    return names


def later(monkeypatch, **by: float) -> None:
    moment = clock.real_now() + timedelta(**by)
    monkeypatch.setattr(clock, "real_now", lambda: moment)


def test_each_job_runs_once_in_its_slot_and_its_lane(ran, monkeypatch):
    later(monkeypatch)
    for _ in range(2):
        write_slots()
    assert run_due("now") == 2
    assert run_due("now") == 0
    assert sorted(ran) == ["daily", "often"]
    later(monkeypatch, seconds=5)
    write_slots()
    run_due("now")
    assert sorted(ran) == ["daily", "often", "often"]
    assert run_due("slow") == 1


def test_a_job_that_breaks_does_not_keep_the_others(app, ran, monkeypatch):
    monkeypatch.setitem(app.extensions["timetable"], "often", Periodic("often", "now", 5, lambda: 1 / 0))
    write_slots()
    assert run_due("now") == 2
    assert ran == ["daily"]


def test_slots_of_two_days_ago_are_forgotten(ran):
    write_slots()
    long_ago = clock.real_now() - timedelta(days=3)
    with writing() as session:
        session.execute(update(Slot).values(slot=Slot.slot - 1, written_at=long_ago))
    write_slots()
    moments = db.session.scalars(select(Slot.written_at)).all()
    assert len(moments) == 3
    assert min(moments) > long_ago


@pytest.mark.parametrize("work", [write_slots, lambda: run_due("now"), idempotency.forget_old_answers])
def test_nothing_old_is_read_to_find_what_is_new(app, ran, work):
    """Each of these runs every few seconds, or inside the write lock."""
    with writing() as session:
        session.add(Slot(job="often", slot=1, lane="now"))
    with tenancy.everyone():
        for plan in plans_of(work):
            assert not SCANS.search(plan), plan
