"""What the verbs of bookings are given: plain values, no rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from leadcrm.bookings.slots import Hours


@dataclass(frozen=True, kw_only=True)
class AvailabilityData:
    """When a realtor meets people. `week` has the hours of each weekday, Monday first; 00:00 as an end is midnight."""

    week: Sequence[Sequence[Hours]]
    meeting_minutes: int
    buffer_minutes: int
    notice_hours: int
    days_ahead: int
    place: str = ""
    words: str = ""
