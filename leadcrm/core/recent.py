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
LONGEST_ID = 18  # digits: any number of so many is one that the database can be asked for


def facts_named(text: str) -> list[int]:
    """Ids of facts as the address of an Undo names them: `12,13`. What is no id is left out; a hundred at most."""
    asked = text.split(",")[:MOST_AT_ONCE]
    return [int(one) for one in asked if one.isascii() and one.isdigit() and len(one) <= LONGEST_ID]


def recent_facts(fact_ids: Sequence[int], user_id: str, *criteria: ColumnElement[bool]) -> list[Event]:
    """Those of these facts that the person brought about in the last ten minutes, newest first."""
    theirs = select(EventRow).where(
        EventRow.id.in_(fact_ids[:MOST_AT_ONCE]),
        EventRow.actor == f"user:{user_id}",
        EventRow.at > clock.now() - UNDO_WITHIN,
        *criteria,
    )
    return [events.restore(row) for row in db.session.scalars(theirs.order_by(EventRow.id.desc()))]
