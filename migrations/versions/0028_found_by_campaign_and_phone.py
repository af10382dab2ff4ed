"""The leads behind a campaign's number come in the order of an index; contacts are found by their phone.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OF_CAMPAIGNS = sa.text("campaign_id IS NOT NULL")
WITH_PHONE = sa.text("phone <> ''")


def upgrade() -> None:
    _order_by("status", "reason", "scheduled_for", "id")
    op.create_index(
        "ix_contacts_phone",
        "contacts",
        ["organization_id", "phone"],
        postgresql_where=WITH_PHONE,
        sqlite_where=WITH_PHONE,
    )


def downgrade() -> None:
    op.drop_index("ix_contacts_phone", "contacts")
    _order_by("status", "reason")


def _order_by(*columns: str) -> None:
    op.drop_index("ix_messages_campaign", "messages")
    op.create_index(
        "ix_messages_campaign",
        "messages",
        ["campaign_id", *columns],
        postgresql_where=OF_CAMPAIGNS,
        sqlite_where=OF_CAMPAIGNS,
    )
