"""Where a lead lives, and time zones that are known by it.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SOURCES = "'browser', 'chosen', 'phone', 'organization'"
SOURCES_WITH_ADDRESS = "'browser', 'chosen', 'address', 'phone', 'organization'"
CODE = "country = '' OR (length(country) = 2 AND country = upper(country))"


def upgrade() -> None:
    with op.batch_alter_table("leads") as batch_op:
        batch_op.add_column(sa.Column("city", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("country", sa.String(length=2), nullable=False, server_default=""))
        batch_op.create_check_constraint(op.f("ck_leads_country"), CODE)
        batch_op.drop_constraint(op.f("ck_leads_zone_source"), type_="check")
        batch_op.create_check_constraint(op.f("ck_leads_zone_source"), f"zone_source IN ({SOURCES_WITH_ADDRESS})")


def downgrade() -> None:
    op.execute("UPDATE leads SET zone_source = 'organization' WHERE zone_source = 'address'")
    with op.batch_alter_table("leads") as batch_op:
        batch_op.drop_constraint(op.f("ck_leads_zone_source"), type_="check")
        batch_op.create_check_constraint(op.f("ck_leads_zone_source"), f"zone_source IN ({SOURCES})")
        batch_op.drop_constraint(op.f("ck_leads_country"), type_="check")
        batch_op.drop_column("country")
        batch_op.drop_column("city")
