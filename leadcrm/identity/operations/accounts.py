"""Organizations and the people in them."""

import re
import unicodedata
from typing import Any

from sqlalchemy import func, select

from leadcrm.core import clock, events, tenancy
from leadcrm.core.db import db, lock
from leadcrm.core.errors import DomainError, Forbidden
from leadcrm.core.values import new_id
from leadcrm.identity import passwords, queries
from leadcrm.identity.events import OrganizationChanged, RoleChanged, UserDisabled, UserJoined
from leadcrm.identity.models import ROLES, Organization, User
from leadcrm.identity.operations.sessions import end_sessions
from leadcrm.identity.permissions import may_grant

LONGEST_SLUG = 60


def create_organization(
    *,
    name: str,
    slug: str | None = None,
    timezone: str = "UTC",
    country: str = "US",
    currency: str = "USD",
    locale: str = "en",
    mail_from: str | None = None,
) -> Organization:
    """A new tenant. `slug` is made from the name when not given. Raises DomainError when the slug is taken."""
    slug = slug or slug_of(name)
    if db.session.scalar(select(Organization.id).where(Organization.slug == slug)):
        raise DomainError("There is an organization with this short name already.", "slug")
    organization = Organization(
        name=name, slug=slug, timezone=timezone, country=country, currency=currency, locale=locale, mail_from=mail_from
    )
    db.session.add(organization)
    db.session.flush()
    return organization


def slug_of(name: str) -> str:
    """`Acme & Söhne` → `acme-sohne`; `organization` when nothing is left of it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "organization"


def create_user(
    *,
    organization_id: str,
    email: str,
    name: str,
    role: str,
    password: str | None = None,
    password_hash: str | None = None,
    realtor: bool = False,
    timezone: str | None = None,
) -> User:
    """Add a person. `realtor` gives a public realtor id. Raises DomainError for a taken address or an unknown role.

    `password` is hashed here, inside the transaction: for the command line, seeds and tests. Pages hash first.
    """
    if role not in ROLES:
        raise DomainError(f"The role must be one of {', '.join(ROLES)}.", "role")
    if queries.user_by_email(email):
        raise DomainError("There is an account with this address already.", "email")
    user = User(
        organization_id=organization_id,
        email=email.strip().lower(),
        name=name,
        role=role,
        password_hash=passwords.hash(password) if password else password_hash,
        realtor_id=new_id() if realtor else None,
        timezone=timezone,
    )
    db.session.add(user)
    db.session.flush()
    with tenancy.organization(organization_id):
        events.record(UserJoined(user_id=user.id, role=role))
    return user


def change_profile(
    user: User, *, name: str, theme: str, timezone: str | None, locale: str | None, shortcuts: bool
) -> None:
    """What a person may say about themselves; None falls back to the organization's."""
    user.name, user.theme, user.shortcuts = name, theme, shortcuts
    user.timezone, user.locale = timezone, locale


def change_role(user: User, role: str, *, by: User) -> None:
    """Give a colleague another role, which signs them out everywhere. Raises Forbidden, DomainError."""
    user = _changeable(user, by)
    if user.role == role:
        return
    if not may_grant(by, role):
        raise Forbidden("Only an owner can make someone an owner.")
    old, user.role = user.role, role
    db.session.flush()
    _require_an_owner()
    end_sessions(user)
    events.record(RoleChanged(user_id=user.id, old=old, new=role))


def set_disabled(user: User, disabled: bool, *, by: User) -> None:
    """Lock a colleague out (sessions end, tokens stop), or let them in again. Raises Forbidden, DomainError."""
    user = _changeable(user, by)
    if (user.disabled_at is not None) == disabled:
        return
    user.disabled_at = clock.now() if disabled else None
    db.session.flush()
    _require_an_owner()
    end_sessions(user)
    events.record(UserDisabled(user_id=user.id, disabled=disabled))


def change_organization(organization: Organization, values: dict[str, Any]) -> None:
    """Set the named columns. Raises DomainError when another organization receives mail at `mail_from`."""
    changed = tuple(name for name, value in values.items() if getattr(organization, name) != value)
    if "mail_from" in changed and values["mail_from"] and _receives_elsewhere(organization, values["mail_from"]):
        raise DomainError("Another organization uses this address.", "mail_from")
    for name in changed:
        setattr(organization, name, values[name])
    if changed:
        db.session.flush()
        events.record(OrganizationChanged(fields=changed))


def _changeable(user: User, by: User) -> User:
    if user.id == by.id:
        raise Forbidden("Nobody changes their own role or access. Ask another owner.")
    if not may_grant(by, user.role):
        raise Forbidden("Only an owner can change an owner.")
    if user.role == "owner":
        _hold_owners()
    return lock(user)


def _hold_owners() -> None:
    """Of two owners who end each other's access in one moment the later one sees that nobody would be left."""
    owners = select(User.id).where(User.role == "owner", User.disabled_at.is_(None))
    db.session.execute(owners.order_by(User.id).with_for_update())


def _require_an_owner() -> None:
    owners = select(func.count()).select_from(User).where(User.role == "owner", User.disabled_at.is_(None))
    if db.session.scalar(owners) == 0:
        raise DomainError("The organization would be left without an owner.", "role")


def _receives_elsewhere(organization: Organization, mail_from: str) -> bool:
    statement = select(Organization.id).where(Organization.mail_from == mail_from, Organization.id != organization.id)
    return db.session.scalar(statement) is not None
