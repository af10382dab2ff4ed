"""What counts as growth: the end beside what there was after the warm-up, whatever one sample said."""

import pytest

from soak import growth

ROSE_AT_FIRST = [*range(60, 70), *[100.0] * 50]


@pytest.mark.parametrize(
    ("megabytes", "holds"),
    [
        (ROSE_AT_FIRST, True),
        ([*ROSE_AT_FIRST[:-5], 900.0, *ROSE_AT_FIRST[-4:]], True),
        ([100 + sample / 10 for sample in range(60)], True),
        ([100 + sample for sample in range(60)], False),
    ],
    ids=["a warm-up", "one large page", "a hair", "a leak"],
)
def test_memory_that_grows_is_told_from_a_warm_up(megabytes, holds):
    assert len(megabytes) == growth.SAMPLES
    assert growth.judge("SQLite", "web", megabytes).holds is holds
