"""Conditions are data: typed, checked, and true or false of given facts."""

import pytest

from leadcrm.conversations.condition_fields import EVENT_FIELDS, FIELDS, LEAD_FIELDS
from leadcrm.conversations.conditions import (
    BadCondition,
    check,
    fields_of,
    first_unmet,
    grouped,
    holds,
    sentence,
    why_not,
)

USERS = frozenset({"ada"})
FACTS = {
    "status": "new",
    "source": "Website form",
    "score": 70,
    "priority": "low",
    "owner": None,
    "email": True,
    "phone": False,
    "company": "Acme Corp",
    "tag": ["Buyer", "hot"],
    "channel": "",
    "message": "Is Saturday OK?",
    "replied": True,
    "opted_out": ["sms"],
    "age": 3,
    "time": "18:30",
    "weekday": "sunday",
}

TABLE = [
    ("status", "is", "new", True),
    ("status", "is", "qualified", False),
    ("status", "is_not", "qualified", True),
    ("source", "is", "website FORM", True),
    ("source", "contains", "site", True),
    ("source", "not_contains", "site", False),
    ("source", "is_not", "Import", True),
    ("score", "at_least", "70", True),
    ("score", "at_least", "71", False),
    ("score", "at_most", "70", True),
    ("score", "at_most", "0", False),
    ("priority", "is", "low", True),
    ("owner", "is_set", None, False),
    ("owner", "is_not_set", None, True),
    ("owner", "is", "ada", False),
    ("owner", "is_not", "ada", True),
    ("email", "is_set", None, True),
    ("phone", "is_set", None, False),
    ("phone", "is_not_set", None, True),
    ("company", "contains", "corp", True),
    ("company", "is_set", None, True),
    ("interest", "is_not_set", None, True),
    ("interest", "contains", "villa", False),
    ("tag", "is", "HOT", True),
    ("tag", "is", "ho", False),
    ("tag", "is_not", "seller", True),
    ("channel", "is", "email", False),
    ("message", "contains", "saturday", True),
    ("replied", "yes", None, True),
    ("replied", "no", None, False),
    ("clicked", "yes", None, False),
    ("clicked", "no", None, True),
    ("opted_out", "is", "sms", True),
    ("opted_out", "is_not", "email", True),
    ("age", "at_least", "3", True),
    ("age", "at_most", "2", False),
    ("quiet", "at_least", "1", False),
    ("time", "from", "18:30", True),
    ("time", "from", "18:31", False),
    ("time", "before", "18:30", False),
    ("time", "before", "18:31", True),
    ("weekday", "is", "sunday", True),
    ("added_tag", "is", "hot", False),
]


@pytest.mark.parametrize(("field", "op", "value", "expected"), TABLE)
def test_a_condition_holds_or_not(field, op, value, expected):
    group = check([{"field": field, "op": op, "value": value}], USERS, FIELDS)
    assert holds(group, FACTS) is expected


def test_the_table_visits_every_operator_of_every_kind_of_field():
    visited = {(FIELDS[field].kind, op) for field, op, _, _ in TABLE}
    assert visited >= {(field.kind, op) for field in FIELDS.values() for op in field.ops} - {("text", "is_set")}


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"field": "password", "op": "is", "value": "x"},
        {"field": "status", "op": "is", "value": "sold"},
        {"field": "status", "op": "contains", "value": "new"},
        {"field": "status", "op": "is", "value": ""},
        {"field": "score", "op": "at_least", "value": "many"},
        {"field": "score", "op": "at_least", "value": "-1"},
        {"field": "score", "op": "at_least", "value": "101"},
        {"field": "score", "op": "at_least", "value": "٣"},
        {"field": "owner", "op": "is", "value": "somebody else's user"},
        {"field": "source", "op": "is", "value": "x" * 201},
        {"field": "source", "op": "is", "value": ["x"] * 0},
        {"field": "email", "op": "is", "value": "a@b.c"},
        {"field": ["status"].__str__(), "op": "is", "value": "new"},
        {"field": "age", "op": "at_least", "value": "3651"},
        {"field": "time", "op": "from", "value": "24:00"},
        {"field": "time", "op": "from", "value": "9:00"},
        {"field": "weekday", "op": "is", "value": "someday"},
        {"field": "replied", "op": "is", "value": "yes"},
        {"field": "message", "op": "contains", "value": "no event is looked at here"},
        {"any": []},
        {"any": [{"all": [{"field": "email", "op": "is_set"}]}]},
    ],
)
def test_nonsense_is_refused_with_its_place(condition):
    with pytest.raises(BadCondition) as refusal:
        check([{"field": "email", "op": "is_set"}, condition], USERS)
    assert refusal.value.place == "1"


