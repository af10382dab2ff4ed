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

INDEXES = {"ix_imports_unstarted": ("created_at", "started_at"), "ix_imports_kept": ("ended_at", "forgotten_at")}


def upgrade() -> None:
    for name, (column, empty) in INDEXES.items():
        only = sa.text(f"{empty} IS NULL")
        op.create_index(name, "imports", [column], postgresql_where=only, sqlite_where=only)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "imports")
