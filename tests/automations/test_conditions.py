"""Conditions are data: typed, checked, and true or false of given facts."""

import pytest

from leadcrm.automations.conditions import FIELDS, BadCondition, check, first_unmet, holds, sentence

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
]


@pytest.mark.parametrize(("field", "op", "value", "expected"), TABLE)
def test_a_condition_holds_or_not(field, op, value, expected):
    [condition] = check([{"field": field, "op": op, "value": value}], USERS)
    assert holds(condition, FACTS) is expected


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
    ],
)
def test_nonsense_is_refused_with_its_place(condition):
    with pytest.raises(BadCondition) as refusal:
        check([{"field": "email", "op": "is_set"}, condition], USERS)
    assert refusal.value.index == 1


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
    assert first_unmet([], FACTS) is None


def test_sentences_name_people_and_choices():
    assert sentence({"field": "owner", "op": "is", "value": "ada"}, {"ada": "Ada"}) == "owner is Ada"
    assert sentence({"field": "owner", "op": "is", "value": "gone"}, {}) == "owner is someone who left"
    assert sentence({"field": "channel", "op": "is", "value": "sms"}, {}) == "channel is Text"
    assert sentence({"field": "phone", "op": "is_not_set", "value": None}, {}) == "phone number is not set"
