"""Flows, their steps, and the leads inside them."""

from datetime import datetime, time
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.conversations.models import WHEN_LATE
from leadcrm.core import clock
from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, Timestamped
from leadcrm.core.indexes import only_where
from leadcrm.leads.models import Lead

TRIGGERS = ("new_lead", "disqualified", "manual", "campaign")  # what lets leads in; a campaign's are its own
AUTOMATIC = ("new_lead", "disqualified")  # something happens to the lead: one flow of each may be on
STEP_TYPES = ("email", "text", "whatsapp", "task", "notify")
CHANNEL_OF_TYPE = {"email": "email", "text": "sms", "whatsapp": "whatsapp", "task": "task", "notify": "notify"}
INSIDE_TYPES = ("task", "notify")  # done in the house, not said to the lead
TIME_TYPES = ("immediately", "specific")
ENROLMENT_STATES = ("running", "finished", "exited")
CAMPAIGN_AUDIENCES = ("leads", "contacts")
CAMPAIGN_STATES = ("draft", "scheduled", "enrolling", "running", "paused", "stopped", "done")
AUDIENCES = ("new", "running")  # whom a publication's new and moved steps concern
LAST_DAY = 365


class Flow(Identified, Timestamped, TenantOwned, Base):
    """A timed sequence of messages."""

    __tablename__ = "flows"

    name: Mapped[str] = mapped_column(String(80))
    trigger: Mapped[str] = mapped_column(String(20), default="new_lead")
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    version: Mapped[int] = mapped_column(default=1)  # grows with every change of a step
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)

    steps: Mapped[list["FlowStep"]] = relationship(
        order_by="FlowStep.day, FlowStep.time.is_not(None), FlowStep.time, FlowStep.created_at, FlowStep.id",
        primaryjoin="and_(Flow.id == FlowStep.flow_id, FlowStep.deleted_at.is_(None))",
        viewonly=True,
    )

    __table_args__ = (
        CheckConstraint(f"trigger IN {TRIGGERS}", name="trigger"),
        UniqueConstraint("organization_id", "name"),
        Index(  # a lead enters one welcome flow, never two
            "uq_flows_automatic",
            "organization_id",
            "trigger",
            unique=True,
            **only_where(f"enabled AND trigger IN {AUTOMATIC}"),
        ),
    )


class FlowStep(Identified, Timestamped, TenantOwned, Base):
    """One message of a flow, or one thing for the team: Day N of a passage, immediately or at a wall time of the lead.

    Its row is kept when it is deleted, because messages name it.
    """

    __tablename__ = "flow_steps"

    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(500), default="")
    content: Mapped[str] = mapped_column(Text)
    day: Mapped[int]
    time: Mapped[time | None]  # None: immediately
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    greets: Mapped[bool] = mapped_column(
        Boolean, default=False
    )  # the lead's first hello: shared with automations, said once
    when_late: Mapped[str] = mapped_column(String(12), default=WHEN_LATE[0], server_default=WHEN_LATE[0])
    only_if: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # see conversations.conditions
    revision: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]  # came back into the flow then; what was put aside before stays aside

    __mapper_args__ = {"version_id_col": revision}
    __table_args__ = (
        CheckConstraint(f"type IN {STEP_TYPES}", name="type"),
        CheckConstraint(f"day BETWEEN 0 AND {LAST_DAY}", name="day"),
        CheckConstraint(f"when_late IN {WHEN_LATE}", name="when_late"),
        CheckConstraint("type <> 'email' OR subject <> ''", name="subject"),
        Index("ix_flow_steps_flow", "flow_id", "day", "time"),
    )

    @property
    def time_type(self) -> str:
        return "immediately" if self.time is None else "specific"


class FlowSettling(TenantOwned, Base):
    """Work left of a switch: waiting messages that the worker still has to put aside or take back."""

    __tablename__ = "flow_settlings"

    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime] = mapped_column(default=clock.now)  # what was still ahead then is taken back
    actor: Mapped[str] = mapped_column(String(60))  # who hears of the end
    skipped: Mapped[int] = mapped_column(default=0)
    resumed: Mapped[int] = mapped_column(default=0)


class FlowDraft(TenantOwned, Base):
    """What people are changing about a flow and have not published.

    The row stays when there is nothing drafted (`document` is None), so that no revision is ever given twice.
    """

    __tablename__ = "flow_drafts"

    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"), primary_key=True)
    document: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    revision: Mapped[int] = mapped_column(default=0)  # grows with every save
    position: Mapped[int] = mapped_column(default=0)  # the last change that holds; those behind it can be redone
    base_version: Mapped[int]  # what was published when it was begun
    author: Mapped[str] = mapped_column(String(60))  # an actor, as in events: who saved last
    begun_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (CheckConstraint("revision >= 0 AND position >= 0", name="counts"),)


