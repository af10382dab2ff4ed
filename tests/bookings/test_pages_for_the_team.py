"""The team's list of meetings, and booking, moving and canceling for a lead."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.bookings.models import Booking
from leadcrm.core.db import db, perform
from leadcrm.core.drains import drain_events
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.notifications.models import Notification
from tests.bookings.conftest import at, be, facts_of
from tests.conftest import count_queries

DAY, ELEVEN = "2030-03-04", "2030-03-04T16:00:00+00:00"


@pytest.fixture
def ada(sign_in, cast, acme):
    return sign_in(cast.ada)


def test_the_list_shows_what_is_to_come_soonest_first_and_past_apart(ada, book, new_lead):
    book(at(11))
    book(at(10), new_lead("Thabo"))
    book(at(12), new_lead("Zoe"))
    page = ada.get("/bookings").text
    assert page.index("Thabo") < page.index("Naledi Khumalo") < page.index("Zoe")
    be(at(10, 30))
    assert "Thabo" not in ada.get("/bookings").text
    assert "Thabo" in ada.get("/bookings?view=past").text


def test_the_list_costs_the_same_with_many_meetings(ada, book, new_lead):
    book(at(9))
    ada.get("/bookings")
    with count_queries() as few:
        ada.get("/bookings")
    for n in range(10):
        book(at(10, days=n // 5) + timedelta(hours=n % 5), new_lead(f"Lead {n}"))
    with count_queries() as many:
        assert "Lead 9" in ada.get("/bookings").text
    assert len(many) == len(few) <= 6


def test_a_page_of_the_list_has_a_next_one(ada, book, new_lead, monkeypatch):
    for n in range(3):
        book(at(10 + n), new_lead(f"Lead {n}"))
    monkeypatch.setattr("leadcrm.bookings.queries.booking_page.__defaults__", (None, 2))
    page = ada.get("/bookings").text
    assert "Lead 1" in page
    assert "Lead 2" not in page
    assert "cursor=" in page


def test_without_meetings_the_list_says_what_it_is_for(ada):
    assert "No meetings ahead" in ada.get("/bookings").text
    assert "Nothing yet" in ada.get("/bookings?view=past").text


def test_a_colleague_books_for_a_lead_and_moves_it(ada, lead, cast):
    shown = ada.get(f"/leads/{lead.id}/bookings/new?realtor_id={cast.rosa.id}&day={DAY}")
    assert f'value="{ELEVEN}"' in shown.text
    said = {"realtor_id": cast.rosa.id, "day": DAY, "start": ELEVEN}
    assert ada.post(f"/leads/{lead.id}/bookings", data=said).status_code == 303
    assert "with Rosa" in ada.get(f"/leads/{lead.id}/bookings").text
    assert "Moves their meeting" in ada.get(f"/leads/{lead.id}/bookings/new?realtor_id={cast.rosa.id}&day={DAY}").text
    later = {**said, "start": ELEVEN.replace("16:00", "17:00")}
    assert ada.post(f"/leads/{lead.id}/bookings", data=later).status_code == 303
    assert facts_of(lead) == ["booking.made", "booking.moved"]


def test_a_taken_time_is_refused_and_the_others_are_shown(ada, lead, cast, book, new_lead):
    book(at(11), new_lead("Thabo"))
    said = {"realtor_id": cast.rosa.id, "day": DAY, "start": ELEVEN}
    answer = ada.post(f"/leads/{lead.id}/bookings", data=said)
    assert answer.status_code == 409
    assert "not free any more" in answer.text
    assert 'name="start"' in answer.text


@pytest.mark.parametrize(
    "said",
    [{"start": ""}, {"start": "noon"}, {"day": ""}, {"day": "soon"}, {"realtor_id": "nobody"}, {"realtor_id": ""}],
)
def test_what_is_not_whole_is_refused(ada, lead, cast, said):
    usual = {"realtor_id": cast.rosa.id, "day": DAY, "start": ELEVEN}
    assert ada.post(f"/leads/{lead.id}/bookings", data=usual | said).status_code == 422
    assert facts_of(lead) == []


def test_a_meeting_is_canceled_from_the_list_and_only_once(ada, book, lead):
    booking, _ = book(at(10))
    for _ in range(2):
        answer = ada.post(f"/bookings/{booking.id}/cancellation", data={"back": f"/leads/{lead.id}?tab=meetings"})
        assert (answer.status_code, answer.location) == (303, f"/leads/{lead.id}?tab=meetings")
    assert facts_of(lead) == ["booking.made", "booking.canceled"]


@pytest.mark.parametrize(("is_away", "said"), [(False, "The lead is told."), (True, "tell them yourself")])
def test_whether_the_lead_hears_of_it_is_said_as_it_is(ada, book, lead, is_away, said):
    booking, _ = book(at(10))
    if is_away:
        perform(leads.archive_lead, lead)
    assert ("will be told" in ada.get("/bookings").text) is not is_away
    ada.post(f"/bookings/{booking.id}/cancellation")
    assert said in ada.get("/bookings").text


def test_a_rep_sees_meetings_of_their_leads_and_a_realtor_their_own(sign_in, cast, acme, book):
    maxs = perform(leads.create_lead, LeadData(first_name="Zed", owner_id=cast.max.id), by=cast.max)
    booking, _ = book(at(10), maxs)
    ben, rosa = sign_in(cast.ben), sign_in(cast.rosa)
    assert "Zed" not in ben.get("/bookings").text
    assert ben.post(f"/bookings/{booking.id}/cancellation").status_code == 404
    assert ben.get(f"/leads/{maxs.id}/bookings").status_code == 404
    assert "Zed" in rosa.get("/bookings").text
    assert rosa.post(f"/bookings/{booking.id}/cancellation").status_code == 303


@pytest.mark.parametrize("view", ["upcoming", "past"])
def test_no_link_of_the_list_is_dead_for_the_realtor_of_somebody_elses_lead(sign_in, cast, acme, book, view):
    """Rosa meets Max's lead: she reads whom, and goes nowhere where she would find nothing."""
    book(at(10), perform(leads.create_lead, LeadData(first_name="Zed", owner_id=cast.max.id), by=cast.max))
    be(at(6) if view == "upcoming" else at(11))
    path = f"/bookings?view={view}"
    rosas, adas = sign_in(cast.rosa).get(path).text, sign_in(cast.ada).get(path).text
    assert "Zed" in rosas
    assert "/leads/" not in rosas.partition('id="bookings"')[2].partition("</section>")[0]
    assert ("Cancel<span" in rosas) is (view == "upcoming")
    assert "?tab=meetings" in adas
    assert ("/bookings/new?" in adas) is (view == "upcoming")


