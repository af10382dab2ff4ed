"""Wall clocks of the world: every clock change of every zone from 2020 to 2035, and a table of famous ones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadcrm.conversations.sending_policy import Window
from leadcrm.core.zones import UnknownZone, in_quiet_hours, wall_time, zone
from leadcrm.flows.timing import days_behind, days_on, scheduled_for
from tests.clock_changes import FIRST, LAST, ZONES, shown, transitions, utc

NEW_YORK = "America/New_York"


def test_every_transition_of_every_zone():
    seen = 0
    for name in ZONES:
        local = zone(name)
        for change, old, new in transitions(name):
            seen += 1
            if new > old:
                check_gap(local, change, old, new)
            else:
                check_fold(local, change, old, new)
    assert seen > 2000


def check_gap(local: ZoneInfo, change: datetime, old: timedelta, new: timedelta) -> None:
    last_before = (change + old).replace(tzinfo=None)
    for share in (0, 0.5, 0.999):
        skipped = (last_before + (new - old) * share).replace(microsecond=0)
        assert shown(wall_time(skipped.date(), skipped.time(), local), local) == skipped + (new - old)
    back = (change + new).replace(tzinfo=None)
    assert wall_time(back.date(), back.time(), local) == change
    assert_schedule_is_sane(local, last_before)


def check_fold(local: ZoneInfo, change: datetime, old: timedelta, new: timedelta) -> None:
    first_repeated = (change + new).replace(tzinfo=None)
    for share in (0, 0.5, 0.999):
        twice = (first_repeated + (old - new) * share).replace(microsecond=0)
        first = wall_time(twice.date(), twice.time(), local)
        assert shown(first, local) == twice
        assert first < change, "the first of two showings"
    assert_schedule_is_sane(local, first_repeated)


def assert_schedule_is_sane(local: ZoneInfo, around: datetime) -> None:
    """A step for the day and time of a clock change goes out on that day's clock, whenever the lead enrolled."""
    enrolled = wall_time(around.date() - timedelta(days=2), time(15), local)
    planned = scheduled_for(2, around.time(), enrolled, local, enrolled)
    assert planned == wall_time(around.date(), around.time(), local)
    allowed = Window(time(21), time(8)).opening(planned, local)
    assert allowed >= planned
    assert not in_quiet_hours(allowed, local, time(21), time(8))


@pytest.mark.parametrize(
    ("name", "wall", "expected"),
    [
        (NEW_YORK, "2026-03-08 01:59", "2026-03-08 06:59"),
        (NEW_YORK, "2026-03-08 02:30", "2026-03-08 07:30"),  # gap: 3:30 summer time
        (NEW_YORK, "2026-03-08 03:00", "2026-03-08 07:00"),
        (NEW_YORK, "2026-11-01 01:30", "2026-11-01 05:30"),  # fold: still summer time
        (NEW_YORK, "2026-11-01 02:00", "2026-11-01 07:00"),
        ("Europe/London", "2026-03-29 01:30", "2026-03-29 01:30"),  # gap: 2:30 summer time
        ("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30"),  # fold
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:45"),  # gap of half an hour: 2:45
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),  # fold of half an hour
        ("Africa/Cairo", "2026-04-24 00:30", "2026-04-23 22:30"),  # gap at midnight: 1:30
        ("Africa/Cairo", "2026-10-29 23:30", "2026-10-29 20:30"),  # fold before midnight
        ("America/Havana", "2026-03-08 00:30", "2026-03-08 05:30"),  # gap at midnight: 1:30
        ("America/Havana", "2026-11-01 00:30", "2026-11-01 04:30"),  # fold after midnight
        ("Pacific/Apia", "2011-12-30 09:00", "2011-12-30 19:00"),  # a day that never was: the 31st, 9:00
        ("Pacific/Apia", "2026-03-08 09:00", "2026-03-07 20:00"),
        ("America/Phoenix", "2026-03-08 02:30", "2026-03-08 09:30"),  # no clock changes
        ("America/Phoenix", "2026-11-01 01:30", "2026-11-01 08:30"),
    ],
)
def test_wall_time(name, wall, expected):
    moment = datetime.fromisoformat(wall)
    assert wall_time(moment.date(), moment.time(), zone(name)) == utc(expected)


@pytest.mark.parametrize("name", [NEW_YORK, "Europe/London", "Australia/Lord_Howe", "Pacific/Apia", "America/Phoenix"])
def test_the_three_steps_of_a_lead_from_monday_afternoon(name):
    local = zone(name)
    enrolled = wall_time(date(2026, 6, 1), time(15), local)
    steps = [(0, None), (1, time(9)), (2, time(14))]
    planned = [shown(scheduled_for(day, clock, enrolled, local, enrolled), local) for day, clock in steps]
    assert [f"{moment:%A %H:%M}" for moment in planned] == ["Monday 15:00", "Tuesday 09:00", "Wednesday 14:00"]


