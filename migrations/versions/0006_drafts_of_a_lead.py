"""An index on the drafts of a lead: erasing a lead, and saying what is held of them, look them up.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_drafts_lead_id"), "drafts", ["lead_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_drafts_lead_id"), "drafts")
