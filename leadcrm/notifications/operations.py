"""Telling people."""

from collections.abc import Iterable

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite

from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, is_postgresql
from leadcrm.core.values import new_id
from leadcrm.identity.models import User
from leadcrm.notifications.models import Notification

LONGEST_TITLE = 200


def notify(user_ids: Iterable[str | None], key: str, title: str, href: str, icon: str = "bell") -> None:
    """Tell people once per key, however often it is called; None among the ids is nobody."""
    rows = [
        {
            "id": new_id(),
            "organization_id": tenancy.current_id(),
            "user_id": user_id,
            "key": key,
            "title": title[:LONGEST_TITLE],
            "href": href,
            "icon": icon,
            "created_at": clock.now(),
        }
        for user_id in dict.fromkeys(user_ids)
        if user_id is not None
    ]
    if rows:
        insert = postgresql.insert if is_postgresql() else sqlite.insert
        twin = insert(Notification).on_conflict_do_nothing(index_elements=["user_id", "key"])
        db.session.execute(twin, rows)


def mark_read(notification: Notification) -> None:
    """The person has seen it."""
    if notification.read_at is None:
        notification.read_at = clock.now()


def mark_all_read(user: User) -> None:
    """Nothing is unread for the person."""
    mine = update(Notification).where(Notification.user_id == user.id, Notification.read_at.is_(None))
    db.session.execute(mine.values(read_at=clock.now()).execution_options(synchronize_session=False))
