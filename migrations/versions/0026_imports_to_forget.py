"""The purge finds the imports it is to forget by an index, and not by reading all of them.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unstarted, kept = sa.text("started_at IS NULL"), sa.text("forgotten_at IS NULL")
    op.create_index(
        "ix_imports_unstarted", "imports", ["created_at"], postgresql_where=unstarted, sqlite_where=unstarted
    )
    op.create_index("ix_imports_kept", "imports", ["ended_at", "started_at"], postgresql_where=kept, sqlite_where=kept)


def downgrade() -> None:
    op.drop_index("ix_imports_kept", "imports")
    op.drop_index("ix_imports_unstarted", "imports")
