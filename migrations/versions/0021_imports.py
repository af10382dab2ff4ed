"""Files of leads that are brought in, with what became of each row.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

from leadcrm.core.db import Moment

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("author_id", sa.String(length=36), nullable=True),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("delimiter", sa.String(length=1), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("announces", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("foreseen", sa.JSON(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("undone", sa.JSON(), nullable=False),
        sa.Column("started_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("forgotten_at", Moment(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(
            "(state IN ('done', 'reverting', 'reverted')) <= (ended_at IS NOT NULL)", name=op.f("ck_imports_ended")
        ),
        sa.CheckConstraint(
            "(state IN ('mapping', 'checking', 'ready')) = (started_at IS NULL)", name=op.f("ck_imports_started")
        ),
        sa.CheckConstraint(
            "state IN ('mapping', 'checking', 'ready', 'running', 'stopped', 'done', 'reverting', 'reverted')",
            name=op.f("ck_imports_state"),
        ),
        sa.CheckConstraint("checked BETWEEN 0 AND rows", name=op.f("ck_imports_checked")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_imports_author_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_imports_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(
        "ix_imports_at_work",
        "imports",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('checking', 'running', 'reverting')"),
        sqlite_where=sa.text("state IN ('checking', 'running', 'reverting')"),
    )
    op.create_index("ix_imports_newest", "imports", ["organization_id", "created_at", "id"], unique=False)
    op.create_table(
        "import_files",
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_files_import_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_import_files_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_files")),
    )
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=254), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("last_fact", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("(outcome = 'refused') = (state = 'refused')", name=op.f("ck_import_rows_refused")),
        sa.CheckConstraint(
            "(state IN ('done', 'reverted', 'left')) <= (lead_id IS NOT NULL)", name=op.f("ck_import_rows_lead")
        ),
        sa.CheckConstraint("(state IN ('refused', 'left')) <= (reason <> '')", name=op.f("ck_import_rows_reason")),
        sa.CheckConstraint("outcome IN ('new', 'known', 'repeat', 'refused')", name=op.f("ck_import_rows_outcome")),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'refused', 'reverted', 'left')", name=op.f("ck_import_rows_state")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_import_rows_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_import_rows_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_rows")),
    )
    op.create_index("ix_import_rows_email", "import_rows", ["import_id", "email"], unique=False)
    op.create_index("ix_import_rows_lead", "import_rows", ["lead_id"], unique=False)
    op.create_index("ix_import_rows_outcome", "import_rows", ["import_id", "outcome", "number"], unique=False)
    op.create_index("ix_import_rows_phone", "import_rows", ["import_id", "phone"], unique=False)
    op.create_index("ix_import_rows_state", "import_rows", ["import_id", "state", "number"], unique=False)


def downgrade() -> None:
    op.drop_table("import_rows")
    op.drop_table("import_files")
    op.drop_table("imports")
