"""Changing passwords. The hashes are made by the caller, before the transaction."""

from sqlalchemy import update

from leadcrm.core import clock, events, tenancy
from leadcrm.core.db import db, lock
from leadcrm.core.errors import DomainError
from leadcrm.core.security import digest, new_secret
from leadcrm.identity import letters, lifetimes, queries
from leadcrm.identity.events import PasswordChanged
from leadcrm.identity.models import PasswordReset, User
from leadcrm.identity.operations.letters import post_letter
from leadcrm.identity.operations.sessions import end_sessions

DEAD_LINK = "This link does not work any more. Ask for a new one."


def request_reset(email: str, *, base_url: str) -> None:
    """Mail a link to choose a new password; nothing happens for an address without an active account."""
    user = queries.user_by_email(email)
    if user is None or not user.is_active:
        return
    secret = new_secret()
    with tenancy.organization(user.organization_id):
        db.session.add(
            PasswordReset(
                user_id=user.id,
                token_hash=digest(secret),
                expires_at=clock.real_now() + lifetimes.PASSWORD_RESET,
            )
        )
        link = f"{base_url}/password/reset/{secret}"
        minutes = int(lifetimes.PASSWORD_RESET.total_seconds() // 60)
        post_letter(user.email, letters.password_reset(user.name, link, minutes))


def reset_password(secret: str, password_hash: str) -> User:
    """Use a link up. Raises DomainError when it is unknown, used or too old."""
    found = queries.reset_by_secret(secret)
    if found is None:
        raise DomainError(DEAD_LINK)
    reset, user = found
    with tenancy.organization(user.organization_id), events.acting_as(f"user:{user.id}"):
        if lock(reset).used_at is not None:
            raise DomainError(DEAD_LINK)
        _set_password(user, password_hash, how="reset")
    return user


def change_password(user: User, password_hash: str) -> None:
    """The person chose another password; every session ends, open it anew for this browser."""
    _set_password(user, password_hash, how="settings")


def _set_password(user: User, password_hash: str, how: str) -> None:
    user.password_hash = password_hash
    end_sessions(user)
    open_links = update(PasswordReset).where(PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None))
    db.session.execute(open_links.values(used_at=clock.real_now()).execution_options(synchronize_session=False))
    events.record(PasswordChanged(user_id=user.id, how=how))
    post_letter(user.email, letters.password_changed(user.name))
