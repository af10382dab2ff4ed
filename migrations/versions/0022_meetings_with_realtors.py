"""Meetings with realtors: when they can be met, what is booked, the five minutes nobody else can have, invitations.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

from leadcrm.core.db import Moment

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ORIGINS = "'manual', 'follow_up', 'automation', 'flow', 'api', 'assistant', 'inbound'"
LIVE = sa.text("state = 'booked'")


def upgrade() -> None:
    _create_availabilities()
    _create_bookings()
    _create_booked_cells()
    op.add_column("messages", sa.Column("invitation", sa.Text(), nullable=True))
    _allow_origins(ORIGINS, f"{ORIGINS}, 'booking'")


def downgrade() -> None:
    op.execute("DELETE FROM messages WHERE origin = 'booking'")
    _allow_origins(f"{ORIGINS}, 'booking'", ORIGINS)
    op.drop_column("messages", "invitation")
    for table in ("booked_cells", "bookings", "availabilities"):
        op.drop_table(table)


def _create_availabilities() -> None:
    op.create_table(
        "availabilities",
        sa.Column("realtor_id", sa.String(length=36), nullable=False),
        sa.Column("week", sa.JSON(), nullable=False),
        sa.Column("meeting_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("notice_hours", sa.Integer(), nullable=False),
        sa.Column("days_ahead", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(
            "buffer_minutes BETWEEN 0 AND 240 AND buffer_minutes % 5 = 0", name=op.f("ck_availabilities_buffer")
        ),
        sa.CheckConstraint("days_ahead BETWEEN 1 AND 180", name=op.f("ck_availabilities_ahead")),
        sa.CheckConstraint(
            "meeting_minutes BETWEEN 5 AND 480 AND meeting_minutes % 5 = 0", name=op.f("ck_availabilities_meeting")
        ),
        sa.CheckConstraint("notice_hours BETWEEN 0 AND 336", name=op.f("ck_availabilities_notice")),
        _belongs_to("availabilities", "organization_id", "organizations"),
        _belongs_to("availabilities", "realtor_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availabilities")),
        sa.UniqueConstraint("realtor_id", name=op.f("uq_availabilities_realtor_id")),
    )


def _create_bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("realtor_id", sa.String(length=36), nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("canceled_at", Moment(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("(state = 'canceled') = (canceled_at IS NOT NULL)", name=op.f("ck_bookings_canceled")),
        sa.CheckConstraint("state IN ('booked', 'past', 'canceled')", name=op.f("ck_bookings_state")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_bookings_length")),
        _belongs_to("bookings", "lead_id", "leads"),
        _belongs_to("bookings", "organization_id", "organizations"),
        _belongs_to("bookings", "realtor_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_index("ix_bookings_lead", "bookings", ["lead_id", "starts_at", "id"])
    op.create_index("ix_bookings_realtor", "bookings", ["realtor_id", "starts_at", "id"])
    op.create_index("ix_bookings_team", "bookings", ["organization_id", "starts_at", "id"])
    op.create_index(
        "uq_bookings_live",
        "bookings",
        ["lead_id", "realtor_id"],
        unique=True,
        postgresql_where=LIVE,
        sqlite_where=LIVE,
    )


def _create_booked_cells() -> None:
    op.create_table(
        "booked_cells",
        sa.Column("realtor_id", sa.String(length=36), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        _belongs_to("booked_cells", "booking_id", "bookings"),
        _belongs_to("booked_cells", "organization_id", "organizations"),
        _belongs_to("booked_cells", "realtor_id", "users"),
        sa.PrimaryKeyConstraint("realtor_id", "cell", name=op.f("pk_booked_cells")),
    )
    op.create_index(op.f("ix_booked_cells_booking_id"), "booked_cells", ["booking_id"])


def _belongs_to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _allow_origins(old: str, new: str) -> None:
    """Let a message come from elsewhere, too. Its CHECK is all that changes: no row is looked at on SQLite."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_messages_origin"), "messages", type_="check")
        op.create_check_constraint(op.f("ck_messages_origin"), "messages", f"origin IN ({new})")
    else:
        _rewrite_schema("messages", f"origin IN ({old})", f"origin IN ({new})")


def _rewrite_schema(table: str, old: str, new: str) -> None:
    """SQLite's own way to let a CHECK allow more (lang_altertable.html): no message need be copied for it."""
    run = op.get_bind().exec_driver_sql
    run("PRAGMA writable_schema=ON")
    found = "type = 'table' AND name = ? AND instr(sql, ?) > 0"
    changed = run(f"UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE {found}", (old, new, table, old)).rowcount
    if changed != 1:
        raise RuntimeError(f"{table} has no such condition: {old}")
    run(f"PRAGMA schema_version={run('PRAGMA schema_version').scalar() + 1}")
    run("PRAGMA writable_schema=OFF")
