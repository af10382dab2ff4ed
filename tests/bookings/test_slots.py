"""When a realtor can be met: pure, whatever zone, day and hours."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadcrm.bookings import slots
from leadcrm.bookings.slots import Rules, Slot

LONDON = ZoneInfo("Europe/London")
ZONES = ["Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Santiago", "UTC"]
A_MONDAY = datetime(2030, 6, 3, tzinfo=UTC)


def rules(*hours, zone=LONDON, **more) -> Rules:
    """The same hours on each day; a meeting takes half an hour."""
    usual = {"meeting": timedelta(minutes=30), "buffer": timedelta(), "notice": timedelta(), "days_ahead": 60}
    return Rules(zone, (hours,) * 7, **usual | more)


def starts(of: Rules, day: datetime, taken=(), now=None) -> list[str]:
    """When that day's meetings can begin, by the clock there."""
    since, until = slots.day_in(of.zone, day.date())
    found = slots.free_slots(of, set(taken), now or since, since, until)
    return [f"{slot.start.astimezone(of.zone):%H:%M}" for slot in found]


def test_a_morning_is_offered_from_its_beginning_to_its_end():
    assert starts(rules((time(9), time(11))), A_MONDAY) == ["09:00", "09:30", "10:00", "10:30"]


def test_what_does_not_fit_in_before_the_end_is_not_offered():
    assert starts(rules((time(9), time(10, 55))), A_MONDAY) == ["09:00", "09:30", "10:00"]


def test_hours_may_last_until_midnight():
    assert starts(rules((time(23), time())), A_MONDAY) == ["23:00", "23:30"]


def test_what_is_kept_free_after_a_meeting_lies_between_two_slots_and_may_reach_beyond_the_end():
    kept = rules((time(9), time(10, 30)), buffer=timedelta(minutes=15))
    assert starts(kept, A_MONDAY) == ["09:00", "09:45"]


def test_a_slot_that_is_taken_in_part_is_not_offered():
    quarter_past = datetime(2030, 6, 3, 9, 25, tzinfo=LONDON)
    taken = slots.cells(quarter_past, quarter_past + timedelta(minutes=10))
    assert starts(rules((time(9), time(11))), A_MONDAY, taken) == ["10:00", "10:30"]


def test_the_shortest_notice_is_counted_from_now():
    now = datetime(2030, 6, 3, 8, 1, tzinfo=LONDON).astimezone(UTC)
    assert starts(rules((time(9), time(11)), notice=timedelta(hours=2)), A_MONDAY, now=now) == ["10:30"]


def test_the_last_day_that_can_be_booked_can_be_booked_to_its_end():
    now = datetime(2030, 6, 3, 12, tzinfo=UTC)
    near = rules((time(23), time(23, 30)), days_ahead=1)
    assert starts(near, A_MONDAY + timedelta(days=1), now=now) == ["23:00"]
    assert starts(near, A_MONDAY + timedelta(days=2), now=now) == []


@pytest.mark.parametrize(
    ("day", "offered"),
    [
        (datetime(2030, 3, 31, tzinfo=LONDON), ["00:00", "00:30", "02:00", "02:30"]),  # at one o'clock it is two
        (
            datetime(2030, 10, 27, tzinfo=LONDON),
            ["00:00", "00:30", "01:00", "01:30", "01:00", "01:30", "02:00", "02:30"],
        ),
    ],
)
def test_on_the_day_of_a_clock_change_slots_are_those_that_really_pass(day, offered):
    assert starts(rules((time(0), time(3))), day) == offered


def test_hours_that_a_clock_change_swallows_do_not_come_on_top_of_the_next_ones():
    swallowed = rules((time(1), time(2)), (time(2), time(3)))
    assert starts(swallowed, datetime(2030, 3, 31, tzinfo=LONDON)) == ["02:00", "02:30"]


def test_the_nearest_are_told_in_order():
    found = [Slot(A_MONDAY + timedelta(hours=n), A_MONDAY + timedelta(hours=n + 1)) for n in (1, 2, 5, 6, 9)]
    assert slots.nearest(found, A_MONDAY + timedelta(hours=5)) == [found[1], found[2], found[3]]


@st.composite
def weeks(draw):
    """Hours of each weekday, apart from each other, on the five-minute grid."""

    def day():
        steps = sorted(draw(st.lists(st.integers(0, 287), max_size=6, unique=True)))
        clocks = [time(step // 12, step % 12 * 5) for step in steps]
        return tuple(zip(clocks[::2], clocks[1::2], strict=False))

    return tuple(day() for _ in range(7))


@given(
    week=weeks(),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    now=st.integers(0, 6 * 365 * 24 * 3600).map(lambda seconds: A_MONDAY + timedelta(seconds=seconds)),
    meeting=st.integers(1, 24),
    buffer=st.integers(0, 6),
    notice=st.integers(0, 72),
    taken=st.sets(st.integers(0, 12 * 24 * 4)),
)
def test_whatever_is_set_no_slot_breaks_a_rule(week, zone, now, meeting, buffer, notice, taken):
    of = Rules(zone, week, meeting * slots.CELL, buffer * slots.CELL, timedelta(hours=notice), days_ahead=5)
    busy = {slots.cells(now, now).start + cell for cell in taken}
    found = list(slots.free_slots(of, busy, now, now, now + timedelta(days=9)))
    for slot in found:
        assert slot.end - slot.start == of.meeting
        assert now + of.notice <= slot.start < slots.horizon(of, now)
        assert not busy & set(slots.taken_by(slot, of))
        assert slots.taken_by(slot, of)[0] * slots.CELL + slots.EPOCH == slot.start, "a slot begins with a cell"
        assert _is_within_hours(slot, of)
    for earlier, later in pairwise(found):
        assert earlier.end <= later.start


def _is_within_hours(slot: Slot, of: Rules) -> bool:
    """By the wall at the beginning; the last minute of an hour that a clock change swallows is as good as the next."""
    local = slot.start.astimezone(of.zone)
    hours = of.week[local.weekday()]
    gap = timedelta(hours=1)
    return any(
        opens <= local.time() < closes or opens <= (slot.start - gap).astimezone(of.zone).time() < closes
        for opens, closes in hours
    )