class FlowDraftChange(TenantOwned, Base):
    """One save of a draft, to be undone and redone."""

    __tablename__ = "flow_draft_changes"

    flow_id: Mapped[str] = mapped_column(ForeignKey("flow_drafts.flow_id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(Text)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # with what was before and after, see changes.Change
    author: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (CheckConstraint("n >= 1", name="n"),)


class FlowVersion(TenantOwned, Base):
    """What was published: the flow as a document, what was different from the version before, whom it concerned.

    Until `settled_at` the worker is still bringing the leads inside in line with it, up to `done_up_to` so far.
    """

    __tablename__ = "flow_versions"

    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # see changes.Change
    author: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    audience: Mapped[str] = mapped_column(String(10), default="new")
    done_up_to: Mapped[str] = mapped_column(String(ID_LENGTH), default="")  # id of an enrolment
    settled_at: Mapped[datetime | None]
    gained: Mapped[int] = mapped_column(default=0)  # messages of leads inside
    lost: Mapped[int] = mapped_column(default=0)
    moved: Mapped[int] = mapped_column(default=0)
    reworded: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(f"audience IN {AUDIENCES}", name="audience"),
        Index(  # one at a time; what the worker has to do
            "uq_flow_versions_unsettled", "flow_id", unique=True, **only_where("settled_at IS NULL")
        ),
    )


class Enrolment(Identified, TenantOwned, Base):
    """One passage of a lead through a flow, timed by the lead's zone as it was at the start."""

    __tablename__ = "enrolments"

    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(default=1)  # a second passage is a person's decision
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    timezone: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10), default="running")
    exit_reason: Mapped[str] = mapped_column(String(60), default="")
    ended_at: Mapped[datetime | None]
    last_message_at: Mapped[datetime] = mapped_column(default=clock.now)  # of the plan
    days_behind: Mapped[int] = mapped_column(default=0, server_default="0")  # since its campaign's pauses
    replied_step_id: Mapped[str | None] = mapped_column(ForeignKey("flow_steps.id"))  # last sent before the first reply
    campaign_id: Mapped[str | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"))

    lead: Mapped[Lead] = relationship()
    flow: Mapped[Flow] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {ENROLMENT_STATES}", name="state"),
        CheckConstraint("days_behind >= 0", name="behind"),
        UniqueConstraint("flow_id", "lead_id", "number"),
        Index("ix_enrolments_lead", "lead_id", "state"),
        Index("ix_enrolments_flow", "flow_id", "state", "id"),
        Index("ix_enrolments_ending", "last_message_at", **only_where("state = 'running'")),  # the sweep
        Index(  # how many replied to a step, and who
            "ix_enrolments_replied", "replied_step_id", "id", **only_where("replied_step_id IS NOT NULL")
        ),
        Index(  # a campaign's results, and whom it has to let go of
            "ix_enrolments_campaign",
            "campaign_id",
            "state",
            "exit_reason",
            "id",
            **only_where("campaign_id IS NOT NULL"),
        ),
    )


class Campaign(Identified, Timestamped, TenantOwned, Base):
    """A segment of the leads that enters a flow together, at a moment and a pace somebody chose.

    The worker lets them in batch by batch; `cursor` is how far it came through the segment, newest lead first.
    """

    __tablename__ = "campaigns"

    name: Mapped[str] = mapped_column(String(80))
    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id"))  # of trigger `campaign`: it says one message, to all
    audience: Mapped[str] = mapped_column(String(10), default="leads", server_default="leads")
    segment: Mapped[dict[str, Any]] = mapped_column(JSON)  # see leads.data.Filters, or accounts.data.ContactFilters
    segment_words: Mapped[str] = mapped_column(Text)  # the same as it was read
    state: Mapped[str] = mapped_column(String(10), default="draft")
    note: Mapped[str] = mapped_column(String(200), default="")  # why it is paused, if nobody paused it
    author: Mapped[str] = mapped_column(String(60))  # an actor, as in events: who hears how it goes
    starts_at: Mapped[datetime | None]  # None: as soon as somebody starts it
    began_at: Mapped[datetime | None]  # who became a lead later is not in the segment
    enrolled_at: Mapped[datetime | None]  # when the last of the segment was looked at
    settled_at: Mapped[datetime | None]  # when nothing was left to do
    cursor: Mapped[str | None] = mapped_column(String(300))
    matching: Mapped[int] = mapped_column(default=0)  # leads in the segment when it began
    entered: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)  # words → leads that did not enter
    lets_held_go: Mapped[bool] = mapped_column(Boolean, default=False)  # after a pause, until all of them are let go
    revision: Mapped[int] = mapped_column(default=1)

    flow: Mapped[Flow] = relationship()

    __mapper_args__ = {"version_id_col": revision}
    __table_args__ = (
        CheckConstraint(f"state IN {CAMPAIGN_STATES}", name="state"),
        CheckConstraint(f"audience IN {CAMPAIGN_AUDIENCES}", name="audience"),
        CheckConstraint("(state = 'enrolling') <= (began_at IS NOT NULL AND enrolled_at IS NULL)", name="enrolling"),
        CheckConstraint("(state IN ('running', 'done')) <= (enrolled_at IS NOT NULL)", name="running"),
        CheckConstraint("(state = 'done') <= (settled_at IS NOT NULL)", name="done"),
        CheckConstraint("(state = 'scheduled') <= (starts_at IS NOT NULL)", name="scheduled"),
        UniqueConstraint("organization_id", "name"),
        Index("ix_campaigns_newest", "organization_id", "created_at", "id"),  # the list
        Index(  # what the worker has to look after
            "ix_campaigns_under_way", "state", "starts_at", **only_where("settled_at IS NULL")
        ),
    )

    @property
    def edition(self) -> str:
        """Another one after every change of the campaign or of what its flow says."""
        return f"{self.revision}.{self.flow.version}"
