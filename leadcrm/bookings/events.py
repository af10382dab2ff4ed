"""What happens to meetings. Moments are ISO 8601; `revision` is the booking's after it."""

from dataclasses import dataclass
from typing import ClassVar

from leadcrm.core.events import Event, register


@dataclass(frozen=True, kw_only=True)
class _AboutBooking(Event):
    icon: ClassVar[str] = "calendar"
    lead_id: str
    booking_id: str
    realtor_id: str  # the user's own id
    starts_at: str
    timezone: str  # the visitor's
    revision: int


@register
@dataclass(frozen=True, kw_only=True)
class BookingMade(_AboutBooking):
    name = "booking.made"
    title = "Meeting booked"


@register
@dataclass(frozen=True, kw_only=True)
class BookingMoved(_AboutBooking):
    name = "booking.moved"
    title = "Meeting moved"
    old_starts_at: str


@register
@dataclass(frozen=True, kw_only=True)
class BookingCanceled(_AboutBooking):
    name = "booking.canceled"
    title = "Meeting canceled"
    icon = "circle-x"


@register
@dataclass(frozen=True, kw_only=True)
class AvailabilityChanged(Event):
    """The hours in which a realtor meets people are others."""

    name = "availability.changed"
    title = "Hours for meetings changed"
    icon = "calendar"
    realtor_id: str
