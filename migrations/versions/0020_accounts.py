"""Accounts, the people in them, their possible deals; whose customer a lead is, and what it became.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

from leadcrm.core.db import Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

LIVING, ARCHIVED = "archived_at IS NULL", "archived_at IS NOT NULL"
NEW_TABLES = ("accounts", "contacts", "opportunities", "conversions")


def upgrade() -> None:
    op.create_table(
        "accounts",
        *_identified("accounts"),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("folded_name", sa.String(length=640), nullable=False),
        sa.Column("industry", sa.String(length=80), nullable=False),
        sa.Column("website", sa.String(length=254), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("health", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.Column("form_key", sa.String(length=36), nullable=True),
        sa.CheckConstraint("name <> '' AND folded_name <> ''", name=op.f("ck_accounts_name")),
        sa.CheckConstraint("health BETWEEN 0 AND 100", name=op.f("ck_accounts_health")),
        _refers("accounts", "owner_id", "users", "SET NULL"),
    )
    _index("uq_accounts_form_key", "accounts", "organization_id", "form_key", only="form_key IS NOT NULL")
    _index("ix_accounts_name", "accounts", "organization_id", "folded_name", "id", only=LIVING)
    _index("ix_accounts_newest", "accounts", "organization_id", "created_at", "id", only=LIVING)
    _index("ix_accounts_health", "accounts", "organization_id", "health", "id", only=LIVING)
    _index("ix_accounts_owner", "accounts", "organization_id", "owner_id", "folded_name", "id")
    _index("ix_accounts_archived", "accounts", "organization_id", "folded_name", "id", only=ARCHIVED)

    op.create_table(
        "contacts",
        *_identified("contacts"),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=True),
        sa.Column("first_name", sa.String(length=120), nullable=False),
        sa.Column("last_name", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=254), nullable=False),
        sa.Column("position", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("left_at", Moment(), nullable=True),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=36), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_contacts_name")),
        sa.CheckConstraint("NOT (is_primary AND left_at IS NOT NULL)", name=op.f("ck_contacts_primary_is_there")),
        _refers("contacts", "account_id", "accounts", "CASCADE"),
        _refers("contacts", "lead_id", "leads", "SET NULL"),
    )
    op.create_index(
        "uq_contacts_primary", "contacts", ["account_id"], unique=True,
        postgresql_where=sa.text("is_primary"), sqlite_where=sa.text("is_primary = 1"),
    )  # fmt: skip
    _index("uq_contacts_lead", "contacts", "account_id", "lead_id", only="lead_id IS NOT NULL")
    _index("uq_contacts_form_key", "contacts", "organization_id", "form_key", only="form_key IS NOT NULL")
    _index("ix_contacts_account", "contacts", "account_id", "left_at", "name", "id")
    _index("ix_contacts_newest", "contacts", "organization_id", "created_at", "id")
    _index("ix_contacts_lead", "contacts", "lead_id", only="lead_id IS NOT NULL")
    _index("ix_contacts_email", "contacts", "organization_id", "email", only="email <> ''")

    op.create_table(
        "opportunities",
        *_identified("opportunities"),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("close_date", sa.Date(), nullable=True),
        sa.Column("lost_reason", sa.String(length=200), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("stage_since", Moment(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("intent_key", sa.String(length=160), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_opportunities_name")),
        sa.CheckConstraint(
            "kind IN ('new_business', 'upsell', 'cross_sell', 'renewal')", name=op.f("ck_opportunities_kind")
        ),
        sa.CheckConstraint(
            "stage IN ('prospecting', 'qualification', 'proposal', 'negotiation', 'closed_won', 'closed_lost')",
            name=op.f("ck_opportunities_stage"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_opportunities_amount")),
        sa.CheckConstraint(
            "(stage IN ('closed_won', 'closed_lost')) = (closed_at IS NOT NULL)", name=op.f("ck_opportunities_closed")
        ),
        sa.CheckConstraint(
            "(stage = 'closed_lost') = (lost_reason <> '')", name=op.f("ck_opportunities_lost_with_a_reason")
        ),
        _refers("opportunities", "account_id", "accounts", "CASCADE"),
        _refers("opportunities", "contact_id", "contacts", "SET NULL"),
        _refers("opportunities", "owner_id", "users", "SET NULL"),
    )
    _index("uq_opportunities_intent", "opportunities", "organization_id", "intent_key", only="intent_key IS NOT NULL")
    _index("ix_opportunities_account", "opportunities", "account_id", "created_at", "id")
    _index("ix_opportunities_newest", "opportunities", "organization_id", "created_at", "id")
    _index("ix_opportunities_stage", "opportunities", "organization_id", "stage", "created_at", "id")
    _index("ix_opportunities_owner", "opportunities", "organization_id", "owner_id", "created_at", "id")
    _index("ix_opportunities_contact", "opportunities", "contact_id", only="contact_id IS NOT NULL")

    op.create_table(
        "conversions",
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("opportunity_id", sa.String(length=36), nullable=True),
        sa.Column("made_account", sa.Boolean(), nullable=False),
        sa.Column("made_contact", sa.Boolean(), nullable=False),
        sa.Column("linked_contact", sa.Boolean(), nullable=False),
        sa.Column("old_account_id", sa.String(length=36), nullable=True),
        sa.Column("converted_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "NOT made_account OR made_contact", name=op.f("ck_conversions_new_account_has_a_contact")
        ),
        sa.CheckConstraint(
            "NOT made_contact OR linked_contact", name=op.f("ck_conversions_new_contact_is_the_lead")
        ),
        _refers("conversions", "organization_id", "organizations", "CASCADE"),
        _refers("conversions", "lead_id", "leads", "CASCADE"),
        _refers("conversions", "account_id", "accounts", "CASCADE"),
        _refers("conversions", "contact_id", "contacts", "SET NULL"),
        _refers("conversions", "opportunity_id", "opportunities", "SET NULL"),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_conversions")),
    )
    for column in ("account", "contact", "opportunity"):
        _index(f"ix_conversions_{column}", "conversions", f"{column}_id")

    _index("ix_events_account", "events", "organization_id", "account_id", "id", only="account_id IS NOT NULL")
    with op.batch_alter_table("leads") as batch_op:
        batch_op.add_column(sa.Column("account_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_leads_account_id"), "accounts", ["account_id"], ["id"], ondelete="SET NULL"
        )
    _index("ix_leads_account", "leads", "account_id", "last_activity_at", "id", only="account_id IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table("leads") as batch_op:
        batch_op.drop_index("ix_leads_account")
        batch_op.drop_constraint(op.f("fk_leads_account_id"), type_="foreignkey")
        batch_op.drop_column("account_id")
    op.drop_index("ix_events_account", "events")
    for table in reversed(NEW_TABLES):
        op.drop_table(table)


def _identified(table: str) -> tuple:
    return (
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _refers(table, "organization_id", "organizations", "CASCADE"),
    )


def _refers(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _index(name: str, table: str, *columns: str, only: str | None = None) -> None:
    some = sa.text(only) if only else None
    is_unique = name.startswith("uq_")
    op.create_index(name, table, list(columns), unique=is_unique, postgresql_where=some, sqlite_where=some)
