"""Free times and meetings by the API: what visitors of a realtor's page and the team's own programs may do."""

import pytest
from sqlalchemy import func, select

from leadcrm.bookings import api
from leadcrm.bookings.models import Booking
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.models import EventRow
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from tests.bookings.conftest import at, be

DAY = "2030-03-04"
NALEDI = {"first_name": "Naledi", "email": "naledi@mail.example", "phone": "+27215550147"}
TEN = "2030-03-04T10:00:00-05:00"
ELEVEN = "2030-03-04T11:00:00-05:00"


@pytest.fixture(autouse=True)
def monday(app):
    be(at(6))
    yield
    clock.move(0)


@pytest.fixture
def rosa(cast) -> dict[str, str]:
    """How the outside names her."""
    return {"realtor_id": cast.rosa.realtor_id}


@pytest.fixture
def lead(acme, cast) -> Lead:
    return perform(leads.create_lead, LeadData(first_name="Jo", email="jo@mail.example"), by=cast.ada)


def starts(answer) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [slot["start"] for slot in answer.json["items"]]


def test_a_day_is_shown_by_the_visitors_calendar_with_its_offset(anyone, rosa):
    at_home = starts(anyone.get("/slots", **rosa, date=DAY))
    assert at_home[0] == "2030-03-04T09:00:00-05:00"
    assert len(at_home) == 16
    in_auckland = starts(anyone.get("/slots", **rosa, date="2030-03-05", timezone="Pacific/Auckland"))
    assert in_auckland[0] == "2030-03-05T03:00:00+13:00"
    assert starts(anyone.get("/slots", **rosa, date="2030-03-09")) == []


def test_a_visitor_books_and_is_a_lead_then(anyone, rosa, cast, acme):
    answer = anyone.post("/bookings", {**rosa, **NALEDI, "start": TEN, "timezone": "Africa/Johannesburg"})
    assert answer.status_code == 201
    booking = answer.json
    assert booking["start"] == "2030-03-04T17:00:00+02:00"
    assert (booking["state"], booking["realtor_id"]) == ("booked", cast.rosa.realtor_id)
    lead = get_or_404(Lead, booking["lead_id"])
    assert (lead.name, lead.source, lead.realtor_id) == ("Naledi", "booking", cast.rosa.id)
    actors = select(EventRow.actor).where(EventRow.name == "booking.made")
    assert db.session.scalars(actors).one() == f"lead:{lead.id}"
    assert TEN not in starts(anyone.get("/slots", **rosa, date=DAY))


def test_a_known_visitor_moves_their_meeting(anyone, rosa, acme):
    first = anyone.post("/bookings", {**rosa, **NALEDI, "start": TEN})
    moved = anyone.post("/bookings", {**rosa, "phone": "+27 21 555 0147", "start": ELEVEN})
    assert (first.status_code, moved.status_code) == (201, 200)
    assert moved.json["id"] == first.json["id"]
    assert db.session.scalar(select(func.count(Booking.id))) == 1


def test_who_just_sent_a_survey_books_by_their_leads_id(anyone, rosa, acme):
    lead_id = anyone.post("/leads", {**rosa, **NALEDI}).json["id"]
    answer = anyone.post("/bookings", {**rosa, "lead_id": lead_id, "start": TEN})
    assert (answer.status_code, answer.json["lead_id"]) == (201, lead_id)


def test_who_was_put_away_comes_back_with_a_meeting(anyone, rosa, lead, acme):
    perform(leads.archive_lead, lead)
    assert anyone.post("/bookings", {**rosa, "lead_id": lead.id, "start": TEN}).status_code == 201
    db.session.rollback()
    assert db.session.scalar(select(Lead.archived_at).where(Lead.id == lead.id)) is None


def test_a_taken_slot_is_refused_with_the_nearest_ones(anyone, rosa):
    anyone.post("/bookings", {**rosa, **NALEDI, "start": TEN})
    answer = anyone.post("/bookings", {**rosa, "first_name": "Thabo", "email": "t@mail.example", "start": TEN})
    assert answer.status_code == 400
    error = answer.json["error"]
    assert error["code"] == "slot_taken"
    assert [slot["start"][11:16] for slot in error["alternatives"]] == ["09:00", "09:30", "10:30"]
    assert "Naledi" not in answer.text