def test_all_must_hold_and_the_first_that_does_not_is_named():
    conditions = check(
        [
            {"field": "status", "op": "is", "value": "new"},
            {"field": "score", "op": "at_least", "value": 80},
            {"field": "priority", "op": "is", "value": "high"},
        ],
        USERS,
    )
    unmet = first_unmet(conditions, FACTS)
    assert sentence(unmet, {}) == "score is at least 80"
    assert first_unmet(grouped([]), FACTS) is None


def test_sentences_name_people_and_choices():
    assert sentence({"field": "owner", "op": "is", "value": "ada"}, {"ada": "Ada"}) == "owner is Ada"
    assert sentence({"field": "owner", "op": "is", "value": "gone"}, {}) == "owner is someone who left"
    assert sentence({"field": "channel", "op": "is", "value": "sms"}, {}) == "channel is Text"
    assert sentence({"field": "phone", "op": "is_not_set", "value": None}, {}) == "phone number is not set"
    assert sentence({"field": "replied", "op": "no", "value": None}, {}) == "the lead has never replied"
    assert sentence({"field": "tag", "op": "is", "value": "{0}"}, {}) == "the lead has the tag {0}"
    assert sentence({"field": "weekday", "op": "is_not", "value": "sunday"}, {}) == "it is not Sunday where they are"


HOT = {"field": "score", "op": "at_least", "value": 80}
NEW = {"field": "status", "op": "is", "value": "new"}
BUYER = {"field": "tag", "op": "is", "value": "buyer"}
SELLER = {"field": "tag", "op": "is", "value": "seller"}

GROUPS = [
    ({"all": []}, True),
    ({"all": [NEW, BUYER]}, True),
    ({"all": [NEW, HOT]}, False),
    ({"any": [HOT, NEW]}, True),
    ({"any": [HOT, SELLER]}, False),
    ({"all": [NEW, {"any": [HOT, BUYER]}]}, True),
    ({"all": [NEW, {"any": [HOT, SELLER]}]}, False),
    ({"any": [HOT, {"all": [NEW, BUYER]}]}, True),
    ({"any": [HOT, {"all": [NEW, SELLER]}]}, False),
]


@pytest.mark.parametrize(("group", "expected"), GROUPS)
def test_groups_are_all_of_or_any_of(group, expected):
    assert check(group, USERS) == group
    assert holds(group, FACTS) is expected
    assert (first_unmet(group, FACTS) is None) is expected


def test_groups_read_as_a_sentence_and_say_what_is_missing():
    group = {"all": [NEW, {"any": [HOT, SELLER]}]}
    assert sentence(group, {}) == "status is New and (score is at least 80 or the lead has the tag seller)"
    assert why_not(group, FACTS, {}) == "Not the case: score is at least 80 or the lead has the tag seller"
    assert why_not({"any": [HOT, NEW]}, FACTS, {}) == ""
    assert sentence({"any": [HOT, {"all": [NEW]}]}, {}) == "score is at least 80 or status is New"


def test_a_flat_list_means_all_of_it_and_nothing_means_always():
    assert grouped([NEW, HOT]) == {"all": [NEW, HOT]}
    assert grouped(None) == check({"any": []}, USERS) == {"all": []}


def test_a_mistake_in_a_group_is_named_by_its_place():
    with pytest.raises(BadCondition) as refusal:
        check({"all": [NEW, {"any": [NEW, HOT | {"value": "x"}]}]}, USERS)
    assert refusal.value.place == "1-1"
    with pytest.raises(BadCondition) as refusal:
        check({"all": [*[NEW] * 19, {"any": [HOT, HOT]}]}, USERS)
    assert refusal.value.place == "19-1"


def test_only_the_fields_that_are_asked_about_need_be_read():
    assert fields_of({"all": [NEW, {"any": [HOT, BUYER]}]}) == {"status", "score", "tag"}
    assert not LEAD_FIELDS.keys() & EVENT_FIELDS.keys()
