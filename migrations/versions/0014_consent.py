"""Consent: where and on which day somebody agreed to be written to, beside each address.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.add_column(sa.Column("consent_source", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("consent_on", sa.Date(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_contact_points_consent"), "(consent_source IS NULL) = (consent_on IS NULL)"
        )


def downgrade() -> None:
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_contact_points_consent"), type_="check")
        batch_op.drop_column("consent_on")
        batch_op.drop_column("consent_source")
