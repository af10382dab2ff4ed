"""The verbs of identity."""

from leadcrm.identity.operations.accounts import (
    change_organization,
    change_profile,
    change_role,
    create_organization,
    create_user,
    set_disabled,
)
from leadcrm.identity.operations.invitations import accept_invitation, invite, revoke_invitation
from leadcrm.identity.operations.passwords import change_password, request_reset, reset_password
from leadcrm.identity.operations.sessions import end_session, end_sessions, open_session, touch_session
from leadcrm.identity.operations.tokens import create_token, note_token_use, revoke_token
from leadcrm.identity.operations.two_factor import (
    disable_two_factor,
    enable_two_factor,
    use_recovery_code,
    use_totp_code,
)

__all__ = [
    "accept_invitation",
    "change_organization",
    "change_password",
    "change_profile",
    "change_role",
    "create_organization",
    "create_token",
    "create_user",
    "disable_two_factor",
    "enable_two_factor",
    "end_session",
    "end_sessions",
    "invite",
    "note_token_use",
    "open_session",
    "request_reset",
    "reset_password",
    "revoke_invitation",
    "revoke_token",
    "set_disabled",
    "touch_session",
    "use_recovery_code",
    "use_totp_code",
]
