"""More ways into flows: by being disqualified, and by campaigns.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _exchange(
        "trigger IN ('new_lead', 'disqualified', 'manual', 'campaign')",
        "uq_flows_new_lead",
        "uq_flows_automatic",
        "enabled AND trigger IN ('new_lead', 'disqualified')",
    )


def downgrade() -> None:
    op.execute("UPDATE flows SET trigger = 'manual' WHERE trigger IN ('disqualified', 'campaign')")
    _exchange(
        "trigger IN ('new_lead', 'manual')",
        "uq_flows_automatic",
        "uq_flows_new_lead",
        "enabled AND trigger = 'new_lead'",
    )


def _exchange(trigger: str, old_index: str, new_index: str, condition: str) -> None:
    op.drop_index(old_index, "flows")
    with op.batch_alter_table("flows", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_flows_trigger"), type_="check")
        batch_op.create_check_constraint(op.f("ck_flows_trigger"), trigger)
    op.create_index(
        new_index,
        "flows",
        ["organization_id", "trigger"],
        unique=True,
        postgresql_where=sa.text(condition),
        sqlite_where=sa.text(condition),
    )
