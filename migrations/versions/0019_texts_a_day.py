"""How many texts an organization allows in a day, and how many left today.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_budgets",
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'whatsapp')", name=op.f("ck_text_budgets_channel")),
        sa.CheckConstraint("per_day >= 1", name=op.f("ck_text_budgets_per_day")),
        sa.CheckConstraint("used >= 0", name=op.f("ck_text_budgets_used")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"],
            name=op.f("fk_text_budgets_organization_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "channel", name=op.f("pk_text_budgets")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("text_budgets")
