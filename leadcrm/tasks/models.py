"""Tasks: what a person of the team is to do for a lead, and by when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.core.db import Base, Identified, TenantOwned, Timestamped
from leadcrm.core.indexes import only_where
from leadcrm.identity.models import User
from leadcrm.leads.models import PRIORITIES, Lead

KINDS = ("call", "email", "meeting", "other")
STATES = ("open", "done", "canceled")
ORIGINS = ("hand", "flow", "automation")


class Task(Identified, Timestamped, TenantOwned, Base):
    """One thing to do for a lead by a moment; seen by whoever sees the lead."""

    __tablename__ = "tasks"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime]
    priority: Mapped[str] = mapped_column(String(10))
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default="open")
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    origin: Mapped[str] = mapped_column(String(12), default="hand")
    intent_key: Mapped[str | None] = mapped_column(String(160))  # of what asked for it: asked twice, made once
    tell_at: Mapped[datetime | None]  # when somebody is to be told that it is due; None when they were, or it is closed
    revision: Mapped[int] = mapped_column(default=1)

    lead: Mapped[Lead] = relationship()
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])
    done_by: Mapped[User | None] = relationship(foreign_keys=[done_by_id])

    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"priority IN {PRIORITIES}", name="priority"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(f"origin IN {ORIGINS}", name="origin"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done"),
        CheckConstraint("tell_at IS NULL OR (state = 'open' AND tell_at = due_at)", name="told"),
        CheckConstraint("origin = 'hand' OR intent_key IS NOT NULL", name="machine_has_a_key"),
        Index("uq_tasks_intent", "organization_id", "intent_key", unique=True, **only_where("intent_key IS NOT NULL")),
        Index("ix_tasks_team", "organization_id", "state", "due_at", "id"),  # the team's list, and the API's
        Index("ix_tasks_assignee", "assignee_id", "state", "due_at", "id"),  # my day, and the number in the sidebar
        Index("ix_tasks_lead", "lead_id", "state", "due_at", "id"),  # a lead's tasks
        Index("ix_tasks_done", "done_by_id", "done_at", "id", **only_where("done_at IS NOT NULL")),  # what I have done
        Index("ix_tasks_untold", "tell_at", **only_where("tell_at IS NOT NULL")),  # the job that tells
    )
