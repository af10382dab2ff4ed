"""A passage remembers by how many days its campaign's pauses have put it behind its plan.

Until now only the facts of the pauses told.

Revision ID: 0030
Revises: 0029
"""

from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

PASSAGES = sa.table("enrolments", sa.column("id", sa.String()), sa.column("days_behind", sa.Integer()))
FACTS = sa.table("events", sa.column("name", sa.String()), sa.column("data", sa.JSON()))


def upgrade() -> None:
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("days_behind", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(op.f("ck_enrolments_behind"), "days_behind >= 0")
    _count_pauses()


def downgrade() -> None:
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_enrolments_behind"), type_="check")
        batch_op.drop_column("days_behind")


def _count_pauses() -> None:
    days = Counter()
    for pause in op.get_bind().scalars(sa.select(FACTS.c.data).where(FACTS.c.name == "flow.delayed")):
        days[pause["enrolment_id"]] += max(0, pause["days"])
    passage = sa.update(PASSAGES).where(PASSAGES.c.id == sa.bindparam("passage"))
    behind = [{"passage": enrolment_id, "behind": count} for enrolment_id, count in days.items()]
    if behind:
        op.get_bind().execute(passage.values(days_behind=sa.bindparam("behind")), behind)
