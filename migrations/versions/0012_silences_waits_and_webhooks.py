"""Automations: conditions in groups, waits between actions, silences as triggers, webhooks.

A flat list of conditions becomes a group of which all must hold, and the delay of a rule the first of its actions.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from leadcrm.core.db import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SILENT = ("quiet.no_reply", "quiet.no_answer", "quiet.no_activity")
LONGEST = 7_776_000
RULES = sa.table(
    "automations",
    sa.column("id", sa.String),
    sa.column("trigger", sa.String),
    sa.column("delay_seconds", sa.Integer),
    sa.column("conditions", sa.JSON),
    sa.column("actions", sa.JSON),
)
RUNS = sa.table(
    "automation_runs",
    sa.column("automation_id", sa.String),
    sa.column("state", sa.String),
    sa.column("created_at", Moment),
    sa.column("position", sa.Integer),
    sa.column("actions", sa.JSON),
    sa.column("waits_since", Moment),
)


def upgrade() -> None:
    with op.batch_alter_table("automation_runs", schema=None) as batch_op:
        batch_op.alter_column("event_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        batch_op.add_column(sa.Column("quiet_since", Moment(), nullable=True))
        batch_op.add_column(sa.Column("waits_since", Moment(), nullable=True))
        batch_op.add_column(sa.Column("position", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("actions", sa.JSON(), server_default="[]", nullable=False))
        batch_op.create_check_constraint(op.f("ck_automation_runs_position"), "position >= 0")
        batch_op.create_check_constraint(
            op.f("ck_automation_runs_cause"), "event_id IS NOT NULL OR quiet_since IS NOT NULL"
        )
        batch_op.create_unique_constraint(
            op.f("uq_automation_runs_automation_id_lead_id_quiet_since"), ["automation_id", "lead_id", "quiet_since"]
        )
    with op.batch_alter_table("automation_runs", schema=None) as batch_op:
        batch_op.alter_column("position", existing_type=sa.Integer(), server_default=None)
        batch_op.alter_column("actions", existing_type=sa.JSON(), server_default=None)
    _rewrite_rules()
    with op.batch_alter_table("automations", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_automations_delay"), type_="check")
        batch_op.alter_column("delay_seconds", existing_type=sa.Integer(), new_column_name="quiet_seconds")
        batch_op.add_column(sa.Column("watched_from", Moment(), nullable=True))
        batch_op.add_column(sa.Column("webhook_secret", sa.LargeBinary(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_automations_quiet"), f"quiet_seconds BETWEEN 0 AND {LONGEST}")
        batch_op.create_check_constraint(op.f("ck_automations_silence"), f"(trigger IN {SILENT}) = (quiet_seconds > 0)")
        batch_op.create_check_constraint(
            op.f("ck_automations_watched"), "(trigger = 'quiet.no_activity') = (watched_from IS NOT NULL)"
        )
    op.create_table(
        "webhook_calls",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("automation_id", sa.String(length=36), nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=300), nullable=False),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name=op.f("ck_webhook_calls_state")),
        sa.CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name=op.f("ck_webhook_calls_due")),
        sa.CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name=op.f("ck_webhook_calls_settled")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["automation_runs.id"], name=op.f("fk_webhook_calls_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["automation_id"], ["automations.id"], name=op.f("fk_webhook_calls_automation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_webhook_calls_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_webhook_calls_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_calls")),
        sa.UniqueConstraint("run_id", "position", name=op.f("uq_webhook_calls_run_id_position")),
    )
    with op.batch_alter_table("webhook_calls", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_calls_lead", ["lead_id"], unique=False)
        batch_op.create_index(
            "ix_webhook_calls_due",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("due_at IS NOT NULL"),
            sqlite_where=sa.text("due_at IS NOT NULL"),
        )


def downgrade() -> None:
    """Waits in the middle and groups are beyond the older version: its rules then act at once, on all conditions."""
    op.drop_table("webhook_calls")
    op.execute(RULES.delete().where(RULES.c.trigger.in_(SILENT)))
    with op.batch_alter_table("automations", schema=None) as batch_op:
        for name in ("watched", "silence", "quiet"):
            batch_op.drop_constraint(op.f(f"ck_automations_{name}"), type_="check")
        batch_op.drop_column("webhook_secret")
        batch_op.drop_column("watched_from")
        batch_op.alter_column("quiet_seconds", existing_type=sa.Integer(), new_column_name="delay_seconds")
        batch_op.create_check_constraint(op.f("ck_automations_delay"), f"delay_seconds BETWEEN 0 AND {LONGEST}")
    connection = op.get_bind()
    for rule in connection.execute(sa.select(RULES)).all():
        waits = [action["seconds"] for action in rule.actions[:1] if action["kind"] == "wait"]
        actions = [action for action in rule.actions if action["kind"] != "wait"]
        values = {"conditions": rule.conditions.get("all", []), "actions": actions, "delay_seconds": sum(waits)}
        connection.execute(RULES.update().where(RULES.c.id == rule.id).values(values))
    op.execute("DELETE FROM automation_runs WHERE event_id IS NULL")
    with op.batch_alter_table("automation_runs", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_automation_runs_automation_id_lead_id_quiet_since"), type_="unique")
        batch_op.drop_constraint(op.f("ck_automation_runs_cause"), type_="check")
        batch_op.drop_constraint(op.f("ck_automation_runs_position"), type_="check")
        for name in ("actions", "position", "waits_since", "quiet_since"):
            batch_op.drop_column(name)
        batch_op.alter_column(
            "event_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        )


def _rewrite_rules() -> None:
    """Runs that wait go on where they are: behind the wait that their rule now begins with."""
    connection = op.get_bind()
    for rule in connection.execute(sa.select(RULES)).all():
        actions = rule.actions
        if rule.delay_seconds:
            actions = [{"kind": "wait", "seconds": rule.delay_seconds, "stops_on_reply": False}, *actions]
            waiting = RUNS.update().where(RUNS.c.automation_id == rule.id, RUNS.c.state == "waiting")
            connection.execute(waiting.values(actions=actions, position=1, waits_since=RUNS.c.created_at))
        values = {"conditions": {"all": rule.conditions}, "actions": actions, "delay_seconds": 0}
        connection.execute(RULES.update().where(RULES.c.id == rule.id).values(values))
