"""Other times for what waits, because its step in a flow was moved."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, or_, update

from leadcrm.conversations.models import WAITING, Message
from leadcrm.conversations.models.rules import RetimedStep
from leadcrm.conversations.operations.planning import STALE_AFTER
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.core.upserts import upsert

MESSAGES = Message.__table__
_when = {
    "scheduled_for": bindparam("new_moment"),
    "position_at": bindparam("new_moment"),
    "useful_until": bindparam("new_useful_until"),
}
_retime = (
    update(MESSAGES)
    .where(MESSAGES.c.id == bindparam("the_id"), ~MESSAGES.c.rendered)
    .where(or_(*(MESSAGES.c.status == status for status in WAITING)))  # a list's length may differ from call to call
    .values(_when | {"status": "scheduled", "reason": "", "due_at": bindparam("new_moment")})
    .values(claim_token=None, lease_until=None)
)
_retime_dropped = (
    update(MESSAGES)
    .where(MESSAGES.c.id == bindparam("the_id"), MESSAGES.c.status == "skipped")
    .values(scheduled_for=bindparam("new_moment"), useful_until=bindparam("new_useful_until"))
)


def hold_until_retimed(step_ids: Collection[str]) -> None:
    """From now on nothing of these steps leaves before `retimed_up_to` has passed its enrolment."""
    rows = [{"step_id": step_id, "organization_id": tenancy.current_id(), "done_up_to": ""} for step_id in step_ids]
    statement = upsert(RetimedStep).on_conflict_do_update(index_elements=[RetimedStep.step_id], set_={"done_up_to": ""})
    if rows:
        db.session.execute(statement, rows)


def retimed_up_to(step_ids: Collection[str], enrolment_id: str | None) -> None:
    """Messages of these steps in enrolments up to this one stand at their new times; None: all do."""
    held = RetimedStep.step_id.in_(step_ids)
    statement = delete(RetimedStep) if enrolment_id is None else update(RetimedStep).values(done_up_to=enrolment_id)
    db.session.execute(statement.where(held).execution_options(synchronize_session=False))


def retime(moments: Mapping[str, datetime]) -> int:
    """Let waiting messages (by id) leave at these moments instead. Returns how many; what was tried stays as it is."""
    return _each(_retime, moments)


def retime_dropped(moments: Mapping[str, datetime]) -> int:
    """The same for messages that were dropped and may be taken back."""
    return _each(_retime_dropped, moments)


def _each(statement, moments: Mapping[str, datetime]) -> int:
    rows = [
        {"the_id": message_id, "new_moment": moment, "new_useful_until": moment + STALE_AFTER}
        for message_id, moment in sorted(moments.items())
    ]
    return db.session.connection().execute(statement, rows).rowcount if rows else 0
