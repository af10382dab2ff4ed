"""Accounts, the people in them, and their possible deals."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    TypeDecorator,
    event,
    inspect,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.accounts.naming import LONGEST_FOLDED
from leadcrm.accounts.pipeline import CLOSED, STAGES
from leadcrm.core import clock
from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, Timestamped, at_the_end, db
from leadcrm.core.indexes import only_where, only_where_true
from leadcrm.core.upserts import upsert
from leadcrm.core.values import new_id
from leadcrm.identity.models import User

OPPORTUNITY_KINDS = ("new_business", "upsell", "cross_sell", "renewal")
FIRST_HEALTH, HIGHEST_HEALTH = 50, 100
LARGEST_AMOUNT = Decimal("999999999999.99")


class Hundredths(TypeDecorator[Decimal]):
    """An amount of money with two decimals, kept as a whole number of hundredths: SQLite has no decimals to add up."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> int | None:
        return None if value is None else int(value.scaleb(2).to_integral_exact())

    def process_result_value(self, value: Any, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-2)


class Account(Identified, Timestamped, TenantOwned, Base):
    """A customer company."""

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(String(160))
    folded_name: Mapped[str] = mapped_column(String(LONGEST_FOLDED))  # as it is found and sorted
    industry: Mapped[str] = mapped_column(String(80), default="")
    website: Mapped[str] = mapped_column(String(254), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    health: Mapped[int] = mapped_column(default=FIRST_HEALTH)
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    revision: Mapped[int] = mapped_column(default=1)
    archived_at: Mapped[datetime | None]
    form_key: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # of the form's rendering: sent twice, made once

    owner: Mapped[User | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}  # a stale edit is refused, not merged blindly
    __table_args__ = (
        CheckConstraint("name <> '' AND folded_name <> ''", name="name"),
        CheckConstraint(f"health BETWEEN 0 AND {HIGHEST_HEALTH}", name="health"),
        Index("uq_accounts_form_key", "organization_id", "form_key", unique=True, **only_where("form_key IS NOT NULL")),
        # the list, one index per order; by the folded name also whoever is warned of an account of the same name
        Index("ix_accounts_name", "organization_id", "folded_name", "id", **only_where("archived_at IS NULL")),
        Index("ix_accounts_newest", "organization_id", "created_at", "id", **only_where("archived_at IS NULL")),
        Index("ix_accounts_health", "organization_id", "health", "id", **only_where("archived_at IS NULL")),
        Index("ix_accounts_owner", "organization_id", "owner_id", "folded_name", "id"),
        Index("ix_accounts_archived", "organization_id", "folded_name", "id", **only_where("archived_at IS NOT NULL")),
    )


class Contact(Identified, Timestamped, TenantOwned, Base):
    """A person at an account. The lead they were, or became, is beside them when there is one."""

    __tablename__ = "contacts"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("leads.id", ondelete="SET NULL"))
    first_name: Mapped[str] = mapped_column(String(120), default="")
    last_name: Mapped[str] = mapped_column(String(120), default="")
    name: Mapped[str] = mapped_column(String(254))  # as shown: first and last, else an address
    position: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")  # lower case
    phone: Mapped[str] = mapped_column(String(40), default="")  # E.164 where it could be read
    is_primary: Mapped[bool] = mapped_column(default=False)
    left_at: Mapped[datetime | None]  # they are not there any more
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    revision: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None] = mapped_column(String(ID_LENGTH))

    account: Mapped[Account] = relationship()

    __mapper_args__ = {"version_id_col": revision}
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("NOT (is_primary AND left_at IS NOT NULL)", name="primary_is_there"),
        Index(
            "uq_contacts_primary",
            "account_id",
            unique=True,
            **only_where_true("is_primary"),
        ),
        Index("uq_contacts_lead", "account_id", "lead_id", unique=True, **only_where("lead_id IS NOT NULL")),
        Index("uq_contacts_form_key", "organization_id", "form_key", unique=True, **only_where("form_key IS NOT NULL")),
        Index("ix_contacts_account", "account_id", "left_at", "name", "id"),  # an account's people
        Index("ix_contacts_newest", "organization_id", "created_at", "id"),  # the API's list, campaigns to contacts
        Index("ix_contacts_lead", "lead_id", **only_where("lead_id IS NOT NULL")),  # a lead's page, erasure
        Index("ix_contacts_email", "organization_id", "email", **only_where("email <> ''")),  # whoever is known already
        Index("ix_contacts_phone", "organization_id", "phone", **only_where("phone <> ''")),
    )


class Opportunity(Identified, Timestamped, TenantOwned, Base):
    """A possible deal with an account. Its amount is in the organization's currency."""

    __tablename__ = "opportunities"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20), default="new_business")
    stage: Mapped[str] = mapped_column(String(20), default="prospecting")
    amount: Mapped[Decimal | None] = mapped_column(Hundredths)
    close_date: Mapped[date | None]  # by when it is expected, on the organization's calendar
    lost_reason: Mapped[str] = mapped_column(String(200), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(60), default="")  # of the lead it came from
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    stage_since: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    revision: Mapped[int] = mapped_column(default=1)
    intent_key: Mapped[str | None] = mapped_column(String(160))  # of what asked for it: asked twice, made once

    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship()
    owner: Mapped[User | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(f"kind IN {OPPORTUNITY_KINDS}", name="kind"),
        CheckConstraint(f"stage IN {tuple(STAGES)}", name="stage"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint(f"(stage IN {CLOSED}) = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(stage = 'closed_lost') = (lost_reason <> '')", name="lost_with_a_reason"),
        Index(
            "uq_opportunities_intent",
            "organization_id",
            "intent_key",
            unique=True,
            **only_where("intent_key IS NOT NULL"),
        ),
        Index("ix_opportunities_account", "account_id", "created_at", "id"),  # an account's deals
        Index("ix_opportunities_newest", "organization_id", "created_at", "id"),  # the list of all
        Index("ix_opportunities_stage", "organization_id", "stage", "created_at", "id"),  # of one stage, and its sum
        Index("ix_opportunities_owner", "organization_id", "owner_id", "created_at", "id"),
        Index(  # when a person is erased
            "ix_opportunities_contact", "contact_id", **only_where("contact_id IS NOT NULL")
        ),
    )


class PipelineVersion(TenantOwned, Base):
    """Another one after every change of a deal, or of whose an account is: what was added up until then is past.

    An organization has none before the first change.
    """

    __tablename__ = "pipeline_versions"

    organization_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[str] = mapped_column(String(ID_LENGTH))


def renew_pipeline(organization_id: str) -> None:
    """Say that its deals, or whose accounts they belong to, are not what they were."""
    new = upsert(PipelineVersion).values(organization_id=organization_id, version=new_id())
    renewed = {"version": new.excluded.version}
    db.session.execute(new.on_conflict_do_update(index_elements=["organization_id"], set_=renewed))


@event.listens_for(Opportunity, "after_insert")
@event.listens_for(Opportunity, "after_update")
@event.listens_for(Opportunity, "after_delete")
def _renew(mapper: Any, connection: Connection, row: Opportunity | Account) -> None:
    at_the_end(renew_pipeline, row.organization_id)


@event.listens_for(Account, "after_update")
def _renew_when_given(mapper: Any, connection: Connection, account: Account) -> None:
    if inspect(account).attrs.owner_id.history.has_changes():
        _renew(mapper, connection, account)
