"""The editor's form and the groups it stands for."""

import pytest
from werkzeug.datastructures import MultiDict

from leadcrm.conversations.condition_rows import added_row, edited, group_of, unsavable

NEW = {"field": "status", "op": "is", "value": "new"}
OLD = {"field": "age", "op": "at_least", "value": "9"}
FORM = {
    "name": "Not ours",
    "only-how": "all",
    "only-0-field": "status", "only-0-op": "is", "only-0-value": " new ",
    "only-2-how": "any",
    "only-2-1-field": "age", "only-2-1-op": "at_least", "only-2-1-value": "9",
    "only-2-0-field": "status", "only-2-0-op": "is", "only-2-0-value": "new",
    "other-0-field": "status",
}  # fmt: skip
GROUP = {"all": [NEW, {"any": [NEW, OLD]}]}
STRANGE = ("", "only-9", "only-0-0", "only-1-9", "only-x", "other", "only-")


def test_rows_come_in_the_order_of_their_numbers():
    assert group_of(MultiDict(FORM), "only") == GROUP
    assert group_of(MultiDict(FORM | {"only-how": "any"}), "only") == {"any": GROUP["all"]}
    assert group_of(MultiDict(FORM | {"only-how": "perhaps"}), "only") == GROUP
    assert group_of(MultiDict({"only-0-0-0-field": "x", "only--field": "x", "only-x": "y"}), "only") == {"all": []}


def test_rows_without_end_are_cut_off():
    flood = {f"only-{n}-field": "email" for n in range(150)} | {f"only-0-{n}-field": "email" for n in range(150)}
    rows = group_of(MultiDict(flood), "only")["all"]
    assert len(rows) < 30
    assert all(len(row.get("all", ())) < 30 for row in rows)


@pytest.mark.parametrize(
    ("add", "remove", "expected", "cursor"),
    [
        ("only", "", {"all": [*GROUP["all"], {}]}, "only-2"),
        ("only-group", "", {"all": [*GROUP["all"], {"any": [{}, {}]}]}, "only-2-0"),
        ("only-1", "", {"all": [NEW, {"any": [NEW, OLD, {}]}]}, "only-1-2"),
        ("", "only-0", {"all": [{"any": [NEW, OLD]}]}, ""),
        ("", "only-1", {"all": [NEW]}, ""),
        ("", "only-1-0", {"all": [NEW, {"any": [OLD]}]}, ""),
        *[
            (strange, strange, GROUP, "")
            for strange in ("", "only-9", "only-0-0", "only-1-9", "only-x", "other", "only-")
        ],
    ],
)
def test_buttons_add_and_remove(add, remove, expected, cursor):
    group = edited(GROUP, "only", add, remove)
    assert group == expected
    assert added_row(group, "only", add) == cursor
    assert GROUP == {"all": [NEW, {"any": [NEW, OLD]}]}, "what was given stays as it was"


def test_a_group_goes_with_its_last_row():
    assert edited({"all": [{"any": [NEW]}, OLD]}, "only", "", "only-0-0") == {"all": [OLD]}


def test_what_cannot_be_saved_is_named_by_its_row():
    bad = NEW | {"value": "a\x00b"}
    assert list(unsavable({"all": [bad, {"any": [NEW, bad]}]}, "only")) == ["only-0", "only-1-1"]
