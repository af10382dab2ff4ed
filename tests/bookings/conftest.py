"""Rosa, who can be met, and a lead who wants to; it is early on a Monday in New York, where Acme is."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from leadcrm.bookings import operations
from leadcrm.bookings.data import AvailabilityData
from leadcrm.bookings.models import Availability, BookedCell, Booking
from leadcrm.bookings.slots import USUAL_WEEK
from leadcrm.core import clock
from leadcrm.core.db import db, perform
from leadcrm.core.models import EventRow
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = datetime(2030, 3, 4, tzinfo=NEW_YORK)


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """A moment of that Monday, or of a day so many days later, by the clock in New York."""
    return (MONDAY + timedelta(days=days)).replace(hour=hour, minute=minute).astimezone(UTC)


def be(moment: datetime) -> None:
    """Let it be that moment."""
    clock.move(0)
    clock.move((moment - clock.now()).total_seconds())


@pytest.fixture(autouse=True)
def monday(app) -> Iterator[None]:
    be(at(6))
    yield
    clock.move(0)


@pytest.fixture
def new_lead(acme) -> Callable[..., Lead]:
    """`new_lead("Naledi", email=…)` → a lead nobody owns."""
    return lambda name="Naledi", **more: perform(leads.create_lead, LeadData(first_name=name, **more), by=None)


@pytest.fixture
def lead(new_lead) -> Lead:
    return new_lead("Naledi", last_name="Khumalo", email="naledi@mail.example", phone="+27215550147")


@pytest.fixture
def book(cast, lead) -> Callable[..., tuple[Booking, bool]]:
    """`book(at(10))` → Naledi's meeting with Rosa, and whether it is new."""

    def make(start: datetime, of: Lead | None = None) -> tuple[Booking, bool]:
        return perform(operations.book, of or lead, cast.rosa, start, "Africa/Johannesburg")

    return make


@pytest.fixture
def set_hours(cast, acme) -> Callable[..., Availability]:
    """`set_hours(buffer_minutes=15)` → Rosa's hours, otherwise as usual."""

    def make(revision: int = 0, **said) -> Availability:
        usual = {"week": USUAL_WEEK, "meeting_minutes": 30, "buffer_minutes": 0, "notice_hours": 2, "days_ahead": 60}
        return perform(operations.set_availability, cast.rosa, AvailabilityData(**usual | said), revision)

    return make


def facts_of(lead: Lead) -> list[str]:
    """The names of what happened to the lead and its meetings, in order."""
    theirs = select(EventRow.name).where(EventRow.lead_id == lead.id, EventRow.name.startswith("booking."))
    return list(db.session.scalars(theirs.order_by(EventRow.id)))


def cells_of(booking: Booking) -> list[int]:
    db.session.rollback()
    taken = select(BookedCell.cell).where(BookedCell.booking_id == booking.id).order_by(BookedCell.cell)
    return list(db.session.scalars(taken))
