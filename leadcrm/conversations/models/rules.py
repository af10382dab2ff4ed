"""Words to reuse, and what keeps a message from leaving."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from leadcrm.conversations.models.words import CHANNELS, PAUSABLE, TEXTS, WHEN_LATE
from leadcrm.core import clock
from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, Timestamped
from leadcrm.core.indexes import only_where
from leadcrm.core.models import SERIAL

TEXTS_PER_DAY = 1000  # where nobody said otherwise


class Template(Identified, Timestamped, TenantOwned, Base):
    """Words to reuse, with merge fields."""

    __tablename__ = "templates"

    name: Mapped[str] = mapped_column(String(80))
    channel: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(500), default="")
    content: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str | None] = mapped_column(String(20))  # `follow_up` is the tick on the new-lead form
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    archived_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        UniqueConstraint("organization_id", "name"),
    )


class Suppression(Identified, Timestamped, TenantOwned, Base):
    """An address that must not be written to on a channel (`all` for every channel)."""

    __tablename__ = "suppressions"

    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(254))
    reason: Mapped[str] = mapped_column(String(60))  # unsubscribed, replied_stop, bounced, by_hand
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (UniqueConstraint("organization_id", "channel", "address"),)


class WithheldStep(TenantOwned, Base):
    """A step of a flow whose messages do not leave, however many still wait to be put aside."""

    __tablename__ = "withheld_steps"

    step_id: Mapped[str] = mapped_column(ForeignKey("flow_steps.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))


class ConditionalStep(TenantOwned, Base):
    """A step of a flow whose messages leave only if something holds of the lead then (see conditions.py)."""

    __tablename__ = "conditional_steps"

    step_id: Mapped[str] = mapped_column(ForeignKey("flow_steps.id", ondelete="CASCADE"), primary_key=True)
    only_if: Mapped[dict[str, Any]] = mapped_column(JSON)


class RewordedStep(TenantOwned, Base):
    """A step of a flow that was edited: some of its waiting copies do not say these words yet."""

    __tablename__ = "reworded_steps"

    step_id: Mapped[str] = mapped_column(ForeignKey("flow_steps.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int]  # of the step: the work is done when no copy is behind this one
    subject: Mapped[str] = mapped_column(String(500))
    content: Mapped[str] = mapped_column(Text)
    when_late: Mapped[str] = mapped_column(String(12), default=WHEN_LATE[0], server_default=WHEN_LATE[0])

    __table_args__ = (CheckConstraint(f"when_late IN {WHEN_LATE}", name="when_late"),)


class RetimedStep(TenantOwned, Base):
    """A step of a flow that was moved: its copies in passages behind `done_up_to` may stand at a time of before."""

    __tablename__ = "retimed_steps"

    step_id: Mapped[str] = mapped_column(ForeignKey("flow_steps.id", ondelete="CASCADE"), primary_key=True)
    done_up_to: Mapped[str] = mapped_column(String(ID_LENGTH), default="")  # id of an enrolment


class SendingWindow(TenantOwned, Base):
    """When a channel is open, by the lead's wall clock. A channel without a row has its default."""

    __tablename__ = "sending_windows"

    organization_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    quiet_from: Mapped[time]
    quiet_until: Mapped[time]  # half-open, over midnight when before `quiet_from`; equal: no quiet hours
    days: Mapped[int] = mapped_column(SmallInteger)  # a bit for each sending day: 1 is Monday, 64 is Sunday

    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint("days BETWEEN 1 AND 127", name="days"),  # never none: nothing would leave
    )


class TextBudget(TenantOwned, Base):
    """How many texts may leave on a channel in one day of the organization's, and how many did: each costs money."""

    __tablename__ = "text_budgets"

    organization_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    per_day: Mapped[int] = mapped_column(default=TEXTS_PER_DAY)
    day: Mapped[date]  # by the organization's calendar: the one `used` speaks of
    used: Mapped[int] = mapped_column(default=0)  # may be above `per_day` after that was lowered

    __table_args__ = (
        CheckConstraint(f"channel IN {TEXTS}", name="channel"),
        CheckConstraint("per_day >= 1", name="per_day"),
        CheckConstraint("used >= 0", name="used"),
    )


class ChannelPause(TenantOwned, Base):
    """A connection that answered `try later` too often waits; its messages are held without using tries."""

    __tablename__ = "channel_pauses"

    organization_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    paused_until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")


class Pace(TenantOwned, Base):
    """How fast a campaign's messages may leave on a channel, and why none may now.

    What would be too fast takes a place in a line; see conversations.pacing.
    """

    __tablename__ = "paces"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    per_hour: Mapped[int | None]  # None: as fast as the channel takes them
    free_at: Mapped[datetime] = mapped_column(default=clock.now)  # when the next would leave if they left evenly
    line_at: Mapped[datetime] = mapped_column(default=clock.now)  # the next place in the line
    halted: Mapped[str] = mapped_column(String(200), default="")  # why nothing leaves: paused, stopped

    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint("per_hour >= 1", name="per_hour"),
    )


class SendingPause(TenantOwned, Base):
    """After a restore nothing leaves on a channel, and no other program is told anything, until a person releases it.

    What the backup holds as due may have been sent since it was made. Closed pauses stay, as a record of who decided.
    """

    __tablename__ = "sending_pauses"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))  # one of PAUSABLE
    backup_at: Mapped[datetime]  # when the restored backup was made
    paused_at: Mapped[datetime]  # both by the real clock
    paused_by: Mapped[str] = mapped_column(String(80))  # the host's user who restored
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(String(60))  # an actor, as in events

    __table_args__ = (
        CheckConstraint(f"channel IN {PAUSABLE}", name="channel"),
        CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="released"),
        Index(  # one at a time; the last look before a message leaves
            "uq_sending_pauses_open", "organization_id", "channel", unique=True, **only_where("released_at IS NULL")
        ),
    )
