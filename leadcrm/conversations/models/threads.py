"""Conversations, how far each person has read them, and what they are typing."""

import base64
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.conversations.models.words import CHANNELS, THREAD_STATUSES
from leadcrm.core import clock
from leadcrm.core.db import Base, Identified, TenantOwned, Timestamped
from leadcrm.core.indexes import only_where
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead

if TYPE_CHECKING:
    from leadcrm.conversations.models.messages import Attachment


def new_reply_token() -> str:
    """80 random bits in lower-case letters and digits, which survive any mail server in an address."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


class Conversation(Identified, Timestamped, TenantOwned, Base):
    """The messages of one lead on one channel; exists from the first message on."""

    __tablename__ = "conversations"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10), default="open")
    snoozed_until: Mapped[datetime | None]
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    last_message_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_inbound_at: Mapped[datetime | None]
    last_direction: Mapped[str] = mapped_column(String(10), default="outbound")
    snippet: Mapped[str] = mapped_column(String(200), default="")
    revision: Mapped[int] = mapped_column(default=1)  # grows with every visible change; live updates ask for it
    reply_token: Mapped[str] = mapped_column(String(16), unique=True, default=new_reply_token)  # in Reply-To addresses

    lead: Mapped[Lead] = relationship()
    assignee: Mapped[User | None] = relationship()

    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint(f"status IN {THREAD_STATUSES}", name="status"),
        CheckConstraint("(status = 'snoozed') = (snoozed_until IS NOT NULL)", name="snooze"),
        UniqueConstraint("lead_id", "channel"),
        Index("ix_conversations_queue", "organization_id", "status", "last_message_at", "id"),
        Index("ix_conversations_mine", "organization_id", "assignee_id", "status", "last_message_at", "id"),
        Index(  # the sidebar's unread
            "ix_conversations_answered",
            "organization_id",
            "assignee_id",
            "status",
            "last_inbound_at",
            "id",
            **only_where("last_inbound_at IS NOT NULL"),
        ),
        Index("ix_conversations_all", "organization_id", "last_message_at", "id"),  # the API's list
        Index("ix_conversations_channel", "organization_id", "channel", "last_message_at", "id"),  # the same, filtered
        Index("ix_conversations_snoozed", "snoozed_until", **only_where("snoozed_until IS NOT NULL")),  # who wakes
    )


class ReadMark(Base):
    """How far a person has read a thread."""

    __tablename__ = "read_marks"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    read_until: Mapped[datetime]


class Draft(Identified, Base):
    """What a person has typed or attached and not sent, per lead and channel (`note` counts as one)."""

    __tablename__ = "drafts"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(500), default="")
    content: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)

    # rows move to the message or go with the draft, by statements and by the database, never one by one
    attachments: Mapped[list["Attachment"]] = relationship(order_by="Attachment.id", passive_deletes="all")

    __table_args__ = (UniqueConstraint("user_id", "lead_id", "channel"),)
