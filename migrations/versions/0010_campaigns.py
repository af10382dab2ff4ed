"""Campaigns: segments of leads that enter a flow together, at a pace.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from leadcrm.core.db import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("flow_id", sa.String(length=36), nullable=False),
        sa.Column("segment", sa.JSON(), nullable=False),
        sa.Column("segment_words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("starts_at", Moment(), nullable=True),
        sa.Column("began_at", Moment(), nullable=True),
        sa.Column("enrolled_at", Moment(), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("cursor", sa.String(length=300), nullable=True),
        sa.Column("matching", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("lets_held_go", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("(state = 'done') <= (settled_at IS NOT NULL)", name=op.f("ck_campaigns_done")),
        sa.CheckConstraint(
            "(state = 'enrolling') <= (began_at IS NOT NULL AND enrolled_at IS NULL)",
            name=op.f("ck_campaigns_enrolling"),
        ),
        sa.CheckConstraint("(state = 'scheduled') <= (starts_at IS NOT NULL)", name=op.f("ck_campaigns_scheduled")),
        sa.CheckConstraint(
            "(state IN ('running', 'done')) <= (enrolled_at IS NOT NULL)", name=op.f("ck_campaigns_running")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'scheduled', 'enrolling', 'running', 'paused', 'stopped', 'done')",
            name=op.f("ck_campaigns_state"),
        ),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_campaigns_flow_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_campaigns_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_campaigns_organization_id_name")),
    )
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.create_index("ix_campaigns_newest", ["organization_id", "created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_campaigns_under_way",
            ["state", "starts_at"],
            unique=False,
            postgresql_where=sa.text("settled_at IS NULL"),
            sqlite_where=sa.text("settled_at IS NULL"),
        )

    op.create_table(
        "paces",
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=True),
        sa.Column("free_at", Moment(), nullable=False),
        sa.Column("line_at", Moment(), nullable=False),
        sa.Column("halted", sa.String(length=200), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms', 'whatsapp')", name=op.f("ck_paces_channel")),
        sa.CheckConstraint("per_hour >= 1", name=op.f("ck_paces_per_hour")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_paces_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_paces_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "channel", name=op.f("pk_paces")),
    )
    _add("enrolments", "ix_enrolments_campaign", ["campaign_id", "state", "exit_reason", "id"])
    _add("messages", "ix_messages_campaign", ["campaign_id", "status", "reason"])


def _add(table: str, index: str, columns: list[str]) -> None:
    some = sa.text("campaign_id IS NOT NULL")
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(sa.Column("campaign_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f(f"fk_{table}_campaign_id"), "campaigns", ["campaign_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.create_index(index, columns, unique=False, postgresql_where=some, sqlite_where=some)


def downgrade() -> None:
    for table in ("messages", "enrolments"):
        op.drop_index(f"ix_{table}_campaign", table)
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f"fk_{table}_campaign_id"), type_="foreignkey")
            batch_op.drop_column("campaign_id")
    op.drop_table("paces")
    op.drop_table("campaigns")
