"""Who must not be written to."""

from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from leadcrm.conversations.events import LeadOptedOut
from leadcrm.conversations.models import Suppression
from leadcrm.conversations.operations.skipping import skip_waiting_of_lead
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, is_postgresql
from leadcrm.core.events import record
from leadcrm.core.values import new_id

EVERY_CHANNEL = "all"


def suppress(channel: str, address: str, reason: str, details: dict[str, Any] | None = None) -> bool:
    """Never write to this address on this channel (`all` for every one) again. False when that was known."""
    insert = postgresql.insert if is_postgresql() else sqlite.insert
    row = {
        "id": new_id(),
        "created_at": clock.now(),
        "organization_id": tenancy.current_id(),
        "channel": channel,
        "address": address,
        "reason": reason,
        "details": details or {},
    }
    statement = insert(Suppression).values(row).on_conflict_do_nothing().returning(Suppression.id)
    return db.session.scalar(statement) is not None


def lift_suppression(channel: str, address: str) -> bool:
    """Allow writing to the address on this channel again: they asked for it. False when it was allowed."""
    statement = delete(Suppression).where(Suppression.channel == channel, Suppression.address == address)
    return db.session.execute(statement.execution_options(synchronize_session=False)).rowcount > 0


def is_suppressed(channel: str, address: str) -> bool:
    """Whether the address must not be written to on the channel."""
    listed = exists().where(Suppression.channel.in_([channel, EVERY_CHANNEL]), Suppression.address == address)
    return bool(db.session.scalar(select(listed)))


def opt_out(lead_id: str, channel: str, address: str, how: str) -> bool:
    """The lead asked not to be written to at this address: nothing waiting goes out, and it is recorded once.

    False when it was known.
    """
    if not suppress(channel, address, how):
        return False
    skip_waiting_of_lead(lead_id, "opted out", channel)
    record(LeadOptedOut(lead_id=lead_id, channel=channel, how=how))
    return True
