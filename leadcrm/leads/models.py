"""Leads, the addresses they are reached at, what they submitted, and notes about them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.accounts.models import Account
from leadcrm.core import clock
from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, Timestamped
from leadcrm.core.gazetteer import Place
from leadcrm.core.indexes import only_where, only_where_true
from leadcrm.core.models import SERIAL
from leadcrm.identity.models import User

STATUSES = ("new", "contacted", "qualified", "converted", "unqualified")
PRIORITIES = ("low", "medium", "high")
CONTACT_KINDS = ("email", "phone", "whatsapp")
ZONE_SOURCES = ("browser", "chosen", "address", "phone", "organization")


def _of_living(name: str, *columns: str) -> Index:
    """An index that lists the organization's leads outside the archive in the order of `columns`."""
    return Index(name, "organization_id", *columns, "id", **only_where("archived_at IS NULL"))


class Lead(Identified, Timestamped, TenantOwned, Base):
    """A person who may become business."""

    __tablename__ = "leads"

    first_name: Mapped[str] = mapped_column(String(120), default="")
    last_name: Mapped[str] = mapped_column(String(120), default="")
    name: Mapped[str] = mapped_column(String(241))  # as shown: first and last, else company, else the address
    company: Mapped[str] = mapped_column(String(160), default="")
    interest: Mapped[str] = mapped_column(String(200), default="")  # what they are after, in a few words
    city: Mapped[str] = mapped_column(String(120), default="", server_default="")
    country: Mapped[str] = mapped_column(String(2), default="", server_default="")  # ISO 3166-1, "" for not known
    source: Mapped[str] = mapped_column(String(60), default="manual")
    status: Mapped[str] = mapped_column(String(20), default="new")
    status_reason: Mapped[str] = mapped_column(String(200), default="")
    status_by_hand: Mapped[bool] = mapped_column(Boolean, default=False)  # machines leave such a status alone
    score: Mapped[int] = mapped_column(default=0)
    priority: Mapped[str] = mapped_column(String(10), default="low")
    timezone: Mapped[str] = mapped_column(String(60))  # IANA
    zone_source: Mapped[str] = mapped_column(String(20), default="organization")
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    realtor_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))  # whose customer
    last_activity_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    revision: Mapped[int] = mapped_column(default=1)
    archived_at: Mapped[datetime | None]
    form_key: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # of the form's rendering: sent twice, made once

    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    account: Mapped[Account | None] = relationship()
    contact_points: Mapped[list["ContactPoint"]] = relationship(
        back_populates="lead", order_by="ContactPoint.created_at, ContactPoint.id", cascade="all, delete-orphan"
    )
    tags: Mapped[list["Tag"]] = relationship(secondary="lead_tags", order_by="Tag.name")

    __mapper_args__ = {"version_id_col": revision}  # a stale edit is refused, not merged blindly
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint(f"priority IN {PRIORITIES}", name="priority"),
        CheckConstraint(f"zone_source IN {ZONE_SOURCES}", name="zone_source"),
        CheckConstraint("country = '' OR (length(country) = 2 AND country = upper(country))", name="country"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("name <> ''", name="name"),
        Index(  # partial: SQLite would count the archive by it, for it begins with the organization, too
            "uq_leads_form_key", "organization_id", "form_key", unique=True, **only_where("form_key IS NOT NULL")
        ),
        # the list and its keyset pages, one index per sort order and per common filter; archived ones are another view
        _of_living("ix_leads_newest", "created_at"),
        _of_living("ix_leads_activity", "last_activity_at"),
        _of_living("ix_leads_name", "name"),
        _of_living("ix_leads_score", "score"),
        _of_living("ix_leads_status", "status", "last_activity_at"),
        _of_living("ix_leads_owner", "owner_id", "last_activity_at"),
        _of_living("ix_leads_source", "source", "last_activity_at"),
        Index("ix_leads_account", "account_id", "last_activity_at", "id", **only_where("account_id IS NOT NULL")),
        Index(
            "ix_leads_archived", "organization_id", "last_activity_at", "id", **only_where("archived_at IS NOT NULL")
        ),
    )

    @property
    def place(self) -> Place:
        """Where they live, as far as we know."""
        return Place(self.city, self.country)

    def address(self, kind: str) -> str:
        """The main address of a kind as it is kept, "" for none."""
        return next((point.value for point in self.contact_points if point.is_primary_of(kind)), "")


