"""Who is who, for screens, for the guard and for the API."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import lazyload, load_only

from leadcrm.core import addresses, clock, tenancy
from leadcrm.core.at_rest import Place, Unreadable, decrypt
from leadcrm.core.db import db
from leadcrm.core.errors import DomainError
from leadcrm.core.security import digest
from leadcrm.identity.models import (
    ApiToken,
    Invitation,
    Organization,
    PasswordReset,
    StaffMail,
    User,
    UserSession,
)
from leadcrm.identity.permissions import MANAGERS, is_staff

# asked by every request, so made once
_session_by_digest = (
    select(User, UserSession)
    .join(UserSession, UserSession.user_id == User.id)
    .where(UserSession.token_hash == bindparam("digest"))
)
_token_by_digest = (
    select(User, ApiToken)
    .join(ApiToken, ApiToken.user_id == User.id)
    .where(ApiToken.token_hash == bindparam("digest"), ApiToken.revoked_at.is_(None), User.disabled_at.is_(None))
    .options(load_only(User.organization_id, User.role), load_only(ApiToken.used_at), lazyload(User.organization))
)
_realtor_by_public_id = (
    select(User)
    .where(User.realtor_id == bindparam("realtor"), User.disabled_at.is_(None))
    .options(load_only(User.organization_id, User.realtor_id, User.role, User.name))  # with the organization: its zone
)


def organization() -> Organization:
    """The current organization."""
    return db.session.get_one(Organization, tenancy.current_id())


def colleagues() -> Sequence[User]:
    """Active people of the organization, by name."""
    return db.session.scalars(select(User).where(User.disabled_at.is_(None)).order_by(User.name, User.id)).all()


def staff() -> list[tuple[str, str]]:
    """Who may own leads, accounts and tasks, as choices: (id, name) of the colleagues who work here, by name."""
    return [(person.id, person.name) for person in colleagues() if is_staff(person)]


def names_of(user_ids: Collection[str]) -> dict[str, str]:
    """Names of people by id, also of those who left; no query for nobody."""
    if not user_ids:
        return {}
    return dict(db.session.execute(select(User.id, User.name).where(User.id.in_(user_ids))).all())


def team() -> Sequence[User]:
    """Everyone of the organization, active people first, by name."""
    return db.session.scalars(select(User).order_by(User.disabled_at.is_not(None), User.name, User.id)).all()


def user_by_email(email: str) -> User | None:
    """The account with this address, in whichever organization."""
    with tenancy.everyone():
        return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def user_by_id(user_id: str) -> User | None:
    """The account, in whichever organization: for signed tokens that name it."""
    with tenancy.everyone():
        return db.session.scalar(select(User).where(User.id == user_id))


def user_by_token(secret: str) -> tuple[User, ApiToken] | None:
    """The active person an API token acts for, and the token's row, in whichever organization."""
    with tenancy.everyone():
        found = db.session.execute(_token_by_digest, {"digest": digest(secret)}).first()
    return (found[0], found[1]) if found else None


def realtor_by_public_id(realtor_id: str) -> User | None:
    """The active realtor whose public id this is, in whichever organization."""
    with tenancy.everyone():
        return db.session.scalar(_realtor_by_public_id, {"realtor": realtor_id})


def session_by_secret(secret: str) -> tuple[User, UserSession] | None:
    """The person and the session behind a cookie, with the organization, in one SELECT; dead ones too."""
    with tenancy.everyone():
        found = db.session.execute(_session_by_digest, {"digest": digest(secret)}).first()
    return (found[0], found[1]) if found else None


def sessions_of(user: User) -> Sequence[UserSession]:
    """Where the person is signed in, last seen first."""
    statement = (
        select(UserSession)
        .where(
            UserSession.user_id == user.id,
            UserSession.ended_at.is_(None),
            UserSession.expires_at > clock.real_now(),
        )
        .order_by(UserSession.seen_at.desc(), UserSession.id)
    )
    return db.session.scalars(statement).all()


