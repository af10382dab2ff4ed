"""Sending windows on the wall clocks of the world: every clock change from 2020 to 2035, days far from UTC's."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadcrm.conversations.sending_policy import Hours, Policy, Window, departure
from leadcrm.core.zones import wall_time
from leadcrm.flows.timing import scheduled_for
from tests.clock_changes import FIRST, LAST, ZONES, shown, transitions, utc

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUARTER = 15 * MINUTE  # nearly every change of a clock lies on one, and so do the edges of windows around it
WEEKDAYS = frozenset(range(5))


def is_open(window: Window, moment: datetime, local: ZoneInfo) -> bool:
    """What the wall says, told without the code under test."""
    wall = shown(moment, local)
    start, end, clock = window.quiet_from, window.quiet_until, wall.time()
    is_quiet = start <= clock < end if start <= end else clock >= start or clock < end
    return wall.weekday() in window.days and not is_quiet


def first(window: Window, moment: datetime, local: ZoneInfo, step: timedelta, *, wanted: bool) -> datetime:
    """The first step from `moment` on at which the window is as wanted, by looking at each."""
    while is_open(window, moment, local) != wanted:
        moment += step
    return moment


def test_windows_around_every_clock_change():
    """Quiet hours that begin or end in the hour that is skipped or repeated, and days that begin there."""
    seen = {(at, old, new): name for name in ZONES for at, old, new in transitions(name)}
    assert len(seen) > 500
    for (change, old, new), name in seen.items():
        before, after = (change + old).replace(tzinfo=None), (change + new).replace(tzinfo=None)
        middle = (before + (after - before) / 2).replace(second=0)
        for window in (
            Window((before - 1.75 * HOUR).time(), middle.time()),
            Window(middle.time(), (after + 1.75 * HOUR).time()),
            Window(days=frozenset(range(7)) - {after.weekday()}),
        ):
            for moment in (change - 2 * HOUR, change):
                check(window, moment, ZoneInfo(name), MINUTE if change.minute % 15 else QUARTER)


def check(window: Window, moment: datetime, local: ZoneInfo, step: timedelta) -> None:
    for wanted, found in ((True, window.opening), (False, window.closing)):
        assert found(moment, local) == first(window, moment, local, step, wanted=wanted), (window, moment, local)


@pytest.mark.parametrize(
    ("name", "sunday", "leaves"),
    [
        ("America/New_York", "2026-03-08", "2026-03-08 13:00"),  # clocks go forward: 9:00 is an hour earlier
        ("America/New_York", "2026-11-01", "2026-11-01 14:00"),  # and back
        ("Europe/Berlin", "2026-03-29", "2026-03-29 07:00"),
        ("Europe/Berlin", "2026-10-25", "2026-10-25 08:00"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03 22:00"),  # by half an hour
        ("America/Santiago", "2026-09-06", "2026-09-06 12:00"),  # at midnight
    ],
)
def test_nine_oclock_on_the_sunday_the_clocks_change(name, sunday, leaves):
    """Dittofeed's case: a step of the next day at 9:00, and a text held over that night, both leave at 9:00."""
    local, day = ZoneInfo(name), datetime.fromisoformat(sunday).date()
    enrolled = wall_time(day - timedelta(days=1), time(15), local)
    assert scheduled_for(1, time(9), enrolled, local, enrolled) == utc(leaves)
    policy = Policy({"sms": Window(time(21), time(9))})
    saturday_night = wall_time(day - timedelta(days=1), time(23), local)
    meant = {"channel": "sms", "zones": [local], "automatic": True}
    assert departure(policy, scheduled_for=saturday_night, **meant) == utc(leaves)


