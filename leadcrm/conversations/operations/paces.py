"""How fast a campaign's messages leave, and whether any does now."""

from collections.abc import Collection, Mapping

from sqlalchemy import update

from leadcrm.conversations.models import CHANNELS, Message, Pace
from leadcrm.conversations.operations.planning import STALE_AFTER
from leadcrm.core import clock, jobs, tenancy
from leadcrm.core.db import after_commit, db
from leadcrm.core.upserts import upsert


def set_paces(campaign_id: str, per_hour: Mapping[str, int | None]) -> None:
    """Let at most so many messages of the campaign leave in any hour, by channel; None: no limit."""
    now = clock.now()
    rows = [
        {
            "campaign_id": campaign_id,
            "channel": channel,
            "organization_id": tenancy.current_id(),
            "per_hour": per_hour.get(channel),
            "free_at": now,
            "line_at": now,
            "halted": "",
        }
        for channel in CHANNELS
    ]
    statement = upsert(Pace)
    statement = statement.on_conflict_do_update(
        index_elements=[Pace.campaign_id, Pace.channel], set_={"per_hour": statement.excluded.per_hour}
    )
    db.session.execute(statement, rows)


def halt_messages(campaign_id: str, reason: str) -> None:
    """From now on nothing of the campaign leaves; "" lets it leave again, but for what is held already."""
    theirs = update(Pace).where(Pace.campaign_id == campaign_id).values(halted=reason)
    db.session.execute(theirs.execution_options(synchronize_session=False))


def let_held_messages_go(message_ids: Collection[str]) -> None:
    """Let these messages of a campaign, held by a halt, leave now, at its pace.

    They are not late: nobody wanted them to leave before.
    """
    now = clock.now()
    times = {"scheduled_for": now, "due_at": now, "position_at": now, "useful_until": now + STALE_AFTER}
    again = update(Message).where(Message.id.in_(message_ids), Message.status == "held")
    again = again.values(status="scheduled", reason="", **times)
    db.session.execute(again.execution_options(synchronize_session=False))
    after_commit(jobs.ring_now)