def test_day_zero_at_once_is_the_very_instant_even_in_a_fold():
    second_showing = utc("2026-11-01 06:30")  # 1:30 for the second time in New York
    assert scheduled_for(0, None, second_showing, zone(NEW_YORK), second_showing) == second_showing


def test_a_later_day_at_once_keeps_the_wall_time_of_the_enrolment_across_a_clock_change():
    enrolled = utc("2026-03-07 20:00")  # 15:00 in New York
    assert scheduled_for(1, None, enrolled, zone(NEW_YORK), enrolled) == utc("2026-03-08 19:00")


def test_the_enrolments_date_is_the_leads_not_ours():
    enrolled = utc("2026-06-02 03:00")  # still Monday evening in New York
    assert scheduled_for(1, time(9), enrolled, zone(NEW_YORK), enrolled) == utc("2026-06-02 13:00")


def test_what_is_past_goes_now():
    enrolled, now = utc("2026-06-01 19:00"), utc("2026-06-01 19:00:30")
    assert scheduled_for(0, time(9), enrolled, zone(NEW_YORK), now) == now
    assert scheduled_for(0, None, enrolled, zone(NEW_YORK), now) == now


@pytest.mark.parametrize(
    ("now", "meant", "expected"),
    [
        ("14 15:00", ["11 13:00", "18 13:00"], ["18 13:00", "25 13:00"]),  # seven days late
        ("15 02:00", ["11 13:00", "18 13:00"], ["18 13:00", "25 13:00"]),  # still the 14th in New York
        ("14 15:00", ["07 13:00", "07 14:00"], ["15 14:00"]),  # today its hour has passed, too
        ("07 14:30", ["07 14:00", "11 13:00"], ["08 14:00", "12 13:00"]),
        ("07 13:30", ["07 14:00", "11 13:00"], []),  # half an hour late: nothing is in its way
        ("14 15:00", ["06 13:00"], []),  # meant for before
        ("05 13:00", ["11 13:00"], []),  # a clock that went back hurries nobody
    ],
)
def test_what_follows_a_late_step_keeps_its_distance_in_days_and_its_wall_time(now, meant, expected):
    first = utc("2026-06-07 13:00")
    local, moments = zone(NEW_YORK), [first, *(utc(f"2026-06-{it}") for it in meant)]
    days = days_behind(moments, first, utc(f"2026-06-{now}"), local)
    moved = [days_on(moment, days, local) for moment in moments if days and moment > first]
    assert moved == [utc(f"2026-06-{it}") for it in expected]


def test_what_moves_over_a_clock_change_keeps_its_wall_time():
    first, following = utc("2026-03-05 14:00"), utc("2026-03-06 14:00")  # 9:00 in New York
    days = days_behind([following], first, utc("2026-03-09 20:00"), zone(NEW_YORK))
    assert days_on(following, days, zone(NEW_YORK)) == utc("2026-03-10 13:00")


@pytest.mark.parametrize("name", ["", "America", "../../etc/passwd", "Mars/Base", "a\0b", "x" * 5000, None, 7])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(UnknownZone):
        zone(name)


@pytest.mark.parametrize(
    ("clock", "start", "end", "quiet"),
    [
        ("20:59:59", time(21), time(8), False),
        ("21:00", time(21), time(8), True),
        ("00:00", time(21), time(8), True),
        ("07:59:59", time(21), time(8), True),
        ("08:00", time(21), time(8), False),
        ("12:30", time(12), time(13), True),
        ("13:00", time(12), time(13), False),
        ("11:59", time(12), time(13), False),
        ("12:00", time(12), time(12), False),
    ],
)
def test_quiet_hours_are_half_open(clock, start, end, quiet):
    local = zone(NEW_YORK)
    moment = wall_time(date(2026, 6, 1), time.fromisoformat(clock), local)
    assert in_quiet_hours(moment, local, start, end) is quiet


instants = st.integers(int(FIRST.timestamp()), int(LAST.timestamp())).map(lambda at: datetime.fromtimestamp(at, UTC))
clocks = st.times().map(lambda clock: clock.replace(microsecond=0))


@settings(max_examples=300)
@given(
    st.sampled_from(ZONES),
    instants,
    st.integers(0, 365),
    st.none() | clocks,
)
def test_a_step_is_never_before_its_enrolment_and_on_its_own_day(name, enrolled, day, clock):
    local = zone(name)
    planned = scheduled_for(day, clock, enrolled, local, enrolled)
    assert planned >= enrolled
    if planned > enrolled:
        local_day = shown(enrolled, local).date() + timedelta(days=day)
        # a gap at midnight may push 23:59 over it, never further
        assert timedelta(0) <= shown(planned, local).date() - local_day <= timedelta(days=1)
