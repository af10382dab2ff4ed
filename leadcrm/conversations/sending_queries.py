"""What the organization says about sending, and when its messages to a lead left last."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, or_, select

from leadcrm.conversations.models import (
    AUTOMATIC,
    CHANNELS,
    TEXTS,
    TEXTS_PER_DAY,
    Attempt,
    Message,
    SendingWindow,
    TextBudget,
)
from leadcrm.conversations.sending_policy import DEFAULT_WINDOWS, Policy, Window, days_in
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.identity.models import Organization


def sending_rules() -> Policy:
    """The organization's rules, of every channel."""
    window = (SendingWindow.channel, SendingWindow.quiet_from, SendingWindow.quiet_until, SendingWindow.days)
    rows = db.session.execute(
        select(Organization.message_gap_minutes, *window)
        .outerjoin(SendingWindow, SendingWindow.organization_id == Organization.id)
        .where(Organization.id == tenancy.current_id())
    ).all()
    given = {
        row.channel: Window(row.quiet_from, row.quiet_until, days_in(row.days))
        for row in rows
        if row.channel is not None
    }
    return Policy({**DEFAULT_WINDOWS, **given}, timedelta(minutes=rows[0].message_gap_minutes))


def texts_per_day() -> dict[str, int]:
    """How many texts the organization allows in a day, by channel."""
    rows = db.session.execute(select(TextBudget.channel, TextBudget.per_day)).all()
    return dict.fromkeys(TEXTS, TEXTS_PER_DAY) | {row.channel: row.per_day for row in rows}


def last_automatic(lead_ids: Collection[str], since: datetime) -> dict[str, datetime]:
    """When, after `since`, each of these leads was last sent something by a machine; of others nothing.

    A message whose outcome is unknown may have arrived and counts from its last attempt.
    """
    attempted = select(func.max(Attempt.started_at)).where(Attempt.message_id == Message.id).scalar_subquery()
    left_at = case((Message.status == "unknown", attempted), else_=Message.sent_at)
    rows = db.session.execute(
        select(Message.lead_id, func.max(left_at).label("left_at"))
        .where(Message.lead_id.in_(lead_ids), Message.origin.in_(AUTOMATIC), Message.channel.in_(CHANNELS))
        .where(or_(Message.sent_at > since, and_(Message.status == "unknown", attempted > since)))
        .group_by(Message.lead_id)
    )
    return {row.lead_id: row.left_at for row in rows}
