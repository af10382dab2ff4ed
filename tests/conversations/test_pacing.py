"""No hour sees more messages than the limit, whenever it begins and however they fall due."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadcrm.conversations import pacing

START = datetime(2026, 11, 21, 9, tzinfo=UTC)


def admitted(per_hour: int, asked: list[datetime]) -> list[datetime]:
    """The moments at which one may leave, of those that are asked for in this order."""
    free_at, left = START, []
    for moment in asked:
        if pacing.earliest(per_hour, free_at) <= moment:
            free_at = pacing.after_one(per_hour, free_at, moment)
            left.append(moment)
    return left


@given(st.integers(1, 500), st.lists(st.integers(0, 4 * 3600), min_size=1, max_size=400))
def test_no_hour_sees_more_than_the_limit(per_hour, seconds):
    left = admitted(per_hour, [START + timedelta(seconds=second) for second in sorted(seconds)])
    for first in left:
        assert sum(first <= moment < first + pacing.HOUR for moment in left) <= per_hour


@given(st.integers(2, 5_000))
def test_nearly_all_of_the_limit_is_used_when_much_is_waiting(per_hour):
    second = timedelta(seconds=1)
    asked = [START + second * n for n in range(3600) for _ in range(per_hour // 3600 + 2)]
    assert len(admitted(per_hour, asked)) >= per_hour * 0.9 - 1


@given(st.integers(1, 1_000), st.integers(1, 300))
def test_places_in_the_line_are_an_interval_apart_and_in_time(per_hour, number):
    free_at = pacing.after_one(per_hour, START, START)
    line_at, turns = START, []
    for _ in range(number):
        turns.append(pacing.place_in_line(per_hour, free_at, line_at))
        line_at = turns[-1] + pacing.interval(per_hour)
    for turn in turns:  # each leaves at its turn
        assert pacing.earliest(per_hour, free_at) <= turn
        free_at = pacing.after_one(per_hour, free_at, turn)
    assert turns == sorted(set(turns))
