"""Tracking: opens and clicks of mails, visits to the organization's site, and whether it wants to know.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from leadcrm.core.db import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tracked_sites",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.Column("pricing_paths", sa.JSON(), nullable=False),
        sa.Column("demo_paths", sa.JSON(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_tracked_sites_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracked_sites")),
        sa.UniqueConstraint("key", name=op.f("uq_tracked_sites_key")),
        sa.UniqueConstraint("organization_id", name=op.f("uq_tracked_sites_organization_id")),
    )
    op.create_table(
        "visitors",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=True),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_visitors_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_visitors_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitors")),
        sa.UniqueConstraint("organization_id", "key", name=op.f("uq_visitors_organization_id_key")),
    )
    with op.batch_alter_table("visitors", schema=None) as batch_op:
        batch_op.create_index(
            "ix_visitors_lead",
            ["lead_id"],
            unique=False,
            postgresql_where=sa.text("lead_id IS NOT NULL"),
            sqlite_where=sa.text("lead_id IS NOT NULL"),
        )
        batch_op.create_index("ix_visitors_seen", ["seen_at"], unique=False)

    op.create_table(
        "site_visits",
        sa.Column("visitor_id", sa.String(length=36), nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=True),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("kind IN ('page', 'pricing', 'demo_request')", name=op.f("ck_site_visits_kind")),
        sa.CheckConstraint("NOT is_told OR lead_id IS NOT NULL", name=op.f("ck_site_visits_told")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_site_visits_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_site_visits_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitors.id"], name=op.f("fk_site_visits_visitor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_visits")),
    )
    with op.batch_alter_table("site_visits", schema=None) as batch_op:
        batch_op.create_index("ix_site_visits_at", ["at"], unique=False)
        batch_op.create_index(
            "ix_site_visits_lead",
            ["lead_id", "at", "id"],
            unique=False,
            postgresql_where=sa.text("lead_id IS NOT NULL"),
            sqlite_where=sa.text("lead_id IS NOT NULL"),
        )
        batch_op.create_index("ix_site_visits_visitor", ["visitor_id", "at"], unique=False)

    op.create_table(
        "engagements",
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("doubt", sa.String(length=60), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("settles_at", Moment(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("(kind = 'click') = (url_hash <> '')", name=op.f("ck_engagements_link")),
        sa.CheckConstraint("(state = 'doubted') = (doubt <> '')", name=op.f("ck_engagements_doubted")),
        sa.CheckConstraint("(state = 'pending') = (settles_at IS NOT NULL)", name=op.f("ck_engagements_pending")),
        sa.CheckConstraint("kind IN ('open', 'click')", name=op.f("ck_engagements_kind")),
        sa.CheckConstraint("state IN ('pending', 'counted', 'doubted')", name=op.f("ck_engagements_state")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_engagements_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_engagements_message_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_engagements_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagements")),
        sa.UniqueConstraint("message_id", "kind", "url_hash", name=op.f("uq_engagements_message_id_kind_url_hash")),
    )
    with op.batch_alter_table("engagements", schema=None) as batch_op:
        batch_op.create_index("ix_engagements_at", ["at"], unique=False)
        batch_op.create_index("ix_engagements_lead", ["lead_id"], unique=False)
        batch_op.create_index(
            "ix_engagements_pending",
            ["settles_at"],
            unique=False,
            postgresql_where=sa.text("settles_at IS NOT NULL"),
            sqlite_where=sa.text("settles_at IS NOT NULL"),
        )

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("opened_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("clicked_at", Moment(), nullable=True))
        batch_op.create_index(
            "ix_messages_clicked",
            ["organization_id", "step_id"],
            unique=False,
            postgresql_where=sa.text("clicked_at IS NOT NULL"),
            sqlite_where=sa.text("clicked_at IS NOT NULL"),
        )

    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("follows_clicks", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("follows_opens", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("follows_letters", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_column("follows_letters")
        batch_op.drop_column("follows_opens")
        batch_op.drop_column("follows_clicks")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_messages_clicked",
            postgresql_where=sa.text("clicked_at IS NOT NULL"),
            sqlite_where=sa.text("clicked_at IS NOT NULL"),
        )
        batch_op.drop_column("clicked_at")
        batch_op.drop_column("opened_at")

    with op.batch_alter_table("engagements", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_engagements_pending",
            postgresql_where=sa.text("settles_at IS NOT NULL"),
            sqlite_where=sa.text("settles_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_engagements_lead")
        batch_op.drop_index("ix_engagements_at")

    op.drop_table("engagements")
    with op.batch_alter_table("site_visits", schema=None) as batch_op:
        batch_op.drop_index("ix_site_visits_visitor")
        batch_op.drop_index(
            "ix_site_visits_lead",
            postgresql_where=sa.text("lead_id IS NOT NULL"),
            sqlite_where=sa.text("lead_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_site_visits_at")

    op.drop_table("site_visits")
    with op.batch_alter_table("visitors", schema=None) as batch_op:
        batch_op.drop_index("ix_visitors_seen")
        batch_op.drop_index(
            "ix_visitors_lead",
            postgresql_where=sa.text("lead_id IS NOT NULL"),
            sqlite_where=sa.text("lead_id IS NOT NULL"),
        )

    op.drop_table("visitors")
    op.drop_table("tracked_sites")
