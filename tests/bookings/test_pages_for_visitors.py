"""What visitors see and do without an account: book, move, cancel; nothing else, and nothing by looking."""

import re

import pytest
from sqlalchemy import func, select

from leadcrm.bookings import public_routes
from leadcrm.bookings.links import manage_token
from leadcrm.bookings.models import Booking
from leadcrm.conversations.models import Message
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.models import EventRow
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.privacy.operations import erase_lead
from tests.bookings.conftest import at, be, facts_of

TEN, ELEVEN = "2030-03-04T10:00:00-05:00", "2030-03-04T11:00:00-05:00"
ZOE = {"first_name": "Zoe", "email": "zoe@mail.example", "start": TEN, "tz": "Europe/London"}


@pytest.fixture
def visitor(app):
    """Somebody's browser."""
    return app.test_client(use_cookies=False)


@pytest.fixture
def page(cast) -> str:
    return f"/book/{cast.rosa.realtor_id}"


@pytest.fixture
def link(acme, book) -> str:
    """Of Naledi's meeting at ten."""
    return f"/meeting/{manage_token(book(at(10))[0].id)}"


def times_of(answer) -> list[str]:
    return re.findall(r'name="start" value="([^"]+)"', answer.text)


def bookings(state: str = "booked") -> list[Booking]:
    db.session.rollback()
    found = select(Booking).where(Booking.state == state).execution_options(populate_existing=True)
    return list(db.session.scalars(found))


def test_the_page_shows_the_first_day_that_is_free_by_the_realtors_clock(visitor, page):
    answer = visitor.get(page)
    assert answer.status_code == 200
    assert times_of(answer)[0] == "2030-03-04T09:00:00-05:00"
    assert "March 2030" in answer.text


def test_the_page_speaks_the_visitors_clock_when_it_is_told(visitor, page):
    answer = visitor.get(page, query_string={"tz": "Pacific/Auckland", "day": "2030-03-05"})
    assert times_of(answer)[0] == "2030-03-05T03:00:00+13:00"


@pytest.mark.parametrize(
    "asked", ["tz=Mars", "day=nonsense", "month=2030-99", "start=10:00", "month=2099-01", "day=0001-01-01"]
)
def test_what_cannot_be_read_of_the_address_is_as_if_it_were_not_said(visitor, page, asked):
    assert visitor.get(f"{page}?{asked}").status_code == 200


def test_a_visitor_books_and_comes_to_the_meetings_own_page(visitor, page, acme):
    answer = visitor.post(page, data=ZOE)
    assert answer.status_code == 303
    shown = visitor.get(answer.location)
    assert "Your meeting is booked." in shown.text
    assert "Monday, 4 March, 3:00" in shown.text
    [booking] = bookings()
    lead = get_or_404(Lead, booking.lead_id)
    assert (lead.name, lead.timezone, lead.source) == ("Zoe", "Europe/London", "booking page")
    assert booking.timezone == "Europe/London"


def test_the_same_form_sent_twice_books_once(visitor, page, acme):
    first, again = (visitor.post(page, data=ZOE) for _ in range(2))
    assert first.location == again.location
    assert len(bookings()) == 1


def test_who_only_says_that_they_are_somebody_does_not_come_to_their_meeting(visitor, page, lead, link):
    be(at(7))
    address = next(point.value for point in lead.contact_points if point.kind == "email")
    answer = visitor.post(page, data=ZOE | {"email": address, "start": ELEVEN})
    assert (answer.status_code, "/meeting/" in answer.location) == (303, False)
    assert "We have written to you" in visitor.get(answer.location).text
    assert [booking.starts_at.isoformat() for booking in bookings()] == ["2030-03-04T16:00:00+00:00"]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"first_name": ""}, "Tell us your name."),
        ({"email": ""}, "Give an email address or a phone number."),
        ({"email": "no address"}, "email"),
        ({"website": "https://spam.example"}, "Please try once more."),
    ],
)
def test_bad_input_is_told_beside_its_field_and_keeps_what_was_typed(visitor, page, acme, said, error):
    answer = visitor.post(page, data={**ZOE, "last_name": "Typed", **said})
    assert answer.status_code == 422
    assert error in answer.text
    assert 'value="Typed"' in answer.text
    assert bookings() == []


