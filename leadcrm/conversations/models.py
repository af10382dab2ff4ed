"""Messages from plan to delivery, the threads they form, and what surrounds them."""

import base64
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.core import clock
from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, Timestamped
from leadcrm.core.models import SERIAL
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead

CHANNELS = ("email", "sms", "whatsapp")
STATUSES = (
    "scheduled", "held", "claimed", "sending",
    "sent", "delivered", "read", "bounced",
    "failed", "expired", "canceled", "skipped", "unknown", "received",
)  # fmt: skip
WAITING = ("scheduled", "held", "claimed")  # may still be canceled or skipped
ACCEPTED = ("sent", "delivered", "read")
ORIGINS = ("manual", "follow_up", "automation", "flow", "api", "assistant", "inbound")
THREAD_STATUSES = ("open", "snoozed", "closed")


def _only(condition: str) -> dict[str, Any]:
    """Arguments of an index over some rows, on both databases."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


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
        Index("ix_conversations_all", "organization_id", "last_message_at", "id"),  # the API's list
        Index("ix_conversations_snoozed", "snoozed_until", **_only("snoozed_until IS NOT NULL")),  # who wakes
    )


class Message(Identified, Timestamped, TenantOwned, Base):
    """One thing said to or by a lead on a channel, one row from plan to delivery (PRODUCT.md D1)."""

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
    at_any_hour: Mapped[bool] = mapped_column(Boolean, default=False)  # a person waived the quiet hours
    withdrawn: Mapped[str] = mapped_column(String(200), default="")  # dropped while on its way: why not to try again
    html: Mapped[str | None] = mapped_column(Text)  # inbound only, sanitised
    quoted: Mapped[str] = mapped_column(Text, default="")  # inbound: the folded earlier text
    address: Mapped[str] = mapped_column(String(254), default="")  # the lead's, as used
    scheduled_for: Mapped[datetime] = mapped_column(default=clock.now)  # when it is meant to leave
    due_at: Mapped[datetime | None]  # next look of the drain, while scheduled or held
    useful_until: Mapped[datetime | None]
    position_at: Mapped[datetime] = mapped_column(default=clock.now)  # place in the thread: sent, received, called off
    sent_at: Mapped[datetime | None]
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
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    lead: Mapped[Lead] = relationship()
    author: Mapped[User | None] = relationship()
    attachments: Mapped[list["Attachment"]] = relationship(order_by="Attachment.id")

    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint("direction IN ('inbound', 'outbound')", name="direction"),
        CheckConstraint(f"origin IN {ORIGINS}", name="origin"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint("(direction = 'inbound') = (status = 'received')", name="inbound_received"),
        CheckConstraint("(status IN ('scheduled', 'held')) = (due_at IS NOT NULL)", name="due"),
        CheckConstraint("(status IN ('claimed', 'sending')) = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("(status IN ('claimed', 'sending')) <= (claim_token IS NOT NULL)", name="claimed"),
        CheckConstraint(
            "(claim_token IS NOT NULL) <= (status IN ('claimed', 'sending', 'unknown'))", name="claim_token"
        ),
        CheckConstraint("(status IN ('sent', 'delivered', 'read')) <= (sent_at IS NOT NULL)", name="sent_at"),
        UniqueConstraint("organization_id", "intent_key"),
        UniqueConstraint("enrolment_id", "step_id"),  # F3, D4: one message per lead, step and enrolment, for ever
        Index("ix_messages_due", "organization_id", "channel", "due_at", **_only("due_at IS NOT NULL")),  # the claim
        Index("ix_messages_leased", "lease_until", **_only("lease_until IS NOT NULL")),  # the sweep
        Index("ix_messages_thread", "lead_id", "channel", "position_at", "id"),  # a thread, newest first
        Index("ix_messages_newest", "organization_id", "created_at", "id"),  # the API's list
        Index("ix_messages_status", "organization_id", "status", "created_at", "id"),  # unknown, failed
        Index("ix_messages_conversation", "conversation_id", "direction", "position_at"),  # unread counts
        Index(  # per-step counts, and switches
            "ix_messages_step", "organization_id", "step_id", "status", "reason", "scheduled_for"
        ),
        Index(
            "uq_messages_external",
            "organization_id",
            "channel",
            "external_id",
            unique=True,
            **_only("direction = 'inbound'"),
        ),
        Index("ix_messages_reference", "external_id"),  # threading: reply to one of ours
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
    """A file that came with a message; its bytes lie under the uploads folder by our own name."""

    __tablename__ = "attachments"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(Integer)
    stored_as: Mapped[str] = mapped_column(String(80))


class RawInbound(Identified, TenantOwned, Base):
    """A webhook's bytes as they came, kept until they are a message; a repeat is nothing."""

    __tablename__ = "raw_inbound"

    channel: Mapped[str] = mapped_column(String(10))
    external_id: Mapped[str] = mapped_column(String(255))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime | None] = mapped_column(default=clock.real_now)  # NULL once done or given up
    done_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("organization_id", "channel", "external_id"),
        Index("ix_raw_inbound_due", "due_at", **_only("due_at IS NOT NULL")),
        Index("ix_raw_inbound_received", "received_at"),  # the purge
    )


class Mailbox(Base):
    """How far the installation's mailbox (IMAP_URL) has been read, and how reading it goes. Times by the real clock."""

    __tablename__ = "mailboxes"

    name: Mapped[str] = mapped_column(String(500), primary_key=True)  # user, server and folder
    uid_validity: Mapped[int | None] = mapped_column(SERIAL)  # another one: the server has numbered its mails anew
    last_uid: Mapped[int] = mapped_column(SERIAL, default=0)  # all up to it are kept in raw_inbound, or strays
    due_at: Mapped[datetime] = mapped_column(default=clock.real_now)  # next look; while someone reads, their lease
    checked_at: Mapped[datetime | None]  # when it was last read to its end
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    error: Mapped[str] = mapped_column(String(300), default="")
    strays: Mapped[int] = mapped_column(default=0)  # mails for none of the organizations; only the mailbox has them


class ReadMark(Base):
    """How far a person has read a thread."""

    __tablename__ = "read_marks"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    read_until: Mapped[datetime]


class Draft(Base):
    """What a person has typed and not sent, per lead and channel (`note` counts as one)."""

    __tablename__ = "drafts"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    subject: Mapped[str] = mapped_column(String(500), default="")
    content: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


class Template(Identified, Timestamped, TenantOwned, Base):
    """Words to reuse, with merge fields."""

    __tablename__ = "templates"

    name: Mapped[str] = mapped_column(String(80))
    channel: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(500), default="")
    content: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str | None] = mapped_column(String(20))  # `follow_up`: the tick on the new-lead form; `welcome`
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


class SendingPause(TenantOwned, Base):
    """After a restore nothing leaves on a channel until a person releases it.

    What the backup holds as due may have been sent since it was made. Closed pauses stay, as a record of who decided.
    """

    __tablename__ = "sending_pauses"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))
    backup_at: Mapped[datetime]  # when the restored backup was made
    paused_at: Mapped[datetime]  # both by the real clock
    paused_by: Mapped[str] = mapped_column(String(80))  # the host's user who restored
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(String(60))  # an actor, as in events

    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="released"),
        Index(  # one at a time; the last look before a message leaves
            "uq_sending_pauses_open", "organization_id", "channel", unique=True, **_only("released_at IS NULL")
        ),
    )
