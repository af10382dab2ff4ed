"""What waits since a backup was restored, for those who run the team."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from leadcrm.conversations.models import CHANNELS, Message, SendingPause
from leadcrm.conversations.operations.composing import fill_what_is_known
from leadcrm.conversations.operations.releasing import would_leave
from leadcrm.core.db import db
from leadcrm.leads import queries as leads
from leadcrm.leads.models import Lead

SHOWN = 50
BEGINNING = 80  # characters


@dataclass(frozen=True)
class Waiting:
    """A paused channel: since when, after which backup, and how many messages would leave at once when released.

    `unknown` messages were on their way when the backup was made.
    """

    channel: str
    backup_at: datetime
    paused_at: datetime
    paused_by: str
    due: int
    unknown: int


def paused_channels() -> list[Waiting]:
    """The organization's channels that wait for a person, in the order of CHANNELS."""
    pauses = {
        pause.channel: pause
        for pause in db.session.scalars(select(SendingPause).where(SendingPause.released_at.is_(None)))
    }
    if not pauses:
        return []
    due, unknown = _by_channel(*would_leave()), _by_channel(Message.status == "unknown")
    return [
        Waiting(
            channel=channel,
            backup_at=pauses[channel].backup_at,
            paused_at=pauses[channel].paused_at,
            paused_by=pauses[channel].paused_by,
            due=due.get(channel, 0),
            unknown=unknown.get(channel, 0),
        )
        for channel in CHANNELS
        if channel in pauses
    ]


@dataclass(frozen=True)
class Due:
    """A message that would leave at once. `words`: its subject, or how its text begins, as the lead would read it."""

    lead_id: str
    lead_name: str
    channel: str
    words: str
    scheduled_for: datetime


def first_to_leave(channels: Iterable[str]) -> Sequence[Due]:
    """Messages that a release of these channels lets go, at most SHOWN, those that waited longest first."""
    words = func.coalesce(func.nullif(Message.subject, ""), Message.content)
    statement = (
        select(Lead.id, Lead.name, Message.channel, words, Message.scheduled_for, Message.rendered)
        .join(Lead, Lead.id == Message.lead_id)
        .where(Message.channel.in_(list(channels)), *would_leave())
        .order_by(Message.scheduled_for, Message.id)
        .limit(SHOWN)
    )
    rows = db.session.execute(statement).all()
    values = leads.merge_values({row.id for row in rows})
    return [
        Due(lead_id, name, channel, _beginning(text if rendered else fill_what_is_known(text, values[lead_id])), at)
        for lead_id, name, channel, text, at, rendered in rows
    ]


def _beginning(text: str) -> str:
    return text if len(text) <= BEGINNING else f"{text[:BEGINNING].rstrip()}…"


def _by_channel(*criteria) -> dict[str, int]:
    counted = select(Message.channel, func.count(Message.id)).where(*criteria).group_by(Message.channel)
    return dict(db.session.execute(counted).all())
