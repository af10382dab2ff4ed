"""The leads who followed a link of a campaign, for its results.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CLICKED = sa.text("campaign_id IS NOT NULL AND clicked_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_messages_campaign_clicked", "messages", ["campaign_id", "lead_id"],
        postgresql_where=CLICKED, sqlite_where=CLICKED,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_messages_campaign_clicked", table_name="messages")
