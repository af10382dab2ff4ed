"""What came in and is not yet a message, and how far the mailbox has been read."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from leadcrm.core import clock
from leadcrm.core.db import Base, Identified, TenantOwned
from leadcrm.core.indexes import only_where
from leadcrm.core.models import SERIAL


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
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))  # once it was read

    __table_args__ = (
        UniqueConstraint("organization_id", "channel", "external_id"),
        Index("ix_raw_inbound_lead", "lead_id", **only_where("lead_id IS NOT NULL")),  # a person's erasure and export
        Index("ix_raw_inbound_due", "due_at", **only_where("due_at IS NOT NULL")),
        Index(  # what waits for a person
            "ix_raw_inbound_unread",
            "organization_id",
            "received_at",
            "id",
            **only_where("done_at IS NULL AND error IS NOT NULL"),
        ),
        Index(  # what was given up, for the operators' page
            "ix_raw_inbound_given_up", "received_at", **only_where("due_at IS NULL AND done_at IS NULL")
        ),
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
