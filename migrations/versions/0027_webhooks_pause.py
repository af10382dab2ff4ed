"""Webhooks are paused by a restore as a kind of their own; where messages wait for a release now, webhooks do, too.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

CHANNELS = "'email', 'sms', 'whatsapp'"


def upgrade() -> None:
    _allow(f"{CHANNELS}, 'webhook'")
    op.execute(
        "INSERT INTO sending_pauses (organization_id, channel, backup_at, paused_at, paused_by)"
        " SELECT organization_id, 'webhook', max(backup_at), max(paused_at), max(paused_by)"
        " FROM sending_pauses WHERE released_at IS NULL GROUP BY organization_id"
    )


def downgrade() -> None:
    op.execute("DELETE FROM sending_pauses WHERE channel = 'webhook'")
    _allow(CHANNELS)


def _allow(kinds: str) -> None:
    with op.batch_alter_table("sending_pauses") as batch_op:
        batch_op.drop_constraint(op.f("ck_sending_pauses_channel"), type_="check")
        batch_op.create_check_constraint(op.f("ck_sending_pauses_channel"), f"channel IN ({kinds})")
