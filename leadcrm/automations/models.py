"""Rules, and what each of them did."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.core import clock
from leadcrm.core.db import Base, Identified, TenantOwned, Timestamped
from leadcrm.core.models import SERIAL
from leadcrm.leads.models import Lead

RUN_STATES = ("waiting", "done", "skipped", "failed")
LONGEST_DELAY_SECONDS = 90 * 86_400


class Automation(Identified, Timestamped, TenantOwned, Base):
    """When an event happens and conditions hold, after a delay, do actions."""

    __tablename__ = "automations"

    name: Mapped[str] = mapped_column(String(80))
    trigger: Mapped[str] = mapped_column(String(60))  # an event's name
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    delay_seconds: Mapped[int] = mapped_column(default=0)
    conditions: Mapped[list[dict[str, Any]]] = mapped_column(
        JSON, default=list
    )  # [{"field", "op", "value"}], all must hold
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # [{"kind", ...}], in order
    revision: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    deleted_at: Mapped[datetime | None]  # kept for its log, and for undo

    __mapper_args__ = {"version_id_col": revision}
    __table_args__ = (
        Index(
            "uq_automations_name",
            "organization_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            sqlite_where=text("deleted_at IS NULL"),
        ),
        CheckConstraint(f"delay_seconds BETWEEN 0 AND {LONGEST_DELAY_SECONDS}", name="delay"),
        Index("ix_automations_trigger", "organization_id", "trigger", "enabled"),
    )


class AutomationRun(Identified, Timestamped, TenantOwned, Base):
    """One event considered by one automation: what was done, or why nothing was."""

    __tablename__ = "automation_runs"

    automation_id: Mapped[str] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(SERIAL, ForeignKey("events.id"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime | None]  # waiting: when to look again
    reason: Mapped[str] = mapped_column(String(300), default="")
    details: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # one line per action
    depth: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)

    automation: Mapped[Automation] = relationship()
    lead: Mapped[Lead] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {RUN_STATES}", name="state"),
        CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name="waiting"),
        UniqueConstraint("event_id", "automation_id"),  # an event is considered once, however often it is delivered
        Index("ix_automation_runs_due", "due_at"),
        Index("ix_automation_runs_log", "automation_id", "created_at", "id"),
        Index("ix_automation_runs_lead", "lead_id", "created_at", "id"),
        Index("ix_automation_runs_state", "organization_id", "state", "created_at", "id"),
        Index("ix_automation_runs_newest", "organization_id", "created_at", "id"),  # the log of all
    )
