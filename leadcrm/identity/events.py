"""What happens to accounts of the team: the audit trail of sign-in and power."""

from dataclasses import dataclass

from leadcrm.core.events import Event, register


@dataclass(frozen=True, kw_only=True)
class UserEvent(Event):
    """Base: whom it is about."""

    icon = "user"
    user_id: str


@register
@dataclass(frozen=True, kw_only=True)
class UserJoined(UserEvent):
    name = "user.joined"
    title = "Joined the team"
    role: str


@register
@dataclass(frozen=True, kw_only=True)
class UserSignedIn(UserEvent):
    name = "user.signed_in"
    title = "Signed in"
    session_id: str


@register
@dataclass(frozen=True, kw_only=True)
class UserSignedOut(UserEvent):
    """One session was ended, by its own person or from the list."""

    name = "user.signed_out"
    title = "Signed out"
    session_id: str


@register
@dataclass(frozen=True, kw_only=True)
class PasswordChanged(UserEvent):
    """All other sessions ended with it."""

    name = "user.password_changed"
    title = "Password changed"
    how: str


@register
@dataclass(frozen=True, kw_only=True)
class TwoFactorChanged(UserEvent):
    name = "user.two_factor_changed"
    title = "Two-factor sign-in changed"
    enabled: bool


@register
@dataclass(frozen=True, kw_only=True)
class RoleChanged(UserEvent):
    name = "user.role_changed"
    title = "Role changed"
    old: str
    new: str


@register
@dataclass(frozen=True, kw_only=True)
class UserDisabled(UserEvent):
    """The account may not sign in, or may again."""

    name = "user.disabled"
    title = "Account disabled or enabled"
    disabled: bool


@register
@dataclass(frozen=True, kw_only=True)
class UserInvited(Event):
    name = "user.invited"
    title = "Invitation sent"
    icon = "mail"
    invitation_id: str
    role: str


@register
@dataclass(frozen=True, kw_only=True)
class TokenChanged(UserEvent):
    """An API token was made or revoked."""

    name = "token.changed"
    title = "API token changed"
    token_id: str
    change: str


@register
@dataclass(frozen=True, kw_only=True)
class OrganizationChanged(Event):
    name = "organization.changed"
    title = "Organization settings changed"
    icon = "settings"
    fields: tuple[str, ...] = ()
