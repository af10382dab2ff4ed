"""Sending windows: quiet hours and sending days per channel, the gap between two messages, and what a late step does.

Columns are added and dropped by plain statements: a batch would copy the messages, which may be millions.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXTS = ("sms", "whatsapp")  # the channels that quiet hours held
EVERY_DAY = 127
CHOICE = """
    ALTER TABLE messages ADD COLUMN when_late VARCHAR(12) DEFAULT 'next_window' NOT NULL
    CONSTRAINT ck_messages_when_late CHECK (when_late IN ('next_window', 'skip'))
"""
CHOICE_OF_STEPS = """
    ALTER TABLE flow_steps ADD COLUMN when_late VARCHAR(12) DEFAULT 'next_window' NOT NULL
    CONSTRAINT ck_flow_steps_when_late CHECK (when_late IN ('next_window', 'skip'))
"""
CHOICE_OF_REWORDED_STEPS = """
    ALTER TABLE reworded_steps ADD COLUMN when_late VARCHAR(12) DEFAULT 'next_window' NOT NULL
    CONSTRAINT ck_reworded_steps_when_late CHECK (when_late IN ('next_window', 'skip'))
"""
GAP = """
    ALTER TABLE organizations ADD COLUMN message_gap_minutes INTEGER DEFAULT 0 NOT NULL
    CONSTRAINT ck_organizations_message_gap CHECK (message_gap_minutes BETWEEN 0 AND 10080)
"""

organizations = sa.table(
    "organizations", sa.column("id"), sa.column("quiet_from", sa.Time()), sa.column("quiet_until", sa.Time())
)
windows = sa.table(
    "sending_windows",
    sa.column("organization_id"),
    sa.column("channel"),
    sa.column("quiet_from", sa.Time()),
    sa.column("quiet_until", sa.Time()),
    sa.column("days"),
)


def upgrade() -> None:
    op.create_table(
        "sending_windows",
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=False),
        sa.Column("quiet_until", sa.Time(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms', 'whatsapp')", name=op.f("ck_sending_windows_channel")),
        sa.CheckConstraint("days BETWEEN 1 AND 127", name=op.f("ck_sending_windows_days")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_sending_windows_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "channel", name=op.f("pk_sending_windows")),
    )
    for channel in TEXTS:
        columns = ("organization_id", "channel", "quiet_from", "quiet_until", "days")
        kept = sa.select(
            organizations.c.id,
            sa.literal(channel),
            organizations.c.quiet_from,
            organizations.c.quiet_until,
            sa.literal(EVERY_DAY),
        )
        op.execute(windows.insert().from_select(list(columns), kept))
    op.execute("ALTER TABLE organizations DROP COLUMN quiet_from")
    op.execute("ALTER TABLE organizations DROP COLUMN quiet_until")
    for statement in (GAP, CHOICE, CHOICE_OF_STEPS, CHOICE_OF_REWORDED_STEPS):
        op.execute(statement)


def downgrade() -> None:
    for table in ("reworded_steps", "flow_steps", "messages"):
        with op.batch_alter_table(table, schema=None) as batch_op:  # a later migration may have made it anew
            batch_op.drop_constraint(op.f(f"ck_{table}_when_late"), type_="check")
            batch_op.drop_column("when_late")
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_organizations_message_gap"), type_="check")
        batch_op.drop_column("message_gap_minutes")
    op.execute("ALTER TABLE organizations ADD COLUMN quiet_from TIME DEFAULT '21:00:00.000000' NOT NULL")
    op.execute("ALTER TABLE organizations ADD COLUMN quiet_until TIME DEFAULT '08:00:00.000000' NOT NULL")
    for name in ("quiet_from", "quiet_until"):
        texts = sa.select(windows.c[name]).where(
            windows.c.organization_id == organizations.c.id, windows.c.channel == "sms"
        )
        op.execute(sa.update(organizations).where(texts.exists()).values({name: texts.scalar_subquery()}))
    op.drop_table("sending_windows")
