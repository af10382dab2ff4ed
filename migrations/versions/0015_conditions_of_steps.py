"""Steps of flows that leave only if something holds of the lead.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flow_steps", sa.Column("only_if", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "conditional_steps",
        sa.Column("step_id", sa.String(length=36), nullable=False),
        sa.Column("only_if", sa.JSON(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_conditional_steps_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["flow_steps.id"], name=op.f("fk_conditional_steps_step_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("step_id", name=op.f("pk_conditional_steps")),
    )


def downgrade() -> None:
    op.drop_table("conditional_steps")
    with op.batch_alter_table("flow_steps") as batch_op:
        batch_op.drop_column("only_if")
