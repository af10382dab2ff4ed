"""Asking people to join."""

from sqlalchemy import update

from leadcrm.core import clock, events, tenancy
from leadcrm.core.db import db
from leadcrm.core.errors import DomainError, Forbidden
from leadcrm.core.security import digest, new_secret
from leadcrm.identity import letters, lifetimes, queries
from leadcrm.identity.events import UserInvited
from leadcrm.identity.models import Invitation, User
from leadcrm.identity.operations.accounts import create_user
from leadcrm.identity.operations.letters import post_letter
from leadcrm.identity.permissions import may_grant


def invite(email: str, role: str, *, by: User, base_url: str) -> Invitation:
    """Mail a link to join with a role; an older open invitation to the address ends. Raises Forbidden, DomainError."""
    if not may_grant(by, role):
        raise Forbidden("Only an owner can make someone an owner.")
    existing = queries.user_by_email(email)
    if existing and existing.organization_id == by.organization_id:
        raise DomainError("This person is on the team already.", "email")
    older = update(Invitation).where(
        Invitation.email == email, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
    )
    db.session.execute(older.values(revoked_at=clock.real_now()).execution_options(synchronize_session=False))
    secret = new_secret()
    invitation = Invitation(
        email=email,
        role=role,
        invited_by_id=by.id,
        token_hash=digest(secret),
        expires_at=clock.real_now() + lifetimes.INVITATION,
    )
    db.session.add(invitation)
    db.session.flush()
    link = f"{base_url}/invitations/{secret}"
    post_letter(email, letters.invitation(by.organization.name, by.name, link, lifetimes.INVITATION.days))
    events.record(UserInvited(invitation_id=invitation.id, role=role))
    return invitation


def revoke_invitation(invitation: Invitation) -> None:
    """The link stops working. Harmless when it was used or revoked already."""
    if invitation.accepted_at is None and invitation.revoked_at is None:
        invitation.revoked_at = clock.real_now()


def accept_invitation(secret: str, *, name: str, password_hash: str) -> User:
    """Join. The address and role are the invitation's. Raises DomainError for a dead link or a known address."""
    found = queries.invitation_by_secret(secret)
    if found is None:
        raise DomainError("This invitation does not work any more. Ask for a new one.")
    invitation, organization = found
    if queries.user_by_email(invitation.email):
        raise DomainError("There is an account with this address already. Sign in with it.")
    invitation.accepted_at = clock.real_now()
    with tenancy.organization(organization.id):
        return create_user(
            organization_id=organization.id,
            email=invitation.email,
            name=name,
            role=invitation.role,
            password_hash=password_hash,
        )
