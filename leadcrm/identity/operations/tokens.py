"""API tokens."""

from leadcrm.core import clock, events, tenancy
from leadcrm.core.db import db
from leadcrm.core.errors import NotFound
from leadcrm.core.security import digest, new_secret
from leadcrm.identity.events import TokenChanged
from leadcrm.identity.lifetimes import SEEN_EVERY
from leadcrm.identity.models import ApiToken, User

PREFIX = "lc_"  # lets secret scanners, and people, recognise a leaked one
SHOWN_LENGTH = 10


def create_token(user: User, name: str) -> tuple[ApiToken, str]:
    """A token that acts as the person. The secret is returned this once and never kept."""
    secret = PREFIX + new_secret()
    with tenancy.organization(user.organization_id):
        token = ApiToken(user_id=user.id, name=name, token_hash=digest(secret), prefix=secret[:SHOWN_LENGTH])
        db.session.add(token)
        db.session.flush()
        events.record(TokenChanged(user_id=user.id, token_id=token.id, change="created"))
    return token, secret


def note_token_use(token: ApiToken) -> None:
    """Remember that the token is in use; call when `is_use_worth_noting`."""
    token.used_at = clock.real_now()


def is_use_worth_noting(token: ApiToken) -> bool:
    """Whether the last noted use is old enough to spend a write on."""
    return token.used_at is None or clock.real_now() - token.used_at > SEEN_EVERY


def revoke_token(token: ApiToken, user: User) -> None:
    """The token stops working. Raises NotFound for someone else's; revoking twice changes nothing."""
    if token.user_id != user.id:
        raise NotFound
    if token.revoked_at is None:
        token.revoked_at = clock.real_now()
        events.record(TokenChanged(user_id=user.id, token_id=token.id, change="revoked"))
