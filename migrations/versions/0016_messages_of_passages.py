"""Messages of passages in an index of their own: no statistics about all others keep a planner from using it.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = ["enrolment_id", "step_id"]


def upgrade() -> None:
    some = sa.text("enrolment_id IS NOT NULL")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_messages_enrolment_id_step_id"), type_="unique")
    op.create_index(
        "uq_messages_passage", "messages", COLUMNS, unique=True, postgresql_where=some, sqlite_where=some
    )


def downgrade() -> None:
    op.drop_index("uq_messages_passage", "messages")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_unique_constraint(op.f("uq_messages_enrolment_id_step_id"), COLUMNS)
