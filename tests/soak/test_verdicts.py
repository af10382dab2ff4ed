"""A verdict says how much was done: what holds for a few kills has not held for as many as were wanted."""

import pytest

from soak.verdicts import Verdict, measured


@pytest.mark.parametrize(
    ("done", "holds", "word", "told"),
    [
        (500, True, "holds", "500 kills"),
        (100, True, "short", "500 kills; 100 of 500 kills, 5.0 times the minutes would do"),
        (0, True, "short", "500 kills; 0 of 500 kills, more minutes are needed"),
        (100, False, "BROKEN", "500 kills; 100 of 500 kills, 5.0 times the minutes would do"),
        (100, None, "skipped", "500 kills; 100 of 500 kills, 5.0 times the minutes would do"),
    ],
)
def test_less_than_was_wanted_is_called_short(done, holds, word, told):
    line = str(measured(Verdict("kills", "SQLite", "500 kills", holds), done, 500, "kills"))
    assert line.split(maxsplit=3) == ["kills", "SQLite", word, told]
