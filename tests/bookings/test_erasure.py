"""Whoever would have met a person who is erased hears that they are free, and not of whom."""

import pytest
from sqlalchemy import select

from leadcrm.bookings import operations
from leadcrm.bookings.models import Booking
from leadcrm.core.db import db, perform
from leadcrm.core.drains import drain_events
from leadcrm.leads.models import Lead
from leadcrm.notifications.models import Notification
from leadcrm.privacy.operations import erase_lead
from tests.bookings.conftest import at, be


def erased(lead: Lead) -> list[tuple[str, str]]:
    """What everybody of the team is left with behind the bell, once the lead is erased: (title, page)."""
    drain_events(lambda: False)
    perform(erase_lead, lead)
    drain_events(lambda: False)
    assert db.session.scalars(select(Booking)).all() == []
    return [(row.title, row.href) for row in db.session.scalars(select(Notification).order_by(Notification.title))]


def test_the_realtor_hears_that_a_meeting_to_come_is_off_and_not_with_whom(book, lead):
    book(at(10))
    assert erased(lead) == [("Meeting on Mon, 4 Mar, 10:00 AM was removed: the person’s data was erased", "/bookings")]


@pytest.mark.parametrize("become", ["canceled", "past"])
def test_of_a_meeting_that_is_off_or_over_nobody_hears(book, lead, become):
    booking, _ = book(at(10))
    if become == "canceled":
        perform(operations.cancel, booking)
    else:
        be(at(11))
    assert erased(lead) == []
