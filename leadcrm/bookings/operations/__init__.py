"""The verbs of bookings."""

from leadcrm.bookings.operations.availability import set_availability
from leadcrm.bookings.operations.booking import SlotTaken, book, book_returning, book_visitor
from leadcrm.bookings.operations.canceling import cancel

__all__ = ["SlotTaken", "book", "book_returning", "book_visitor", "cancel", "set_availability"]
