"""Signed-in browsers."""

from sqlalchemy import update

from leadcrm.core import clock, events, tenancy
from leadcrm.core.db import db, lock
from leadcrm.core.errors import DomainError, NotFound
from leadcrm.core.security import digest, new_secret
from leadcrm.identity import lifetimes
from leadcrm.identity.events import UserSignedIn, UserSignedOut
from leadcrm.identity.models import User, UserSession


def open_session(
    user_id: str,
    *,
    user_agent: str = "",
    address: str = "",
    password_hash: str | None = None,
    proven_by: str | None = None,
) -> tuple[UserSession, str]:
    """Sign a person in. Returns the session and the secret for its cookie. A `password_hash` made anew is kept.

    Raises DomainError when the password is not that of the hash `proven_by` any more: its change has ended all
    sessions, and this one was not there yet.
    """
    with tenancy.everyone():
        user = lock(db.session.get_one(User, user_id))
    if proven_by not in (None, user.password_hash):
        raise DomainError("The password was changed.")
    if password_hash:
        user.password_hash = password_hash
    secret = new_secret()
    now = clock.real_now()
    with tenancy.organization(user.organization_id), events.acting_as(f"user:{user.id}"):
        session = UserSession(
            user_id=user.id,
            token_hash=digest(secret),
            seen_at=now,
            expires_at=now + lifetimes.LONGEST_SESSION,
            user_agent=user_agent[:200],
            address=address[:45],
        )
        db.session.add(session)
        db.session.flush()
        events.record(UserSignedIn(user_id=user.id, session_id=session.id))
    return session, secret


def touch_session(session: UserSession) -> None:
    """Note that the person was here just now."""
    session.seen_at = clock.real_now()


def end_session(session: UserSession, user: User) -> None:
    """Sign one of the person's browsers out. Raises NotFound for someone else's; ending twice changes nothing."""
    if session.user_id != user.id:
        raise NotFound
    if session.ended_at is None:
        session.ended_at = clock.real_now()
        events.record(UserSignedOut(user_id=user.id, session_id=session.id))


def end_sessions(user: User) -> None:
    """Sign the person out everywhere."""
    mine = update(UserSession).where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
    db.session.execute(mine.values(ended_at=clock.real_now()).execution_options(synchronize_session="fetch"))
