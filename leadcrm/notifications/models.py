"""What a person of the team is told."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, Timestamped
from leadcrm.core.indexes import only_where


class Notification(Identified, Timestamped, TenantOwned, Base):
    """One line behind the bell, with the page it leads to."""

    __tablename__ = "notifications"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))  # told once per user and key
    icon: Mapped[str] = mapped_column(String(40), default="bell")
    title: Mapped[str] = mapped_column(String(200))
    href: Mapped[str] = mapped_column(String(200))
    lead_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # whom it speaks of; gone when they are erased
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notifications_bell", "user_id", "read_at", "created_at", "id"),
        Index("ix_notifications_page", "user_id", "created_at", "id"),
        Index(  # a person's erasure and export
            "ix_notifications_lead",
            "lead_id",
            **only_where("lead_id IS NOT NULL"),
        ),
    )
