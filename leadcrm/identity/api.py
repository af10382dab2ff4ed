"""Who calls the JSON API."""

from leadcrm.core.api import Caller
from leadcrm.core.db import perform
from leadcrm.identity import operations, queries
from leadcrm.identity.operations.tokens import is_use_worth_noting


def identify(secret: str) -> Caller | None:
    """The person a bearer token stands for, or None for a token that is unknown, revoked or of a disabled account."""
    found = queries.user_by_token(secret)
    if found is None:
        return None
    user, token = found
    caller = Caller(organization_id=user.organization_id, user=user, actor=f"token:{token.id}")
    if is_use_worth_noting(token):
        perform(operations.note_token_use, token)
    return caller
