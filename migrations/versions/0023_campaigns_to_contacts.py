"""A campaign may be for people at accounts.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("campaigns") as batch_op:
        batch_op.add_column(sa.Column("audience", sa.String(length=10), nullable=False, server_default="leads"))
        batch_op.create_check_constraint(op.f("ck_campaigns_audience"), "audience IN ('leads', 'contacts')")


def downgrade() -> None:
    with op.batch_alter_table("campaigns") as batch_op:
        batch_op.drop_constraint(op.f("ck_campaigns_audience"), type_="check")
        batch_op.drop_column("audience")
