"""What people are told because of what they did themselves."""

from sqlalchemy import select

from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.identity.events import UserSignedIn
from leadcrm.identity.models import User
from leadcrm.notifications.operations import notify


def ask_for_second_factor(event: UserSignedIn) -> None:
    """An owner who signs in with a password alone is asked once a month: that account can do everything."""
    unsafe = select(User.id).where(User.id == event.user_id, User.role == "owner", User.totp_secret.is_(None))
    if db.session.scalar(unsafe) is not None:
        title = "Whoever learns your password owns this office. Turn on two-factor sign-in"
        key = f"second-factor:{clock.now():%Y-%m}"
        notify([event.user_id], key, title, "/settings/security/two-factor", "shield-check")