def test_the_news_of_a_meeting_leads_to_where_its_reader_finds_it(sign_in, cast, acme, book, lead):
    booking, _ = book(at(10))
    drain_events(lambda: False)
    notice_id = db.session.scalar(select(Notification.id).where(Notification.user_id == cast.rosa.id))
    rosa = sign_in(cast.rosa)
    assert rosa.get(f"/notifications/{notice_id}").location == f"/bookings/{booking.id}"
    assert rosa.get(f"/bookings/{booking.id}").location == f"/leads/{lead.id}?tab=meetings"
    perform(leads.assign_lead, lead, cast.max.id)
    assert rosa.get(f"/bookings/{booking.id}").location == f"/bookings?view=upcoming#booking-{booking.id}"
    be(at(11))
    assert rosa.get(f"/bookings/{booking.id}").location == f"/bookings?view=past#booking-{booking.id}"
    assert sign_in(cast.ben).get(f"/bookings/{booking.id}").status_code == 404


def test_another_organization_sees_nothing(sign_in, cast, acme, book, lead):
    booking, _ = book(at(10))
    rita = sign_in(cast.rita)
    assert "Naledi" not in rita.get("/bookings").text
    for path in (f"/leads/{lead.id}/bookings", f"/leads/{lead.id}/bookings/new"):
        assert rita.get(path).status_code == 404
    assert rita.post(f"/bookings/{booking.id}/cancellation").status_code == 404
    db.session.rollback()
    assert db.session.scalar(select(Booking.state).where(Booking.id == booking.id)) == "booked"


def test_a_leads_meetings_come_into_its_page(ada, lead):
    assert f'hx-get="/leads/{lead.id}/bookings"' in ada.get(f"/leads/{lead.id}?tab=meetings").text
    assert "has no meeting yet" in ada.get(f"/leads/{lead.id}/bookings", hx=True).text
