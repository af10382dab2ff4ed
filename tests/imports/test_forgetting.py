"""What files said is forgotten in time, whatever became of their import."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from leadcrm.core import clock
from leadcrm.core.db import db, perform
from leadcrm.core.errors import Conflict
from leadcrm.imports import jobs, operations
from leadcrm.imports.data import Plan
from leadcrm.imports.jobs import forget_old_imports
from leadcrm.imports.models import BEFORE_START, STATES, Import, ImportFile, ImportRow
from leadcrm.imports.operations.forgetting import KEPT, UNUSED
from tests.imports.conftest import PEOPLE, again, rows_of, work

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def left_in(bring, monkeypatch):
    """`left_in("stopped")` → an import that stays in that state, half of it taken in where that can be."""

    def make(state: str) -> Import:
        found = bring(PEOPLE + "Refused,nobody,,\n")
        if state == "mapping":
            perform(operations.map_again, found)
        elif state == "checking":
            perform(operations.choose_plan, found, Plan.from_json(found.plan))
        elif state != "ready":
            monkeypatch.setattr(jobs, "TAKEN_IN", 1)
            perform(operations.start_import, found, announces=False)
            _a_batch()
            _go_on(found, state)
        assert again(found).state == state
        return found

    return make


def _go_on(found: Import, state: str) -> None:
    if state in ("stopped", "reverting", "reverted"):
        perform(operations.stop_import, again(found))
    if state in ("reverting", "reverted"):
        perform(operations.revert_import, again(found))
    if state in ("done", "reverted"):
        work()


def _a_batch() -> None:
    stops = iter([False, True])
    jobs.drain_imports(lambda: next(stops))


def later(time: timedelta) -> None:
    """So long after the import was brought."""
    clock.move(time.total_seconds())


def what_is_said() -> list[str]:
    """Every cell and heading that is still known, of any import."""
    db.session.rollback()
    db.session.expire_all()
    rows = db.session.scalars(select(ImportRow))
    said = [text for row in rows for text in (*row.cells, row.email, row.phone, *row.detail)]
    files = db.session.scalar(select(func.count()).select_from(ImportFile))
    said += [heading for headings in db.session.scalars(select(Import.headings)) for heading in headings]
    return [text for text in said if text] + ["a file"] * files


@pytest.mark.parametrize("state", STATES)
def test_in_whatever_state_it_is_nothing_is_left_in_the_end(left_in, state):
    left_in(state)
    time = UNUSED if state in BEFORE_START else KEPT
    later(time - A_MINUTE)
    assert forget_old_imports() == 0
    assert what_is_said()
    later(time + A_MINUTE)
    assert forget_old_imports() == 1
    assert what_is_said() == []
    assert forget_old_imports() == 0


def test_the_ninety_days_begin_when_it_was_stopped(left_in):
    found = left_in("running")
    later(timedelta(days=30))
    perform(operations.stop_import, again(found))
    later(timedelta(days=119))
    assert forget_old_imports() == 0
    later(timedelta(days=121))
    assert forget_old_imports() == 1


def test_one_that_hangs_ends_where_it_is(left_in):
    found = left_in("running")
    later(KEPT + A_MINUTE)
    forget_old_imports()
    assert again(found).state == "stopped"
    assert [row.state for row in rows_of(found)] == ["done"]


def test_what_was_forgotten_does_not_go_on(left_in, sign_in, cast):
    found = left_in("stopped")
    client, page = sign_in(cast.ada), f"/imports/{found.id}"
    assert "Go on" in client.get(page).text
    later(KEPT + A_MINUTE)
    forget_old_imports()
    with pytest.raises(Conflict, match="was forgotten"):
        perform(operations.resume_import, again(found))
    client = sign_in(cast.ada)
    assert "Go on" not in client.get(page).text
    assert "was forgotten" in client.get(page).text
