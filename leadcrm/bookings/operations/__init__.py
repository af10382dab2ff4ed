"""The verbs of bookings."""

from leadcrm.bookings.operations.availability import set_availability
from leadcrm.bookings.operations.booking import SlotTaken, book, book_returning, book_visitor
from leadcrm.bookings.operations.canceling import cancel
from leadcrm.bookings.operations.realtors import tell_of_erasure, time_for
from leadcrm.bookings.operations.telling import is_heard

__all__ = [
    "SlotTaken",
    "book",
    "book_returning",
    "book_visitor",
    "cancel",
    "is_heard",
    "set_availability",
    "tell_of_erasure",
    "time_for",
]
