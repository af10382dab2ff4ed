"""A note is saved once however often its form is sent, and the runs of a week are counted from an index.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notes", sa.Column("form_key", sa.String(length=64), nullable=True))
    with_key = sa.text("form_key IS NOT NULL")
    op.create_index(
        "uq_notes_form_key", "notes", ["organization_id", "form_key"], unique=True,
        postgresql_where=with_key, sqlite_where=with_key,
    )  # fmt: skip
    op.create_index(
        "ix_automation_runs_counts", "automation_runs", ["organization_id", "automation_id", "state", "created_at"]
    )


def downgrade() -> None:
    op.drop_index("ix_automation_runs_counts", "automation_runs")
    op.drop_index("uq_notes_form_key", "notes")
    op.drop_column("notes", "form_key")
