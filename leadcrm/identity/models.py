"""Organizations, the people who sign in, and everything they sign in with."""

from datetime import datetime

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, Timestamped, encrypted_for

ROLES = ("owner", "manager", "rep", "marketing", "provider")
THEMES = ("system", "light", "dark")
LONGEST_GAP_MINUTES = 7 * 24 * 60


class Organization(Identified, Timestamped, Base):
    """The tenant: one team with its users, clock, money and channels."""

    __tablename__ = "organizations"

    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    timezone: Mapped[str] = mapped_column(String(60), default="UTC")
    country: Mapped[str] = mapped_column(String(2), default="US")  # ISO 3166: how national phone numbers are read
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    locale: Mapped[str] = mapped_column(String(20), default="en")
    mail_from: Mapped[str | None] = mapped_column(String(254))  # sender and inbound address; else the installation's
    message_gap_minutes: Mapped[int] = mapped_column(default=0, server_default="0")  # between two automatic ones
    # whether clicks in our mails are noted, whether opens are, and whether also in letters that a person wrote
    follows_clicks: Mapped[bool] = mapped_column(Boolean, default=True)
    follows_opens: Mapped[bool] = mapped_column(Boolean, default=False)
    follows_letters: Mapped[bool] = mapped_column(Boolean, default=False)

    __table_args__ = (
        UniqueConstraint("mail_from"),  # inbound mail finds its organization by it
        CheckConstraint("length(currency) = 3", name="currency"),
        CheckConstraint("length(country) = 2", name="country"),
        CheckConstraint(f"message_gap_minutes BETWEEN 0 AND {LONGEST_GAP_MINUTES}", name="message_gap"),
    )


class User(Identified, Timestamped, TenantOwned, Base):
    """A person who signs in. A realtor is a user with a public realtor id."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case; one account per address, everywhere
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    realtor_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), unique=True)
    timezone: Mapped[str | None] = mapped_column(String(60))
    locale: Mapped[str | None] = mapped_column(String(20))
    theme: Mapped[str] = mapped_column(String(10), default="system")
    shortcuts: Mapped[bool] = mapped_column(Boolean, default=True)  # single-letter keys (WCAG 2.1.4)
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary, info=encrypted_for("two-factor secret"))
    totp_last_step: Mapped[int | None]
    recovery_hashes: Mapped[list[str]] = mapped_column(JSON, default=list)
    disabled_at: Mapped[datetime | None]

    organization: Mapped[Organization] = relationship(lazy="joined", innerjoin=True)

    session_secret = None  # of the session this request came with; what Flask-Login keeps in the cookie
    is_authenticated = True
    is_anonymous = False

    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role"),
        CheckConstraint(f"theme IN {THEMES}", name="theme"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("ix_users_organization", "organization_id", "name", "id"),  # lists of colleagues
    )

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    def get_id(self) -> str | None:
        return self.session_secret


class UserSession(Identified, Timestamped, TenantOwned, Base):
    """A signed-in browser. Ending the row signs it out, whoever copied the cookie."""

    __tablename__ = "user_sessions"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")

    __table_args__ = (Index("ix_user_sessions_user", "user_id", "ended_at"),)


class ApiToken(Identified, Timestamped, TenantOwned, Base):
    """A bearer token: shown once, kept as a hash, acting as its user."""

    __tablename__ = "api_tokens"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(12))
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_api_tokens_user", "user_id"),)


class Invitation(Identified, Timestamped, TenantOwned, Base):
    """An address asked to join with a role. Single use; never touches an existing account."""

    __tablename__ = "invitations"

    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(20))
    invited_by_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role"),
        Index("ix_invitations_open", "organization_id", "accepted_at"),
    )


class PasswordReset(Identified, Timestamped, TenantOwned, Base):
    """A link by mail: 30 minutes, single use, dead when the password changes."""

    __tablename__ = "password_resets"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_password_resets_user", "user_id"),)


class StaffMail(Identified, Timestamped, TenantOwned, Base):
    """A mail to a person of the team (reset, invitation), sent by the worker; harmless when it arrives twice."""

    __tablename__ = "staff_mails"

    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[bytes] = mapped_column(LargeBinary, info=encrypted_for("staff mail"))  # it holds a link that signs in
    due_at: Mapped[datetime | None]  # NULL once sent or given up
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (Index("ix_staff_mails_due", "due_at"),)