class ContactPoint(Identified, Timestamped, TenantOwned, Base):
    """An address of a lead. Several leads may share one; the first holds it (`identifies`) and is found by it."""

    __tablename__ = "contact_points"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(254))  # E.164, lower-case e-mail, or WhatsApp id
    identifies: Mapped[bool] = mapped_column(Boolean, default=True)
    is_primary: Mapped[bool] = mapped_column(Boolean, default=True)
    verified_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    consent_source: Mapped[str | None] = mapped_column(String(120))  # where they agreed to be written to there
    consent_on: Mapped[date | None]

    lead: Mapped[Lead] = relationship(back_populates="contact_points")

    __table_args__ = (
        CheckConstraint(f"kind IN {CONTACT_KINDS}", name="kind"),
        CheckConstraint("value <> ''", name="value"),
        CheckConstraint("(consent_source IS NULL) = (consent_on IS NULL)", name="consent"),
        UniqueConstraint("lead_id", "kind", "value"),
        Index(
            "uq_contact_points_identity",
            "organization_id",
            "kind",
            "value",
            unique=True,
            **only_where_true("identifies"),
        ),
        Index(
            "uq_contact_points_primary",
            "lead_id",
            "kind",
            unique=True,
            **only_where_true("is_primary"),
        ),
        Index("ix_contact_points_value", "organization_id", "kind", "value"),  # duplicate warning
    )

    def is_primary_of(self, kind: str) -> bool:
        """Whether it is the lead's main address of that kind."""
        return self.is_primary and self.kind == kind


class Conversion(TenantOwned, Base):
    """What a lead became: an account's contact, maybe with a deal. Once for each lead, until it is taken back."""

    __tablename__ = "conversions"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    opportunity_id: Mapped[str | None] = mapped_column(ForeignKey("opportunities.id", ondelete="SET NULL"))
    made_account: Mapped[bool]  # what is taken back with it; anything else was there before
    made_contact: Mapped[bool]
    linked_contact: Mapped[bool]  # who became known as the lead by it
    old_account_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # whose customer the lead was before
    converted_at: Mapped[datetime] = mapped_column(default=clock.now)

    account: Mapped[Account] = relationship()

    __table_args__ = (
        CheckConstraint("NOT made_account OR made_contact", name="new_account_has_a_contact"),
        CheckConstraint("NOT made_contact OR linked_contact", name="new_contact_is_the_lead"),
        Index("ix_conversions_account", "account_id"),  # what depends on an account
        Index("ix_conversions_contact", "contact_id"),
        Index("ix_conversions_opportunity", "opportunity_id"),
    )

    @property
    def ids(self) -> dict[str, str | None]:
        """What the lead became; None for a deal that was not begun, and for what was taken away since."""
        return {name: getattr(self, name) for name in ("account_id", "contact_id", "opportunity_id")}


class Inquiry(Identified, Timestamped, TenantOwned, Base):
    """One submission by a lead: form payload, survey answers, API body. The raw payload is kept."""

    __tablename__ = "inquiries"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(60))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    differences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what it said against filled fields

    __table_args__ = (Index("ix_inquiries_lead", "lead_id", "created_at"),)


class Tag(Identified, TenantOwned, Base):
    """A word leads are grouped by."""

    __tablename__ = "tags"

    name: Mapped[str] = mapped_column(String(40))
    tone: Mapped[str] = mapped_column(String(10), default="gray")

    __table_args__ = (UniqueConstraint("organization_id", "name"),)


class LeadTag(Base):
    """A tag on a lead."""

    __tablename__ = "lead_tags"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[str] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_lead_tags_tag", "tag_id", "lead_id"),)


class Note(Identified, Timestamped, TenantOwned, Base):
    """A private remark of the team on a lead; beside a channel's thread when it has one."""

    __tablename__ = "notes"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    channel: Mapped[str | None] = mapped_column(String(10))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    body: Mapped[str] = mapped_column(Text)
    form_key: Mapped[str | None] = mapped_column(String(64))  # of the form's rendering: sent twice, saved once

    author: Mapped[User | None] = relationship()

    __table_args__ = (
        Index("ix_notes_lead", "lead_id", "created_at"),
        Index("uq_notes_form_key", "organization_id", "form_key", unique=True, **only_where("form_key IS NOT NULL")),
    )


class LeadSearch(TenantOwned, Base):
    """What a lead is found by (name, company, addresses), folded; its text has a trigram index on both databases."""

    __tablename__ = "lead_search"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    lead_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("leads.id", ondelete="CASCADE"), unique=True)
    text: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_lead_search_organization", "organization_id", "id"),)
