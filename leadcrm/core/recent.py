"""What a person has just done and may take back."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from leadcrm.core import clock, events
from leadcrm.core.db import db
from leadcrm.core.events import Event
from leadcrm.core.models import EventRow

UNDO_WITHIN = timedelta(minutes=10)
MOST_AT_ONCE = 100


def recent_facts(fact_ids: Sequence[int], user_id: str, *criteria: ColumnElement[bool]) -> list[Event]:
    """Those of these facts that the person brought about in the last ten minutes, newest first."""
    theirs = select(EventRow).where(
        EventRow.id.in_(fact_ids[:MOST_AT_ONCE]),
        EventRow.actor == f"user:{user_id}",
        EventRow.at > clock.now() - UNDO_WITHIN,
        *criteria,
    )
    return [events.restore(row) for row in db.session.scalars(theirs.order_by(EventRow.id.desc()))]