def test_the_same_key_books_once(anyone, rosa, acme):
    body = {**rosa, **NALEDI, "start": TEN}
    first, again = (anyone.post("/bookings", body, key="click") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"realtor_id": None}, "realtor_id"),
        ({"realtor_id": "nobody"}, "realtor_id"),
        ({"start": None}, "start"),
        ({"start": "2030-03-04T10:00:00"}, "start"),
        ({"email": None, "phone": None}, "lead_id"),
        ({"email": "no address"}, "email"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
    ],
)
def test_what_cannot_be_read_is_a_400_that_names_the_field(anyone, rosa, said, field):
    body = {**rosa, **NALEDI, "start": TEN, **said}
    answer = anyone.post("/bookings", {name: value for name, value in body.items() if value is not None})
    assert answer.status_code == 400
    assert field in answer.json["error"]["fields"]


def test_realtors_and_leads_that_are_not_there_are_not_found(anyone, ada, rita, rosa, lead, cast):
    nobody = {"realtor_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10"}
    assert anyone.get("/slots", **nobody, date=DAY).status_code == 404
    assert anyone.post("/bookings", {**nobody, **NALEDI, "start": TEN}).status_code == 404
    assert rita.post("/bookings", {**rosa, **NALEDI, "start": TEN}).status_code == 404
    assert anyone.post("/bookings", {**rosa, "lead_id": nobody["realtor_id"], "start": TEN}).status_code == 404
    assert anyone.get("/slots", realtor_id="nobody", date=DAY).status_code == 400
    perform(_disable, cast.rosa.id)
    assert anyone.get("/slots", **rosa, date=DAY).status_code == 404


def _disable(user_id: str) -> None:
    get_or_404(User, user_id).disabled_at = clock.now()


def test_the_team_books_for_the_leads_realtor_and_cancels(ada, rita, anyone, rosa):
    lead_id = anyone.post("/leads", {**rosa, **NALEDI}).json["id"]
    booking = ada.post("/bookings", {"lead_id": lead_id, "start": TEN, "timezone": "UTC"})
    assert booking.status_code == 201
    path = f"/bookings/{booking.json['id']}"
    assert rita.call("DELETE", path).status_code == 404
    assert anyone.call("DELETE", path).status_code == 401
    assert [ada.call("DELETE", path).json["state"] for _ in range(2)] == ["canceled", "canceled"]
    assert TEN in starts(anyone.get("/slots", **rosa, date=DAY))


def test_a_lead_who_came_to_no_realtor_needs_one_named(ada, lead):
    answer = ada.post("/bookings", {"lead_id": lead.id, "start": TEN})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, ["realtor_id"])


def test_a_meeting_that_has_begun_cannot_be_canceled(ada, rosa, lead):
    booking = ada.post("/bookings", {**rosa, "lead_id": lead.id, "start": TEN}).json
    be(at(10, 5))
    assert ada.call("DELETE", f"/bookings/{booking['id']}").status_code == 422


def test_a_rep_cancels_meetings_of_leads_they_see_and_their_own(caller, cast, rosa, acme):
    maxs = perform(leads.create_lead, LeadData(first_name="Zed", owner_id=cast.max.id), by=cast.max)
    ben, her, max_ = caller(cast.ben), caller(cast.rosa), caller(cast.max)
    booking = max_.post("/bookings", {**rosa, "lead_id": maxs.id, "start": TEN}).json
    assert ben.call("DELETE", f"/bookings/{booking['id']}").status_code == 404
    assert her.call("DELETE", f"/bookings/{booking['id']}").status_code == 200


def test_the_list_of_leads_shows_who_has_a_meeting(ada, rosa, lead):
    assert ada.get("/leads", filter="booked").json["items"] == []
    booking = ada.post("/bookings", {**rosa, "lead_id": lead.id, "start": TEN}).json
    assert [it["id"] for it in ada.get("/leads", filter="booked").json["items"]] == [lead.id]
    ada.call("DELETE", f"/bookings/{booking['id']}")
    assert ada.get("/leads", filter="booked").json["items"] == []


def test_visitors_are_limited_by_realtor(anyone, rosa, monkeypatch):
    monkeypatch.setattr(api, "BOOKINGS_WITH_REALTOR", "2/minute")
    spelled = (rosa["realtor_id"], rosa["realtor_id"].replace("-", ""), rosa["realtor_id"].upper())
    codes = [anyone.post("/bookings", {"realtor_id": it, **NALEDI, "start": TEN}).status_code for it in spelled]
    assert codes == [201, 200, 429]