def test_the_first_bad_field_has_the_focus_and_what_nobody_sees_is_emptied(visitor, page, acme):
    answer = visitor.post(page, data={**ZOE, "email": "", "website": "https://filled-in-by-a-browser.example"})
    [focused] = re.findall("<input[^>]* autofocus[^>]*>", answer.text)
    assert 'name="email"' in focused
    assert "filled-in-by-a-browser" not in answer.text


def test_a_taken_time_is_a_409_with_the_nearest_ones_and_keeps_what_was_typed(visitor, page, book):
    book(at(10))
    answer = visitor.post(page, data=ZOE)
    assert answer.status_code == 409
    assert [time[11:16] for time in times_of(answer)] == ["14:00", "14:30", "15:30"]
    assert 'value="Zoe"' in answer.text
    assert "Naledi" not in answer.text
    assert visitor.post(page, data={**ZOE, "start": times_of(answer)[0]}).status_code == 303


def test_who_comes_too_late_for_a_time_is_a_lead_all_the_same_and_one_when_they_book(visitor, page, book):
    book(at(10))
    answer = visitor.post(page, data=ZOE)
    (zoe,) = db.session.scalars(select(Lead).where(Lead.first_name == "Zoe"))
    assert (zoe.source, zoe.timezone) == ("booking page", "Europe/London")
    visitor.post(page, data={**ZOE, "start": times_of(answer)[0]})
    assert [booking.lead_id for booking in bookings() if booking.lead_id == zoe.id] == [zoe.id]
    assert db.session.scalars(select(Lead.id).where(Lead.first_name == "Zoe")).all() == [zoe.id]


def test_the_page_does_not_tell_whether_somebody_is_known(visitor, page, lead):
    known = visitor.post(page, data={**ZOE, "email": "naledi@mail.example", "start": TEN})
    other = visitor.post(page, data={**ZOE, "start": ELEVEN})
    texts = [re.sub(r"[\w~.-]{80,}|\d+:00", "", visitor.get(it.location).text) for it in (known, other)]
    assert texts[0] == texts[1]
    assert "Khumalo" not in texts[0]


def test_a_meeting_is_moved_and_canceled_by_its_link(visitor, link, lead):
    assert "Your meeting with Rosa" in visitor.get(link).text
    assert times_of(visitor.get(f"{link}?change=1"))
    answer = visitor.post(link, data={"start": ELEVEN})
    assert answer.status_code == 303
    assert "has been moved" in visitor.get(answer.location).text
    assert visitor.post(f"{link}/cancellation").status_code == 303
    assert "Canceled meeting" in visitor.get(link).text
    assert facts_of(lead) == ["booking.made", "booking.moved", "booking.canceled"]
    db.session.rollback()
    moves = select(EventRow.actor).where(EventRow.name.in_(["booking.moved", "booking.canceled"]))
    assert set(db.session.scalars(moves)) == {f"lead:{lead.id}"}


def test_looking_at_a_link_changes_nothing(visitor, link, lead):
    for path in (link, f"{link}?change=1", f"{link}?change=1&start={ELEVEN}", f"{link}/cancellation"):
        visitor.get(path)
        visitor.head(path)
    assert facts_of(lead) == ["booking.made"]


def test_a_move_to_a_taken_time_leaves_the_meeting_and_shows_the_nearest(visitor, link, book, new_lead):
    book(at(11), new_lead("Thabo"))
    answer = visitor.post(link, data={"start": ELEVEN})
    assert answer.status_code == 409
    assert len(times_of(answer)) == 3
    assert {booking.starts_at for booking in bookings()} == {at(10), at(11)}


def test_what_is_over_or_off_is_not_moved(visitor, link):
    be(at(10, 5))
    assert visitor.post(link, data={"start": ELEVEN}).status_code == 422
    assert "Past meeting" in visitor.get(link).text
    answer = visitor.post(f"{link}/cancellation")
    assert answer.status_code == 422
    assert "Past meeting" in answer.text


