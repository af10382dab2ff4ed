"""Calling a meeting off."""

from leadcrm.bookings import letters
from leadcrm.bookings.events import BookingCanceled
from leadcrm.bookings.models import Booking
from leadcrm.bookings.operations.booking import about, free
from leadcrm.bookings.operations.telling import tell
from leadcrm.core import clock
from leadcrm.core.db import lock
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.leads import operations as leads


def cancel(booking: Booking) -> int | None:
    """Call a meeting off and give its time back; returns the fact's id, None when it was called off before.

    Raises DomainError for a meeting that has begun.
    """
    lock(booking.lead)  # whoever books for the lead holds it first, too
    booking = lock(booking)
    if booking.state == "canceled":
        return None
    if booking.starts_at <= clock.now():
        raise DomainError("This meeting has begun already.")
    booking.state, booking.canceled_at = "canceled", clock.now()
    booking.revision += 1
    free(booking)
    leads.note_activity(booking.lead_id, clock.now())
    fact_id = record(BookingCanceled(**about(booking)))
    tell(booking, letters.CANCELED, booking.lead, booking.realtor)
    return fact_id
