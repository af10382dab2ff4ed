"""Settings → Availability: who may set whose hours, what is read of what they type, and what holds from then on."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadcrm.bookings import hours, queries
from leadcrm.core.db import db
from tests.bookings.conftest import at

USUAL = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "9-17") | {
    "saturday": "", "sunday": "", "meeting_minutes": "30", "buffer_minutes": "0", "notice_hours": "2",
    "days_ahead": "60", "place": "", "words": "", "revision": "0",
}  # fmt: skip


@pytest.fixture
def path(cast, acme) -> str:
    return f"/settings/availability/{cast.rosa.id}"


def test_a_realtor_sets_their_own_hours(sign_in, cast, path):
    rosa = sign_in(cast.rosa)
    assert 'value="09:00-17:00"' in rosa.get("/settings/availability").text
    said = {**USUAL, "monday": "9:00-10, 13.30 – 14:30", "place": "14 Roodebloem Rd"}
    assert rosa.post(path, data=said).status_code == 303
    db.session.rollback()
    free = queries.free_slots(cast.rosa, at(0), at(23))
    assert [slot.start for slot in free] == [at(9), at(9, 30), at(13, 30), at(14)]
    assert "14 Roodebloem Rd" in rosa.get(f"/book/{cast.rosa.realtor_id}").text


def test_those_who_run_the_team_set_everybodys_and_nobody_else_does(sign_in, cast, path):
    assert sign_in(cast.max).post(path, data=USUAL).status_code == 303
    assert sign_in(cast.ben).get("/settings/availability").status_code == 403
    assert sign_in(cast.ben).post(path, data=USUAL).status_code == 403
    assert sign_in(cast.rita).post(path, data=USUAL).status_code == 404
    assert sign_in(cast.max).get(f"/settings/availability/{cast.ben.id}").status_code == 404


def test_an_organization_without_realtors_is_told_what_one_is(sign_in, cast):
    assert "No realtors yet" in sign_in(cast.rita).get("/settings/availability").text


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("monday", "nine to five", "Write it like"),
        ("tuesday", "25-26", "Write it like"),
        ("wednesday", "12-9", "It has to end after it begins."),
        ("thursday", "9-12, 11-13", "One stretch has to be over"),
        ("friday", "9:01-12", "Whole steps of 5 minutes."),
        ("meeting_minutes", "7", "Whole steps of 5 minutes."),
        ("meeting_minutes", "", "Type a number."),
        ("days_ahead", "181", "From 1 to 180."),
        ("place", "x" * 201, "At most 200 characters."),
    ],
)
def test_bad_input_is_told_beside_its_field_and_kept(sign_in, cast, path, field, typed, error):
    answer = sign_in(cast.rosa).post(path, data={**USUAL, "words": "What I typed", field: typed}, hx=True)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert error in answer.text
    assert "What I typed" in answer.text
    assert queries.availability_of(cast.rosa) is None


def test_who_comes_second_hears_of_it(sign_in, cast, path):
    rosa, ada = sign_in(cast.rosa), sign_in(cast.ada)
    assert rosa.post(path, data=USUAL).status_code == 303
    answer = ada.post(path, data={**USUAL, "words": "Mine"})
    assert answer.status_code == 409
    assert "Somebody changed these hours meanwhile" in answer.text
    assert "Mine" in answer.text


@given(st.lists(st.tuples(st.times(), st.times()), max_size=4))
def test_hours_are_read_as_they_are_written(stretches):
    to_the_minute = [tuple(clock.replace(second=0, microsecond=0) for clock in stretch) for stretch in stretches]
    assert hours.read(hours.write(to_the_minute)) == to_the_minute


def test_midnight_is_written_as_the_days_end():
    assert hours.write([(time(20), time())]) == "20:00-24:00"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("9am-5pm", "09:00-17:00"),
        ("9:30 a.m. - 12 pm, 1pm–5:15PM", "09:30-12:00, 13:00-17:15"),
        ("9-5pm", "09:00-17:00"),
        ("1-5pm", "13:00-17:00"),
        ("12am-12pm", "00:00-12:00"),
        ("8pm-12am", "20:00-24:00"),
    ],
)
def test_hours_may_be_typed_by_the_twelve_hour_clock(typed, written):
    assert hours.write(hours.read(typed)) == written


@pytest.mark.parametrize("typed", ["13pm-5pm", "0am-5pm", "9xm-5pm", "9am", "24:30-25"])
def test_hours_that_no_clock_shows_are_not_guessed_at(typed):
    with pytest.raises(ValueError, match="Write it like"):
        hours.read(typed)
