"""The meetings of the demo offices' realtors, and when they can be met."""

from dataclasses import dataclass
from datetime import time

from leadcrm.bookings.data import AvailabilityData
from leadcrm.demo.threads import When

_DAY = ((time(9), time(12)), (time(13), time(17)))
ROSAS_HOURS = AvailabilityData(
    week=(_DAY, _DAY, _DAY, _DAY, ((time(9), time(14)),), (), ()),
    meeting_minutes=30,
    buffer_minutes=15,
    notice_hours=4,
    days_ahead=45,
    place="Acme Realty, 48 Mercer Street, or by video",
    words="Half an hour about the home you have in mind, and what it takes to get there.",
)


@dataclass(frozen=True)
class Appointment:
    """A lead books the realtor's first free time from so many days later on; and calls it off, perhaps."""

    lead: str
    when: When
    realtor: str
    days: int
    called_off: When | None = None


ACME = (
    Appointment("sipho", (7, "12:40"), "rosa", 2),
    Appointment("zanele", (5, "09:10"), "rosa", 8, called_off=(3, "18:20")),
    Appointment("naledi", (1, "09:45"), "rosa", 4),
    Appointment("isabel", (1, "11:10"), "rosa", 5),
    Appointment("chloe", (2, "08:30"), "rosa", 9),
)
