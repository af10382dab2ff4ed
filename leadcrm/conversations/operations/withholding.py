"""Steps of flows whose messages may not leave: true at once, however many of them wait."""

from collections.abc import Collection

from sqlalchemy import delete, update

from leadcrm.conversations.models import Message, WithheldStep
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.core.upserts import upsert


def withhold_steps(step_ids: Collection[str], reason: str) -> None:
    """From now on nothing of these steps leaves, and what is on its way is not tried again."""
    rows = [{"step_id": step_id, "organization_id": tenancy.current_id(), "reason": reason} for step_id in step_ids]
    statement = upsert(WithheldStep)
    statement = statement.on_conflict_do_update(
        index_elements=[WithheldStep.step_id], set_={"reason": statement.excluded.reason}
    )
    db.session.execute(statement, rows)
    _withdraw(Message.step_id.in_(step_ids), reason=reason)


def release_steps(step_ids: Collection[str], reasons: Collection[str]) -> None:
    """They may leave again; what is on its way may be tried again, unless it was dropped for another reason."""
    held = delete(WithheldStep).where(WithheldStep.step_id.in_(step_ids))
    db.session.execute(held.execution_options(synchronize_session=False))
    _withdraw(Message.step_id.in_(step_ids), Message.withdrawn.in_(reasons), reason="")


def _withdraw(*which, reason: str) -> None:
    on_its_way = update(Message).where(*which, Message.status == "sending").values(withdrawn=reason)
    db.session.execute(on_its_way.execution_options(synchronize_session=False))