def tokens_of(user: User) -> Sequence[ApiToken]:
    """The person's API tokens that work, newest first."""
    statement = (
        select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None)).order_by(ApiToken.id.desc())
    )
    return db.session.scalars(statement).all()


def open_invitations() -> Sequence[Invitation]:
    """Invitations of the organization that can still be accepted, newest first."""
    statement = (
        select(Invitation)
        .where(
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.real_now(),
        )
        .order_by(Invitation.id.desc())
    )
    return db.session.scalars(statement).all()


def invitation_by_secret(secret: str) -> tuple[Invitation, Organization] | None:
    """The open invitation behind a link and who invites, in whichever organization."""
    statement = (
        select(Invitation, Organization)
        .join(Organization, Organization.id == Invitation.organization_id)
        .where(
            Invitation.token_hash == digest(secret),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.real_now(),
        )
    )
    with tenancy.everyone():
        found = db.session.execute(statement).first()
    return (found[0], found[1]) if found else None


def reset_by_secret(secret: str) -> tuple[PasswordReset, User] | None:
    """The usable reset behind a link and whose it is, in whichever organization."""
    statement = (
        select(PasswordReset, User)
        .join(User, User.id == PasswordReset.user_id)
        .where(
            PasswordReset.token_hash == digest(secret),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > clock.real_now(),
            User.disabled_at.is_(None),
        )
    )
    with tenancy.everyone():
        found = db.session.execute(statement).first()
    return (found[0], found[1]) if found else None


@dataclass(frozen=True)
class ShownMail:
    """A mail to the team as the sandbox shows it."""

    id: str
    recipient: str
    subject: str
    body: str
    created_at: datetime
    sent_at: datetime | None


def checked_owner(owner_id: str | None) -> str | None:
    """The id of an active colleague, None for nobody. Raises DomainError for anyone else."""
    if not owner_id:
        return None
    owner = db.session.scalar(select(User).where(User.id == owner_id))
    if owner is None or owner.disabled_at is not None or not is_staff(owner):
        raise DomainError("Choose someone of your team.", "owner_id")
    return owner.id


def address_as_kept(kind: str, typed: str | None) -> str:
    """What somebody typed as the `kind` of address (core.addresses) it is kept as, "" for none.

    A phone number without + is read as one of the organization's country. Raises DomainError naming the field.
    """
    typed = (typed or "").strip()
    if not typed:
        return ""
    country = organization().country if kind == "phone" and not typed.startswith("+") else "ZZ"
    try:
        return addresses.normal(kind, typed, country)
    except addresses.NotAnAddress as error:
        raise DomainError(str(error), kind) from None


def active_managers() -> list[str]:
    """Ids of the people who run the organization and may sign in."""
    running = select(User.id).where(User.disabled_at.is_(None), User.role.in_(MANAGERS))
    return list(db.session.scalars(running.order_by(User.id)))


def letters_given_up() -> int:
    """Mails to people of the team, of any organization, that are not sent any more; each row says why."""
    given_up = select(func.count(StaffMail.id)).where(StaffMail.due_at.is_(None), StaffMail.sent_at.is_(None))
    return db.session.scalar(given_up) or 0


def sandbox_staff_mails(limit: int = 20) -> list[ShownMail]:
    """The organization's newest mails to its own people, readable; for the sandbox page only."""
    rows = db.session.scalars(select(StaffMail).order_by(StaffMail.id.desc()).limit(limit))
    return [ShownMail(row.id, row.recipient, row.subject, _readable(row), row.created_at, row.sent_at) for row in rows]


def _readable(mail: StaffMail) -> str:
    try:
        return decrypt(mail.body, Place.of(StaffMail.body, mail))
    except Unreadable as trouble:
        return f"{trouble} `flask doctor` tells more."