def test_who_was_put_away_moves_their_meeting_and_is_back(visitor, link, lead):
    perform(leads.archive_lead, lead)
    answer = visitor.post(link, data={"start": ELEVEN})
    assert answer.status_code == 303
    assert "has been moved" in visitor.get(answer.location).text
    assert [booking.starts_at for booking in bookings()] == [at(11)]
    assert db.session.scalar(select(Lead.archived_at).where(Lead.id == lead.id)) is None


def test_who_was_put_away_is_so_still_when_the_time_is_taken(visitor, link, lead, book, new_lead):
    book(at(11), new_lead("Thabo"))
    perform(leads.archive_lead, lead)
    assert visitor.post(link, data={"start": ELEVEN}).status_code == 409
    db.session.rollback()
    assert db.session.scalar(select(Lead.archived_at).where(Lead.id == lead.id)) is not None


def test_who_was_put_away_may_still_call_their_meeting_off(visitor, link, lead):
    perform(leads.archive_lead, lead)
    assert visitor.post(f"{link}/cancellation").status_code == 303
    assert "Canceled meeting" in visitor.get(link).text


def test_a_meeting_that_cannot_be_moved_says_so_in_words_for_visitors(visitor, link, cast):
    perform(_leave, cast.rosa.id)
    answer = visitor.post(link, data={"start": ELEVEN})
    assert answer.status_code == 422
    assert "This meeting cannot be moved on this page. Please get in touch with Acme." in answer.text
    assert "Your meeting with Rosa" in answer.text
    assert ("Choose another time" in answer.text, "Yes, cancel it" in answer.text) == (False, True)
    assert [booking.starts_at for booking in bookings()] == [at(10)]


def _leave(user_id: str) -> None:
    get_or_404(User, user_id).disabled_at = clock.now()


def test_the_link_of_somebody_who_was_erased_leads_nowhere_and_their_time_is_free(visitor, link, page, lead):
    perform(erase_lead, lead)
    for answer in (visitor.get(link), visitor.post(link, data={"start": ELEVEN})):
        assert answer.status_code == 404
        assert "Naledi" not in answer.text
    assert TEN in times_of(visitor.get(f"{page}?day={TEN[:10]}"))


def test_a_page_of_nobody_and_a_link_that_is_not_ours_are_not_found(visitor, link, page, cast):
    assert visitor.get("/book/019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10").status_code == 404
    assert visitor.get(f"{link[:-1]}{'x' if link[-1] != 'x' else 'y'}").status_code == 404
    with tenancy.organization(cast.rival.id):
        stolen = manage_token(bookings_of_all()[0])
    assert visitor.get(f"/meeting/{stolen}").status_code == 404


def bookings_of_all() -> list[str]:
    with tenancy.everyone():
        return list(db.session.scalars(select(Booking.id)))


def test_the_pages_are_kept_by_nobody_and_stand_in_no_frame(visitor, link, page):
    for path in (link, page):
        headers = visitor.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Set-Cookie" not in headers


def test_who_books_without_end_is_stopped(visitor, page, acme, monkeypatch):
    codes = [visitor.post(page, data=ZOE).status_code for _ in range(21)]
    assert codes[-1] == 429
    assert db.session.scalar(select(func.count(Booking.id))) == 1


@pytest.mark.parametrize("start", [TEN, "2030-03-04T03:00:00-05:00"], ids=["free once", "never free"])
def test_a_crowd_from_everywhere_makes_no_more_leads_and_mails_than_a_realtor_may_have(
    visitor, page, acme, monkeypatch, start
):
    monkeypatch.setattr(public_routes, "BOOKINGS_WITH_REALTOR", "3/minute")
    codes = []
    for n in range(8):
        who = ZOE | {"email": f"{n}@mail.example", "start": start}
        way = page if n % 2 else page.upper().replace("/BOOK/", "/book/")
        codes.append(visitor.post(way, data=who, environ_base={"REMOTE_ADDR": f"192.0.2.{n}"}).status_code)
    assert codes[3:] == [429] * 5
    db.session.rollback()
    assert db.session.scalar(select(func.count(Lead.id))) == 3
    assert db.session.scalar(select(func.count(func.distinct(Message.lead_id)))) == codes.count(303)


def test_a_realtor_without_hours_says_so(visitor, page, set_hours):
    set_hours(week=[()] * 7)
    assert "cannot be booked at the moment" in visitor.get(page).text
