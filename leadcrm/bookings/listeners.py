"""Who hears of meetings."""

from datetime import datetime

from leadcrm.bookings.events import BookingCanceled, BookingMade, BookingMoved
from leadcrm.bookings.operations import time_for
from leadcrm.core import events
from leadcrm.core.db import get_or_404
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead
from leadcrm.notifications.operations import notify

WORDS = {BookingMade.name: "Meeting booked", BookingMoved.name: "Meeting moved", BookingCanceled.name: "Meeting off"}


def tell_realtor(event: BookingMade | BookingMoved | BookingCanceled) -> None:
    """The realtor hears of it, in their own time, unless it was them."""
    if events.actor_of_cause() == f"user:{event.realtor_id}":
        return
    realtor, lead = get_or_404(User, event.realtor_id), get_or_404(Lead, event.lead_id)
    when = time_for(realtor, datetime.fromisoformat(event.starts_at))
    title = f"{WORDS[event.name]}: {lead.name}, {when}"
    key = f"booking:{events.cause().event_id}"
    notify([realtor.id], key, title, f"/bookings/{event.booking_id}", "calendar", lead_id=lead.id)
