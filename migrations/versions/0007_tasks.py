"""Tasks: what the team is to do for leads, and by when.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from leadcrm.core.db import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("assignee_id", sa.String(length=36), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("done_by_id", sa.String(length=36), nullable=True),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("intent_key", sa.String(length=160), nullable=True),
        sa.Column("tell_at", Moment(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name=op.f("ck_tasks_done")),
        sa.CheckConstraint("kind IN ('call', 'email', 'meeting', 'other')", name=op.f("ck_tasks_kind")),
        sa.CheckConstraint("origin = 'hand' OR intent_key IS NOT NULL", name=op.f("ck_tasks_machine_has_a_key")),
        sa.CheckConstraint("origin IN ('hand', 'flow', 'automation')", name=op.f("ck_tasks_origin")),
        sa.CheckConstraint("priority IN ('low', 'medium', 'high')", name=op.f("ck_tasks_priority")),
        sa.CheckConstraint("state IN ('open', 'done', 'canceled')", name=op.f("ck_tasks_state")),
        sa.CheckConstraint("tell_at IS NULL OR (state = 'open' AND tell_at = due_at)", name=op.f("ck_tasks_told")),
        sa.CheckConstraint("title <> ''", name=op.f("ck_tasks_title")),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name=op.f("fk_tasks_assignee_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["done_by_id"], ["users.id"], name=op.f("fk_tasks_done_by_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_tasks_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_tasks_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index("ix_tasks_assignee", ["assignee_id", "state", "due_at", "id"], unique=False)
        batch_op.create_index(
            "ix_tasks_done",
            ["done_by_id", "done_at", "id"],
            unique=False,
            postgresql_where=sa.text("done_at IS NOT NULL"),
            sqlite_where=sa.text("done_at IS NOT NULL"),
        )
        batch_op.create_index("ix_tasks_lead", ["lead_id", "state", "due_at", "id"], unique=False)
        batch_op.create_index("ix_tasks_team", ["organization_id", "state", "due_at", "id"], unique=False)
        batch_op.create_index(
            "ix_tasks_untold",
            ["tell_at"],
            unique=False,
            postgresql_where=sa.text("tell_at IS NOT NULL"),
            sqlite_where=sa.text("tell_at IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_tasks_intent",
            ["organization_id", "intent_key"],
            unique=True,
            postgresql_where=sa.text("intent_key IS NOT NULL"),
            sqlite_where=sa.text("intent_key IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_tasks_intent",
            postgresql_where=sa.text("intent_key IS NOT NULL"),
            sqlite_where=sa.text("intent_key IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_tasks_untold",
            postgresql_where=sa.text("tell_at IS NOT NULL"),
            sqlite_where=sa.text("tell_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_tasks_team")
        batch_op.drop_index("ix_tasks_lead")
        batch_op.drop_index(
            "ix_tasks_done",
            postgresql_where=sa.text("done_at IS NOT NULL"),
            sqlite_where=sa.text("done_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_tasks_assignee")

    op.drop_table("tasks")
