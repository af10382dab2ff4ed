"""Messages from plan to delivery, with their attempts and files."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.conversations.models.words import (
    CHANNELS,
    INSIDE,
    LARGEST_FILE,
    ORIGINS,
    STATUSES,
    WHEN_LATE,
)
from leadcrm.core import clock
from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, Timestamped
from leadcrm.core.indexes import only_where, only_where_true
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead


class Message(Identified, Timestamped, TenantOwned, Base):
    """One thing said to or by a lead on a channel, one row from plan to delivery.

    So is what a flow does in the house at its time (channels INSIDE): planned, moved and dropped like what it says.
    """

    __tablename__ = "messages"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(10))
    direction: Mapped[str] = mapped_column(String(10), default="outbound")
    origin: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(10), default="scheduled")
    reason: Mapped[str] = mapped_column(String(200), default="")  # why it is held, skipped, canceled, failed, unknown
    subject: Mapped[str] = mapped_column(String(500), default="")  # a template's until rendered, then what was said
    content: Mapped[str] = mapped_column(Text)
    rendered: Mapped[bool] = mapped_column(Boolean, default=False)  # by the first attempt; later ones say the same
    when_late: Mapped[str] = mapped_column(String(12), default=WHEN_LATE[0], server_default=WHEN_LATE[0])
    at_any_hour: Mapped[bool] = mapped_column(Boolean, default=False)  # a person waived the quiet hours
    withdrawn: Mapped[str] = mapped_column(String(200), default="")  # dropped while on its way: why not to try again
    html: Mapped[str | None] = mapped_column(Text)  # inbound only, sanitised
    quoted: Mapped[str] = mapped_column(Text, default="")  # inbound: the folded earlier text
    invitation: Mapped[str | None] = mapped_column(Text)  # an iCalendar object that goes with the mail
    address: Mapped[str] = mapped_column(String(254), default="")  # the lead's, as used
    scheduled_for: Mapped[datetime] = mapped_column(default=clock.now)  # when it is meant to leave
    due_at: Mapped[datetime | None]  # next look of the drain, while scheduled or held
    useful_until: Mapped[datetime | None]
    position_at: Mapped[datetime] = mapped_column(default=clock.now)  # place in the thread: sent, received, called off
    sent_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]  # by the lead, as far as we may know and can tell
    clicked_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # kept while unknown: its holder may yet tell
    lease_until: Mapped[datetime | None]  # by the real clock, while claimed or sending
    sandbox: Mapped[bool] = mapped_column(Boolean, default=False)
    provider_message_id: Mapped[str | None] = mapped_column(String(255))
    external_id: Mapped[str | None] = mapped_column(String(255))  # the provider's; of our own mails the Message-ID
    in_reply_to: Mapped[str | None] = mapped_column(String(255))
    intent_key: Mapped[str] = mapped_column(String(120))  # the same intent is said once, for ever
    enrolment_id: Mapped[str | None] = mapped_column(ForeignKey("enrolments.id", ondelete="CASCADE"))
    step_id: Mapped[str | None] = mapped_column(ForeignKey("flow_steps.id"))
    automation_id: Mapped[str | None] = mapped_column(ForeignKey("automations.id", ondelete="SET NULL"))
    campaign_id: Mapped[str | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    lead: Mapped[Lead] = relationship()
    author: Mapped[User | None] = relationship()
    attachments: Mapped[list["Attachment"]] = relationship(order_by="Attachment.id")

    __table_args__ = (
        CheckConstraint(f"channel IN {(*CHANNELS, *INSIDE)}", name="channel"),
        CheckConstraint("direction IN ('inbound', 'outbound')", name="direction"),
        CheckConstraint(f"origin IN {ORIGINS}", name="origin"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint(f"when_late IN {WHEN_LATE}", name="when_late"),
        CheckConstraint("(direction = 'inbound') = (status = 'received')", name="inbound_received"),
        CheckConstraint("(status IN ('scheduled', 'held')) = (due_at IS NOT NULL)", name="due"),
        CheckConstraint("(status IN ('claimed', 'sending')) = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("(status IN ('claimed', 'sending')) <= (claim_token IS NOT NULL)", name="claimed"),
        CheckConstraint(
            "(claim_token IS NOT NULL) <= (status IN ('claimed', 'sending', 'unknown'))", name="claim_token"
        ),
        CheckConstraint("(status IN ('sent', 'delivered', 'read')) <= (sent_at IS NOT NULL)", name="sent_at"),
        UniqueConstraint("organization_id", "intent_key"),
        Index(  # F3, D4: one message per lead, step and enrolment, for ever; of these alone, or SQLite shuns it
            "uq_messages_passage", "enrolment_id", "step_id", unique=True, **only_where("enrolment_id IS NOT NULL")
        ),
        Index(
            "ix_messages_due", "organization_id", "channel", "due_at", **only_where("due_at IS NOT NULL")
        ),  # the claim
        Index("ix_messages_leased", "lease_until", **only_where("lease_until IS NOT NULL")),  # the sweep
        Index("ix_messages_thread", "lead_id", "channel", "position_at", "id"),  # a thread, newest first
        Index("ix_messages_newest", "organization_id", "created_at", "id"),  # the API's list
        Index("ix_messages_channel", "organization_id", "channel", "created_at", "id"),  # the same, filtered
        Index("ix_messages_origin", "organization_id", "origin", "created_at", "id"),
        Index("ix_messages_sandbox", "organization_id", "conversation_id", **only_where_true("sandbox")),
        Index("ix_messages_status", "organization_id", "status", "created_at", "id"),  # unknown, failed
        Index("ix_messages_conversation", "conversation_id", "direction", "position_at"),  # unread counts
        Index(  # per-step counts, and switches
            "ix_messages_step", "organization_id", "step_id", "status", "reason", "scheduled_for"
        ),
        Index(  # per-step counts of those that were clicked
            "ix_messages_clicked", "organization_id", "step_id", **only_where("clicked_at IS NOT NULL")
        ),
        Index(
            "uq_messages_external",
            "organization_id",
            "channel",
            "external_id",
            unique=True,
            **only_where("direction = 'inbound'"),
        ),
        Index("ix_messages_reference", "external_id"),  # threading: reply to one of ours
        Index(  # a campaign's results, and what it has to let go on after a pause
            "ix_messages_campaign",
            "campaign_id",
            "status",
            "reason",
            "scheduled_for",
            "id",
            **only_where("campaign_id IS NOT NULL"),
        ),
        Index(  # the leads who followed one of its links
            "ix_messages_campaign_clicked",
            "campaign_id",
            "lead_id",
            **only_where("campaign_id IS NOT NULL AND clicked_at IS NOT NULL"),
        ),
    )


class Attempt(TenantOwned, Base):
    """One call to the outside for a message: written before the first byte, closed by the outcome (R12)."""

    __tablename__ = "attempts"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))  # sent, refused, try_later, unknown
    detail: Mapped[str] = mapped_column(String(500), default="")


class Attachment(Identified, TenantOwned, Base):
    """A file of a message, or of the draft that becomes one; its bytes lie under the uploads folder by our own name."""

    __tablename__ = "attachments"

    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    draft_id: Mapped[str | None] = mapped_column(ForeignKey("drafts.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str | None] = mapped_column(String(64))  # of what we send, checked before it leaves
    stored_as: Mapped[str] = mapped_column(String(80), unique=True)  # else who removes one removes another's bytes

    __table_args__ = (
        CheckConstraint("(message_id IS NULL) = (draft_id IS NOT NULL)", name="owner"),
        CheckConstraint("(draft_id IS NOT NULL) <= (sha256 IS NOT NULL)", name="sealed"),
        CheckConstraint(f"size BETWEEN 0 AND {LARGEST_FILE}", name="size"),
    )
