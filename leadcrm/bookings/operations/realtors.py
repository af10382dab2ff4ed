"""What realtors hear of their meetings, in their own time."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from leadcrm.bookings.models import Booking
from leadcrm.bookings.wording import day_and_time
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.zones import zone
from leadcrm.identity.models import User
from leadcrm.notifications.operations import notify


def time_for(realtor: User, moment: datetime) -> str:
    """The moment by the realtor's clock, as they read it."""
    office = realtor.organization
    local, locale = zone(realtor.timezone or office.timezone), (realtor.locale or office.locale).replace("-", "_")
    return day_and_time(moment, local, locale)


def tell_of_erasure(lead_id: str) -> None:
    """The lead's data is about to be erased: who would have met them hears when they are free again, not of whom."""
    theirs = select(Booking).where(Booking.lead_id == lead_id).options(joinedload(Booking.realtor))
    for booking in db.session.scalars(theirs.order_by(Booking.starts_at, Booking.id)):
        if booking.is_coming(clock.now()):
            when = time_for(booking.realtor, booking.starts_at)
            title = f"Meeting on {when} was removed: the person’s data was erased"
            notify([booking.realtor_id], f"booking-erased:{booking.id}", title, "/bookings", "calendar")
