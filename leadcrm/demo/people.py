"""The people of the demo offices and how they sign in.

Passwords and tokens follow from SECRET_KEY, so that a second run can print them again while the database keeps only
their hashes.
"""

import base64
import hmac
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import select

from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.core.security import digest
from leadcrm.identity import operations as identity
from leadcrm.identity import passwords
from leadcrm.identity.models import ApiToken, Organization, User
from leadcrm.identity.operations.tokens import PREFIX, SHOWN_LENGTH

TOKEN_NAME = "Demo"  # noqa: S105  # what it is called, not what it is


@dataclass(frozen=True)
class Person:
    """Someone who signs in."""

    name: str
    role: str
    email: str
    is_realtor: bool = False


@dataclass(frozen=True)
class Office:
    """An organization and its team."""

    name: str
    slug: str
    timezone: str
    country: str
    currency: str
    team: tuple[Person, ...]
    mail_from: str | None = None  # None: the installation's own, which then stands for this office alone


OFFICES = (
    Office(
        "Acme Realty",
        "acme",
        "America/New_York",
        "US",
        "USD",
        (
            Person("Ada Lindqvist", "owner", "ada@acme.test"),
            Person("Max Okafor", "manager", "max@acme.test"),
            Person("Ben Carter", "rep", "ben@acme.test"),
            Person("Mia Fontaine", "marketing", "mia@acme.test"),
            Person("Rosa Delgado", "rep", "rosa@acme.test", is_realtor=True),
        ),
    ),
    Office(
        "Rival Homes",
        "rival",
        "Europe/London",
        "GB",
        "GBP",
        (
            Person("Rita Novak", "owner", "rita@rival.test"),
            Person("Rob Whitfield", "rep", "rob@rival.test", is_realtor=True),
        ),
        mail_from="hello@rival.test",
    ),
)


def exists() -> bool:
    """Whether the demo was seeded."""
    with tenancy.everyone():
        return db.session.scalar(select(Organization.id).where(Organization.slug == OFFICES[0].slug)) is not None


def password_hashes() -> dict[str, str]:
    """A hash per address; costs a tenth of a second each, so make them before the transaction."""
    return {person.email: passwords.hash(_password(person.email)) for office in OFFICES for person in office.team}


def open_office(office: Office, hashes: dict[str, str]) -> dict[str, User]:
    """Make the organization, its people and their tokens. Returns the people by first name in lower case."""
    organization = identity.create_organization(
        name=office.name,
        slug=office.slug,
        timezone=office.timezone,
        country=office.country,
        currency=office.currency,
        mail_from=office.mail_from,
    )
    team = {}
    for person in office.team:
        user = identity.create_user(
            organization_id=organization.id,
            email=person.email,
            name=person.name,
            role=person.role,
            password_hash=hashes[person.email],
            realtor=person.is_realtor,
        )
        team[person.name.split()[0].lower()] = user
        secret = _token(person.email)
        db.session.add(
            ApiToken(
                organization_id=organization.id,
                user_id=user.id,
                name=TOKEN_NAME,
                token_hash=digest(secret),
                prefix=secret[:SHOWN_LENGTH],
            )
        )
    return team


def accounts() -> dict[str, Any]:
    """What `seed-demo --json` prints: each organization with its people, their passwords and tokens."""
    with tenancy.everyone():
        users = {user.email: user for user in db.session.scalars(select(User))}
    return {
        "organizations": [
            {
                "name": office.name,
                "slug": office.slug,
                "users": [_account(person, users[person.email]) for person in office.team if person.email in users],
            }
            for office in OFFICES
        ],
        "providers": [],
    }


def sign_in_of_owner() -> tuple[str, str] | None:
    """Address and password of the demo's first owner while they still work, else None."""
    email = OFFICES[0].team[0].email
    with tenancy.everyone():
        user = db.session.scalar(select(User).where(User.email == email))
    if user is None or not passwords.matches(user.password_hash, _password(email)):
        return None
    return email, _password(email)


def _account(person: Person, user: User) -> dict[str, str]:
    account = {
        "email": person.email,
        "password": _password(person.email),
        "role": user.role,
        "api_token": _token(person.email),
    }
    if user.realtor_id:
        account["realtor_id"] = user.realtor_id
    return account


def _password(email: str) -> str:
    """Four groups of four letters and digits: 80 bits, easy to type."""
    text = base64.b32encode(_derived("password", email)[:10]).decode().lower()
    return "-".join(text[n : n + 4] for n in range(0, 16, 4))


def _token(email: str) -> str:
    return PREFIX + base64.urlsafe_b64encode(_derived("token", email)).decode().rstrip("=")


def _derived(purpose: str, email: str) -> bytes:
    return hmac.digest(current_app.settings.secret_key.encode(), f"demo {purpose}\n{email}".encode(), "sha256")
