"""Telling people."""

from collections.abc import Callable, Collection, Iterable

from sqlalchemy import or_, select, update

from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.upserts import upsert
from leadcrm.core.values import new_id
from leadcrm.identity.models import User
from leadcrm.identity.permissions import MANAGERS
from leadcrm.notifications.models import Notification

LONGEST_TITLE = 200


def notify(
    user_ids: Iterable[str | None], key: str, title: str, href: str, icon: str = "bell", *, lead_id: str | None = None
) -> None:
    """Tell people once per key, however often it is called; None among the ids is nobody.

    `lead_id` says whom it speaks of, if anybody: it goes when they are erased.

    For someone who may no longer sign in, those who run the team are told: a lead who writes to them is still a lead.
    """
    rows = [
        {
            "id": new_id(),
            "organization_id": tenancy.current_id(),
            "user_id": user_id,
            "key": key,
            "title": title[:LONGEST_TITLE],
            "href": href,
            "icon": icon,
            "lead_id": lead_id,
            "created_at": clock.now(),
        }
        for user_id in _readers({user_id for user_id in user_ids if user_id is not None})
    ]
    if rows:
        twin = upsert(Notification).on_conflict_do_nothing(index_elements=["user_id", "key"])
        db.session.execute(twin, rows)


def forget_words(pages: Collection[str], without: Callable[[str], str]) -> None:
    """What leads to these pages is told in other words; what speaks of a lead goes with the lead."""
    users = select(User.id).scalar_subquery()  # by their index
    told = select(Notification).where(Notification.user_id.in_(users), Notification.href.in_(pages))
    for one in db.session.scalars(told.order_by(Notification.id)):
        one.title = without(one.title)[:LONGEST_TITLE]
    db.session.flush()


def _readers(user_ids: set[str]) -> list[str]:
    """Of the people named those who can sign in, and for the others the managers."""
    if not user_ids:
        return []
    active = select(User.id).where(User.disabled_at.is_(None)).order_by(User.id)
    readers = list(db.session.scalars(active.where(User.id.in_(user_ids))))
    if len(readers) == len(user_ids):
        return readers
    return list(db.session.scalars(active.where(or_(User.id.in_(readers), User.role.in_(MANAGERS)))))


def mark_read(notification: Notification) -> None:
    """The person has seen it."""
    if notification.read_at is None:
        notification.read_at = clock.now()


def mark_all_read(user: User) -> None:
    """Nothing is unread for the person."""
    mine = update(Notification).where(Notification.user_id == user.id, Notification.read_at.is_(None))
    db.session.execute(mine.values(read_at=clock.now()).execution_options(synchronize_session=False))
