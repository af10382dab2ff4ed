"""A rule is considered for an account where nobody can be reached, too: its run, and what it tells, names no lead.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ID = sa.String(length=36)
OF_ACCOUNTS = sa.text("account_id IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("automation_runs", schema=None) as batch_op:
        batch_op.alter_column("lead_id", existing_type=ID, nullable=True)
        batch_op.add_column(sa.Column("account_id", ID, nullable=True))
        batch_op.add_column(sa.Column("hopes_for_lead", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_foreign_key(
            op.f("fk_automation_runs_account_id"), "accounts", ["account_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_check_constraint(op.f("ck_automation_runs_about"), "(lead_id IS NULL) <> (account_id IS NULL)")
        batch_op.create_check_constraint(
            op.f("ck_automation_runs_silence"), "quiet_since IS NULL OR lead_id IS NOT NULL"
        )
        batch_op.create_check_constraint(
            op.f("ck_automation_runs_hope"), "NOT hopes_for_lead OR (state = 'skipped' AND account_id IS NOT NULL)"
        )
    with op.batch_alter_table("automation_runs", schema=None) as batch_op:
        batch_op.alter_column("hopes_for_lead", existing_type=sa.Boolean(), server_default=None)
        batch_op.create_index(
            "ix_automation_runs_account",
            ["account_id", "created_at", "id"],
            postgresql_where=OF_ACCOUNTS,
            sqlite_where=OF_ACCOUNTS,
        )
    with op.batch_alter_table("webhook_calls", schema=None) as batch_op:
        batch_op.alter_column("lead_id", existing_type=ID, nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM webhook_calls WHERE lead_id IS NULL")
    op.execute("DELETE FROM automation_runs WHERE lead_id IS NULL")
    with op.batch_alter_table("webhook_calls", schema=None) as batch_op:
        batch_op.alter_column("lead_id", existing_type=ID, nullable=False)
    with op.batch_alter_table("automation_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_automation_runs_account")
    with op.batch_alter_table("automation_runs", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_automation_runs_hope"), type_="check")
        batch_op.drop_constraint(op.f("ck_automation_runs_silence"), type_="check")
        batch_op.drop_constraint(op.f("ck_automation_runs_about"), type_="check")
        batch_op.drop_constraint(op.f("fk_automation_runs_account_id"), type_="foreignkey")
        batch_op.drop_column("hopes_for_lead")
        batch_op.drop_column("account_id")
        batch_op.alter_column("lead_id", existing_type=ID, nullable=False)
