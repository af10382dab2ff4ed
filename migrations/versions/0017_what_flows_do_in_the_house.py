"""What flows do in the house: steps may be tasks and notices, planned among the messages.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STEPS = ("flow_steps", "type", "'email', 'text', 'whatsapp'", "'email', 'text', 'whatsapp', 'task', 'notify'")
MESSAGES = ("messages", "channel", "'email', 'sms', 'whatsapp'", "'email', 'sms', 'whatsapp', 'task', 'notify'")


def upgrade() -> None:
    for table, column, old, new in (STEPS, MESSAGES):
        _allow(table, column, old, new)


def downgrade() -> None:
    op.execute("DELETE FROM messages WHERE channel IN ('task', 'notify')")
    op.execute("DELETE FROM flow_steps WHERE type IN ('task', 'notify')")
    for table, column, old, new in (STEPS, MESSAGES):
        _allow(table, column, new, old)


def _allow(table: str, column: str, old: str, new: str) -> None:
    """Let a column hold other words. Its CHECK is all that changes: no row is looked at on SQLite, none rewritten."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({new})")
    else:
        _rewrite_schema(table, f"{column} IN ({old})", f"{column} IN ({new})")


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
