"""Files in what we write: an attachment belongs to a message or to a draft.

Revision ID: 0004
Revises: 0003
"""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = ("user_id", "lead_id", "channel")


def upgrade():
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("id", sa.String(length=36), nullable=True))
    _name_drafts()
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.alter_column("id", existing_type=sa.String(length=36), nullable=False)
        batch_op.drop_constraint(op.f("pk_drafts"), type_="primary")
        batch_op.create_primary_key(op.f("pk_drafts"), ["id"])
        batch_op.create_unique_constraint(op.f("uq_drafts_user_id_lead_id_channel"), list(KEY))

    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("draft_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("sha256", sa.String(length=64), nullable=True))
        batch_op.alter_column("message_id", existing_type=sa.String(length=36), nullable=True)
        batch_op.create_foreign_key(op.f("fk_attachments_draft_id"), "drafts", ["draft_id"], ["id"], ondelete="CASCADE")
        batch_op.create_unique_constraint(op.f("uq_attachments_stored_as"), ["stored_as"])
        batch_op.create_check_constraint(op.f("ck_attachments_owner"), "(message_id IS NULL) = (draft_id IS NOT NULL)")
        batch_op.create_check_constraint(
            op.f("ck_attachments_sealed"), "(draft_id IS NOT NULL) <= (sha256 IS NOT NULL)"
        )
        batch_op.create_check_constraint(op.f("ck_attachments_size"), "size BETWEEN 0 AND 10485760")
        batch_op.create_index(batch_op.f("ix_attachments_draft_id"), ["draft_id"], unique=False)


def downgrade():
    op.execute("DELETE FROM attachments WHERE draft_id IS NOT NULL")
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachments_draft_id"))
        batch_op.drop_constraint(op.f("ck_attachments_size"), type_="check")
        batch_op.drop_constraint(op.f("ck_attachments_sealed"), type_="check")
        batch_op.drop_constraint(op.f("ck_attachments_owner"), type_="check")
        batch_op.drop_constraint(op.f("uq_attachments_stored_as"), type_="unique")
        batch_op.drop_constraint(op.f("fk_attachments_draft_id"), type_="foreignkey")
        batch_op.alter_column("message_id", existing_type=sa.String(length=36), nullable=False)
        batch_op.drop_column("sha256")
        batch_op.drop_column("draft_id")

    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_drafts_user_id_lead_id_channel"), type_="unique")
        batch_op.drop_constraint(op.f("pk_drafts"), type_="primary")
        batch_op.create_primary_key(op.f("pk_drafts"), list(KEY))
        batch_op.drop_column("id")


def _name_drafts():
    """Give each draft there is its id."""
    connection = op.get_bind()
    drafts = sa.table("drafts", sa.column("id"), *(sa.column(name) for name in KEY))
    for row in connection.execute(sa.select(*(drafts.c[name] for name in KEY))).all():
        is_it = sa.and_(*(drafts.c[name] == value for name, value in zip(KEY, row, strict=True)))
        connection.execute(sa.update(drafts).where(is_it).values(id=str(uuid4())))
