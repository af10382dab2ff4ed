"""Steps of flows whose messages leave only when something holds of the lead."""

from collections.abc import Mapping

from sqlalchemy import delete

from leadcrm.conversations.conditions import Group
from leadcrm.conversations.models import ConditionalStep
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.core.upserts import upsert


def set_conditions(conditions: Mapping[str, Group | None]) -> None:
    """From now on messages of these steps (by id) leave only if the group holds; None: without condition."""
    lifted = [step_id for step_id, only_if in conditions.items() if only_if is None]
    if lifted:
        gone = delete(ConditionalStep).where(ConditionalStep.step_id.in_(lifted))
        db.session.execute(gone.execution_options(synchronize_session=False))
    rows = [
        {"step_id": step_id, "organization_id": tenancy.current_id(), "only_if": only_if}
        for step_id, only_if in conditions.items()
        if only_if is not None
    ]
    if rows:
        statement = upsert(ConditionalStep)
        known = {"index_elements": [ConditionalStep.step_id], "set_": {"only_if": statement.excluded.only_if}}
        db.session.execute(statement.on_conflict_do_update(**known), rows)
