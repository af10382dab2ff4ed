"""Giving the waiting copies of an edited step their new words: few at once, many by the worker in small steps.

The new words hold from the save on: as long as copies are behind, the step's row in `reworded_steps` keeps the delivery
from sending what they still say. To rewrite a hundred thousand at once would hold the write lock for minutes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, update

from leadcrm.conversations.models import WAITING, Message, RewordedStep
from leadcrm.core import jobs
from leadcrm.core.db import after_commit, db
from leadcrm.flows.models import Enrolment, FlowStep
from leadcrm.flows.reasons import PARKED

CHUNK = 250  # copies in one transaction, of at most 20,000 characters each
LOOK = 20_000  # copies looked up at a time, outside the write lock
COPIED = ("subject", "content", "when_late")  # by name the same of a step and of its messages
WAITS = Message.status.in_(WAITING)
IS_PARKED = and_(Message.status == "skipped", Message.reason.in_(PARKED))


@dataclass(frozen=True)
class Rewording:
    """How many waiting messages say the new words from now on, or that they are `more` than that many."""

    copies: int = 0
    more: bool = False


def begin_rewording(step: FlowStep) -> Rewording:
    """Rewrite the copies of a step whose words were changed, or leave them to the worker. The step is locked."""
    waiting, parked = _copies(step.id, WAITS), _copies(step.id, IS_PARKED)  # an index answers each, but not both
    end_rewording(step.id, step.revision)
    if len(waiting) + len(parked) > CHUNK:
        _leave_to_worker(step)
    else:
        _rewrite([*waiting, *parked], step)
    return Rewording(min(len(waiting), CHUNK), more=len(waiting) > CHUNK)


def go_on_rewording(step_id: str, copies: Collection[str]) -> None:
    """Rewrite these copies of the step, unless they were sent meanwhile."""
    work = db.session.scalar(select(RewordedStep).where(RewordedStep.step_id == step_id).with_for_update())
    if work is not None:
        _rewrite(copies, work)


def end_rewording(step_id: str, revision: int) -> None:
    """No copy is behind this revision of the step any more. A newer one keeps its work."""
    done = delete(RewordedStep).where(RewordedStep.step_id == step_id, RewordedStep.revision <= revision)
    db.session.execute(done.execution_options(synchronize_session=False))


def copies_behind(step_id: str) -> tuple[int, list[str]]:
    """The step's revision, and ids of copies, at most LOOK, that do not say its words yet; (0, []) when none is left.

    Reads all that wait: not for a write transaction.
    """
    work = db.session.scalar(select(RewordedStep).where(RewordedStep.step_id == step_id))
    if work is None:
        return 0, []
    differs = or_(*(getattr(Message, name) != getattr(work, name) for name in COPIED))
    # one statement: between two, a copy that is taken back would be in neither answer
    return work.revision, _copies(step_id, or_(WAITS, IS_PARKED), differs, limit=LOOK)


def reword_passage(enrolment: Enrolment, *which: Any) -> None:
    """Give these messages of a passage the words their steps have by now."""

    def now_says(name: str) -> Any:
        return select(getattr(FlowStep, name)).where(FlowStep.id == Message.step_id).scalar_subquery()

    theirs = update(Message).where(Message.enrolment_id == enrolment.id, ~Message.rendered, *which)
    words = {name: now_says(name) for name in COPIED}
    db.session.execute(theirs.values(words).execution_options(synchronize_session=False))


def _copies(step_id: str, *which: Any, limit: int = CHUNK + 1) -> list[str]:
    """A copy whose first attempt already filled its merge fields keeps what it said."""
    copies = select(Message.id).where(Message.step_id == step_id, ~Message.rendered, *which)
    return list(db.session.scalars(copies.limit(limit)))


def _leave_to_worker(step: FlowStep) -> None:
    work = {name: getattr(step, name) for name in ("revision", *COPIED)}
    db.session.execute(insert(RewordedStep).values(step_id=step.id, **work))
    after_commit(jobs.ring_slow)


def _rewrite(copies: Collection[str], step: FlowStep | RewordedStep) -> None:
    these = update(Message).where(Message.id.in_(copies), ~Message.rendered)
    now_says = {name: getattr(step, name) for name in COPIED}
    db.session.execute(these.values(now_says).execution_options(synchronize_session=False))
