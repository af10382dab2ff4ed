"""When realtors meet people, and the meetings that were booked with them."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leadcrm.core.db import ID_LENGTH, Base, Identified, TenantOwned, Timestamped
from leadcrm.core.indexes import only_where
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead

STATES = ("booked", "past", "canceled")
CELL_MINUTES = 5
LONGEST_MEETING, LONGEST_BUFFER = 480, 240  # minutes
LONGEST_NOTICE = 14 * 24  # hours
FARTHEST_AHEAD = 180  # days
LONGEST_PLACE, LONGEST_WORDS = 200, 1000


class Availability(Identified, Timestamped, TenantOwned, Base):
    """When a realtor meets people; without a row the usual hours hold (slots.USUAL)."""

    __tablename__ = "availabilities"

    realtor_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    # Monday first: [["09:00", "12:00"], …] of each weekday by the realtor's clock, in order, apart from each other
    week: Mapped[list[list[list[str]]]] = mapped_column(JSON)
    meeting_minutes: Mapped[int]
    buffer_minutes: Mapped[int]  # kept free after each meeting
    notice_hours: Mapped[int]
    days_ahead: Mapped[int]
    place: Mapped[str] = mapped_column(String(LONGEST_PLACE), default="")
    words: Mapped[str] = mapped_column(Text, default="")  # said to visitors on the booking page
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}
    __table_args__ = (
        CheckConstraint(
            f"meeting_minutes BETWEEN {CELL_MINUTES} AND {LONGEST_MEETING} AND meeting_minutes % {CELL_MINUTES} = 0",
            name="meeting",
        ),
        CheckConstraint(
            f"buffer_minutes BETWEEN 0 AND {LONGEST_BUFFER} AND buffer_minutes % {CELL_MINUTES} = 0", name="buffer"
        ),
        CheckConstraint(f"notice_hours BETWEEN 0 AND {LONGEST_NOTICE}", name="notice"),
        CheckConstraint(f"days_ahead BETWEEN 1 AND {FARTHEST_AHEAD}", name="ahead"),
    )


class Booking(Timestamped, TenantOwned, Base):
    """A meeting of a lead with a realtor. Its id stands in invitations: a random one, which tells nothing of others."""

    __tablename__ = "bookings"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=lambda: str(uuid4()))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    realtor_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    timezone: Mapped[str] = mapped_column(String(60))  # IANA, the visitor's
    place: Mapped[str] = mapped_column(String(LONGEST_PLACE), default="")
    state: Mapped[str] = mapped_column(String(10), default="booked")  # past: over, and another one has been booked
    canceled_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)  # counts what its invitations say: the n-th time, or none at all

    lead: Mapped[Lead] = relationship()
    realtor: Mapped[User] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("ends_at > starts_at", name="length"),
        CheckConstraint("(state = 'canceled') = (canceled_at IS NOT NULL)", name="canceled"),
        Index(  # moved, not doubled
            "uq_bookings_live", "lead_id", "realtor_id", unique=True, **only_where("state = 'booked'")
        ),
        Index("ix_bookings_lead", "lead_id", "starts_at", "id"),  # a lead's meetings
        Index("ix_bookings_team", "organization_id", "starts_at", "id"),  # the team's list
        Index("ix_bookings_realtor", "realtor_id", "starts_at", "id"),  # one realtor's
    )

    def is_coming(self, now: datetime) -> bool:
        """Whether it will take place, as things are."""
        return self.state == "booked" and self.starts_at > now


class BookedCell(TenantOwned, Base):
    """Five minutes of a realtor's that a meeting takes, the free time after it included. Nobody else's: the key."""

    __tablename__ = "booked_cells"

    realtor_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    cell: Mapped[int] = mapped_column(primary_key=True)  # since 1970, see slots.cells
    booking_id: Mapped[str] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"), index=True)
