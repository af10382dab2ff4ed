"""Many at one slot, or at one lead's meeting, on real threads: one gets it, the others a definite answer."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from leadcrm.bookings import operations, queries, slots
from leadcrm.bookings.models import BookedCell, Booking
from leadcrm.bookings.slots import Rules
from leadcrm.core import tenancy
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from tests.bookings.conftest import NEW_YORK, at, cells_of

MANY = 50  # as P9 has it
PATIENCE_SECONDS = 60


@pytest.fixture
def all_at_once(app, acme):
    """`all_at_once(works)` does all of them in threads that start together; what each gave, or why it was refused."""

    def run(works: list[Callable[[], object]]) -> list[str]:
        barrier = threading.Barrier(len(works))

        def in_thread(work) -> str:
            with app.app_context(), tenancy.organization(acme.id):
                barrier.wait(PATIENCE_SECONDS)
                try:
                    return str(work())
                except DomainError as error:
                    return error.code
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(len(works)) as threads:
            return list(threads.map(in_thread, works, timeout=PATIENCE_SECONDS))

    return run


def booking_of(lead: Lead, realtor: User, start: datetime, **seen: Rules) -> Callable[[], str]:
    """Books with rows of the thread's own; `hours` are what it takes for the realtor's."""

    def work() -> str:
        mine, theirs = get_or_404(Lead, lead_id), get_or_404(User, realtor_id)
        theirs.seen = seen.get("hours")
        return "new" if perform(operations.book, mine, theirs, start, "UTC")[1] else "moved"

    lead_id, realtor_id = lead.id, realtor.id
    return work


def test_of_many_who_want_one_slot_one_gets_it(all_at_once, new_lead, cast):
    people = [new_lead(f"Lead {n}") for n in range(MANY)]
    answers = all_at_once([booking_of(person, cast.rosa, at(10)) for person in people])
    assert Counter(answers) == {"new": 1, "slot_taken": MANY - 1}
    db.session.rollback()
    assert db.session.scalar(select(func.count(Booking.id))) == 1
    assert db.session.scalar(select(func.count(BookedCell.cell))) == 6


def test_of_two_that_overlap_only_in_part_one_comes_to_be(all_at_once, new_lead, cast, monkeypatch):
    """One books by hours that somebody has just changed: the slots of the two are not of one grid."""
    monkeypatch.setattr(queries, "rules_of", lambda realtor: realtor.seen)
    usual = slots.usual(NEW_YORK)
    hourly = replace(usual, meeting=timedelta(hours=1))
    early, late = new_lead("Early"), new_lead("Late")
    answers = all_at_once(
        [
            booking_of(early, cast.rosa, at(10), hours=hourly),
            booking_of(late, cast.rosa, at(10, 30), hours=usual),
        ]
    )
    assert Counter(answers) == {"new": 1, "slot_taken": 1}


def test_a_lead_who_books_in_many_windows_has_one_meeting(all_at_once, lead, cast):
    answers = all_at_once([booking_of(lead, cast.rosa, at(9 + n)) for n in range(6)])
    assert Counter(answers) == {"new": 1, "moved": 5}
    db.session.rollback()
    (booking,) = db.session.scalars(select(Booking))
    assert booking.revision == 6
    assert len(cells_of(booking)) == 6


def test_a_new_visitor_who_clicks_twice_is_one_lead_with_one_meeting(all_at_once, cast):
    said, rosa_id = LeadData(first_name="Zoe", phone="+27215550199"), cast.rosa.id

    def visit():
        rosa = get_or_404(User, rosa_id)
        submission = leads.read_submission(said, realtor=rosa)
        return perform(operations.book_visitor, submission, rosa, at(10), "UTC")[1]

    answers = all_at_once([visit] * 4)
    assert sorted(answers) == ["False", "False", "False", "True"]
    db.session.rollback()
    assert db.session.scalar(select(func.count(Booking.id))) == 1


def test_two_who_swap_their_times_at_once_both_get_an_answer(all_at_once, new_lead, cast, book):
    ann, bob = new_lead("Ann"), new_lead("Bob")
    for _ in range(5):
        book(at(10), ann)
        book(at(11), bob)
        answers = all_at_once([booking_of(ann, cast.rosa, at(11)), booking_of(bob, cast.rosa, at(10))])
        assert set(answers) <= {"moved", "slot_taken"}
        db.session.rollback()
        taken = Counter(db.session.scalars(select(BookedCell.booking_id)))
        assert sorted(taken.values()) == [6, 6]
        book(at(14), ann)
        book(at(15), bob)


def test_a_meeting_is_not_moved_and_canceled_at_once(all_at_once, lead, cast, book):
    for n in range(5):
        booking, _ = book(at(10))

        def cancel(booking_id: str = booking.id) -> bool:
            return bool(perform(operations.cancel, get_or_404(Booking, booking_id)))

        answers = all_at_once([booking_of(lead, cast.rosa, at(11)), cancel])
        db.session.rollback()
        live = list(db.session.scalars(select(Booking).where(Booking.state == "booked")))
        held = Counter(db.session.scalars(select(BookedCell.booking_id)))
        assert held == {row.id: 6 for row in live}, (n, answers)
        for row in live:
            perform(operations.cancel, row)
