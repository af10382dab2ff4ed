"""What the bell shows."""

from sqlalchemy import func, select

from leadcrm.core.db import db
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.identity.models import User
from leadcrm.notifications.models import Notification

MOST_COUNTED = 100
NEWEST = Order("newest", (Notification.created_at, Notification.id))


def unread_count(user: User) -> int:
    """How many the person has not read, counted up to 100."""
    unread = (
        select(Notification.id)
        .where(Notification.user_id == user.id, Notification.read_at.is_(None))
        .limit(MOST_COUNTED)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(unread)) or 0


def notifications_of(user: User, cursor: str | None = None, limit: int = 50) -> Page[Notification]:
    """A page of what the person was told, newest first. Raises BadCursor."""
    return keyset_page(select(Notification).where(Notification.user_id == user.id), NEWEST, cursor, limit)
