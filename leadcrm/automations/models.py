"""Rules, what each of them did, and what it tells other programs."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.accounts.models import Account
from leadcrm.core import clock
from leadcrm.core.db import Base, Identified, TenantOwned, Timestamped, encrypted_for
from leadcrm.core.indexes import only_where
from leadcrm.core.models import SERIAL
from leadcrm.leads.models import Lead

RUN_STATES = ("waiting", "done", "skipped", "failed")
CALL_STATES = ("waiting", "delivered", "failed")
SILENT_TRIGGERS = ("quiet.no_reply", "quiet.no_answer", "quiet.no_activity")
LONGEST_WAIT_SECONDS = 90 * 86_400
LONGEST_URL = 500


class Automation(Identified, Timestamped, TenantOwned, Base):
    """When an event happens, or does not for a while, and conditions hold, do actions with waits between them."""

    __tablename__ = "automations"

    name: Mapped[str] = mapped_column(String(80))
    trigger: Mapped[str] = mapped_column(String(60))  # an event's name, or a silence
    quiet_seconds: Mapped[int] = mapped_column(default=0)  # how long, of a trigger that is a silence
    watched_from: Mapped[datetime | None]  # of one the clock looks for: crossings up to here were seen
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON, default=lambda: {"all": []})  # a group of conditions.py
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # [{"kind", ...}], in order
    webhook_secret: Mapped[bytes | None] = mapped_column(LargeBinary, info=encrypted_for("webhook secret"))
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
            **only_where("deleted_at IS NULL"),
        ),
        CheckConstraint(f"quiet_seconds BETWEEN 0 AND {LONGEST_WAIT_SECONDS}", name="quiet"),
        CheckConstraint(f"(trigger IN {SILENT_TRIGGERS}) = (quiet_seconds > 0)", name="silence"),
        CheckConstraint("(trigger = 'quiet.no_activity') = (watched_from IS NOT NULL)", name="watched"),
        Index("ix_automations_trigger", "organization_id", "trigger", "enabled"),
    )


class AutomationRun(Identified, Timestamped, TenantOwned, Base):
    """One event, or one stretch of silence, considered by one automation: what was done, or why nothing was.

    It is about a lead or, where nobody at an account can be reached, about the account; never about both, so that who
    may see it follows from one of them.
    """

    __tablename__ = "automation_runs"

    automation_id: Mapped[str] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(SERIAL, ForeignKey("events.id"))
    quiet_since: Mapped[datetime | None]  # what the silence is counted from: the same stretch is acted on once
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    hopes_for_lead: Mapped[bool] = mapped_column(Boolean, default=False)  # it begins when somebody can be reached
    state: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime | None]  # waiting: when to look again
    waits_since: Mapped[datetime | None]  # waiting: when this wait began
    position: Mapped[int] = mapped_column(default=0)  # the next action, by its place in `actions`
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # what a run in the middle goes on with
    reason: Mapped[str] = mapped_column(String(300), default="")
    details: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # one line per action
    depth: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)

    automation: Mapped[Automation] = relationship()
    lead: Mapped[Lead | None] = relationship()
    account: Mapped[Account | None] = relationship()
    calls: Mapped[list["WebhookCall"]] = relationship(order_by="WebhookCall.id", viewonly=True)

    __table_args__ = (
        CheckConstraint(f"state IN {RUN_STATES}", name="state"),
        CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name="waiting"),
        CheckConstraint("event_id IS NOT NULL OR quiet_since IS NOT NULL", name="cause"),
        CheckConstraint("(lead_id IS NULL) <> (account_id IS NULL)", name="about"),
        CheckConstraint("quiet_since IS NULL OR lead_id IS NOT NULL", name="silence"),
        CheckConstraint("NOT hopes_for_lead OR (state = 'skipped' AND account_id IS NOT NULL)", name="hope"),
        CheckConstraint("position >= 0", name="position"),
        UniqueConstraint("event_id", "automation_id"),  # an event is considered once, however often it is delivered
        UniqueConstraint("automation_id", "lead_id", "quiet_since"),  # and so is a silence
        Index("ix_automation_runs_due", "due_at"),
        Index("ix_automation_runs_log", "automation_id", "created_at", "id"),
        Index("ix_automation_runs_lead", "lead_id", "created_at", "id"),
        Index(  # an account's log, the guard against loops, and what goes with the account
            "ix_automation_runs_account",
            "account_id",
            "created_at",
            "id",
            **only_where("account_id IS NOT NULL"),
        ),
        Index("ix_automation_runs_state", "organization_id", "state", "created_at", "id"),
        Index("ix_automation_runs_newest", "organization_id", "created_at", "id"),  # the log of all
        Index("ix_automation_runs_counts", "organization_id", "automation_id", "state", "created_at"),
    )

    @property
    def subject(self) -> Lead | Account:
        """Whom it is about."""
        return self.lead or self.account

    @property
    def page(self) -> str:
        """Where they are."""
        return f"/leads/{self.lead_id}" if self.lead_id else f"/accounts/{self.account_id}"

    @property
    def reason_is_told(self) -> bool:
        """Whether the lines of the actions say it already."""
        return any(line["state"] != "done" and self.reason.startswith(line["text"]) for line in self.details)


class WebhookCall(Identified, Timestamped, TenantOwned, Base):
    """One thing another program is told, until it has said that it heard. Times by the real clock."""

    __tablename__ = "webhook_calls"

    run_id: Mapped[str] = mapped_column(ForeignKey("automation_runs.id", ondelete="CASCADE"))
    automation_id: Mapped[str] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"))
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))  # the run's, then
    position: Mapped[int]  # of the action in its run: it is told once
    url: Mapped[str] = mapped_column(String(LONGEST_URL))
    body: Mapped[str] = mapped_column(Text)  # JSON, as it was when the rule ran
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    due_at: Mapped[datetime | None] = mapped_column(default=clock.real_now)  # next try; while one is made, its lease
    tries: Mapped[int] = mapped_column(default=0)  # each counted before it is made
    answer: Mapped[str] = mapped_column(String(300), default="")  # of the last try: what they said, or what went wrong
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"state IN {CALL_STATES}", name="state"),
        CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name="due"),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
        UniqueConstraint("run_id", "position"),
        Index(
            "ix_webhook_calls_due",  # the drain
            "due_at",
            **only_where("due_at IS NOT NULL"),
        ),
        Index("ix_webhook_calls_lead", "lead_id"),  # a person's erasure and export
    )

    @property
    def host(self) -> str | None:
        """Who is told, for readers: whoever knows the whole address may often tell them things, too."""
        return urlsplit(self.url).hostname