@pytest.mark.parametrize(
    ("name", "at", "leaves"),
    [
        ("America/Los_Angeles", "2026-01-17 01:00", "2026-01-17 01:00"),  # Friday 17:00, Saturday in UTC
        ("America/Los_Angeles", "2026-01-17 08:00", "2026-01-19 08:00"),  # Saturday 0:00: Monday 0:00
        ("America/Los_Angeles", "2026-01-19 01:00", "2026-01-19 08:00"),  # Sunday 17:00, Monday in UTC
        ("Asia/Tokyo", "2026-01-18 15:00", "2026-01-18 15:00"),  # Monday 0:00, Sunday in UTC
        ("Asia/Tokyo", "2026-01-16 15:00", "2026-01-18 15:00"),  # Saturday 0:00, Friday in UTC
        ("Pacific/Kiritimati", "2026-01-18 10:00", "2026-01-18 10:00"),  # Monday 0:00, fourteen hours ahead
        ("Pacific/Kiritimati", "2026-01-16 09:59", "2026-01-16 09:59"),  # Friday 23:59
    ],
)
def test_weekdays_are_the_leads_across_utc_midnight(name, at, leaves):
    """Dittofeed's other case: the days are those of the lead's calendar, wherever UTC's midnight falls."""
    policy = Policy({"email": Window(days=WEEKDAYS)})
    meant = {"channel": "email", "zones": [ZoneInfo(name)], "automatic": True}
    assert departure(policy, scheduled_for=utc(at), **meant) == utc(leaves)


@pytest.mark.parametrize(
    ("moment", "quiet_from", "quiet_until", "opens"),
    [
        ("2026-06-01 16:00", time(21), time(8), "2026-06-01 16:00"),  # noon: at once
        ("2026-06-02 02:00", time(21), time(8), "2026-06-02 12:00"),  # 22:00: tomorrow 8:00
        ("2026-06-02 09:00", time(21), time(8), "2026-06-02 12:00"),  # 5:00: today 8:00
        ("2026-03-08 06:30", time(21), time(2, 30), "2026-03-08 07:00"),  # the end is skipped: at 3:00 it is over
        ("2026-11-01 06:30", time(21), time(1, 45), "2026-11-01 06:45"),  # the end is shown a second time
        ("2026-11-01 05:50", time(1), time(1, 45), "2026-11-01 05:50"),  # the first 1:50 is after the end
    ],
)
def test_quiet_hours_end_in_new_york(moment, quiet_from, quiet_until, opens):
    window = Window(quiet_from, quiet_until)
    assert window.opening(utc(moment), ZoneInfo("America/New_York")) == utc(opens)


def test_an_evening_window_over_midnight_belongs_to_the_day_it_is_on():
    nights = Window(time(6), time(18), WEEKDAYS)  # open from 18:00 to 6:00, Monday to Friday
    london = ZoneInfo("Europe/London")
    assert nights.closing(utc("2026-01-16 20:00"), london) == utc("2026-01-17 00:00")
    assert nights.opening(utc("2026-01-17 02:00"), london) == utc("2026-01-19 00:00")


def test_open_all_week_and_all_day_never_closes():
    assert Window().closing(utc("2026-01-16 20:00"), ZoneInfo("Europe/London")) is None


instants = st.integers(int(FIRST.timestamp()), int(LAST.timestamp())).map(
    lambda at: datetime.fromtimestamp(at, UTC).replace(second=0)
)
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
windows = st.builds(Window, clocks, clocks, st.frozensets(st.integers(0, 6), min_size=3))
zones = st.sampled_from(ZONES).map(ZoneInfo)


@settings(max_examples=150)
@given(windows, instants, st.lists(zones, min_size=1, max_size=3, unique=True))
def test_an_opening_is_the_first_open_minute_in_every_zone(window, moment, candidates):
    opening = Hours(window, candidates).opening(moment)
    steps = int(((opening or moment + timedelta(days=15)) - moment) / MINUTE)
    for minutes in range(0, steps, 11):
        assert not all(is_open(window, moment + minutes * MINUTE, local) for local in candidates)
    if opening is not None:
        assert all(is_open(window, opening, local) for local in candidates)
        assert opening == moment or not all(is_open(window, opening - MINUTE, local) for local in candidates)


@settings(max_examples=150)
@given(windows, instants, st.lists(zones, min_size=1, max_size=3, unique=True))
def test_until_it_closes_it_is_open(window, moment, candidates):
    hours = Hours(window, candidates)
    opening = hours.opening(moment)
    closing = hours.closing(opening) if opening else None
    if closing is None:
        return
    assert not all(is_open(window, closing, local) for local in candidates)
    for minutes in range(0, int((closing - opening) / MINUTE), 7):
        assert all(is_open(window, opening + minutes * MINUTE, local) for local in candidates)
