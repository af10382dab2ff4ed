"""What an owner hears at sign-in."""

from sqlalchemy import select

from leadcrm.core import clock
from leadcrm.core.db import db, writing
from leadcrm.core.drains import drain_events
from leadcrm.notifications.models import Notification


def told() -> list[Notification]:
    """What is behind the bells about it, once every event was heard."""
    drain_events(lambda: False)
    db.session.rollback()
    return list(db.session.scalars(select(Notification).where(Notification.key.startswith("second-factor:"))))


def test_an_owner_with_a_password_alone_is_asked_once_a_month(acme, cast, sign_in):
    for _ in range(2):
        sign_in(cast.ada).get("/leads")
        told()
    (note,) = told()
    assert (note.user_id, note.href) == (cast.ada.id, "/settings/security/two-factor")
    clock.move(40 * 86400)
    sign_in(cast.ada).get("/leads")
    assert len(told()) == 2


def test_neither_others_nor_who_has_a_second_factor_are_asked(acme, cast, sign_in):
    with writing():
        cast.ada.totp_secret = b"what stands there does not matter here"
    for person in (cast.ada, cast.max, cast.ben):
        sign_in(person).get("/leads")
    assert told() == []
