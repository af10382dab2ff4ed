"""Which step of a flow a lead replied to.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ANSWERED = {name: sa.text("replied_step_id IS NOT NULL") for name in ("postgresql_where", "sqlite_where")}


def upgrade() -> None:
    with op.batch_alter_table("enrolments") as batch_op:
        batch_op.add_column(sa.Column("replied_step_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_enrolments_replied_step_id"), "flow_steps", ["replied_step_id"], ["id"]
        )
        batch_op.create_index("ix_enrolments_replied", ["replied_step_id", "id"], **ANSWERED)


def downgrade() -> None:
    with op.batch_alter_table("enrolments") as batch_op:
        batch_op.drop_index("ix_enrolments_replied", **ANSWERED)
        batch_op.drop_constraint(op.f("fk_enrolments_replied_step_id"), type_="foreignkey")
        batch_op.drop_column("replied_step_id")
