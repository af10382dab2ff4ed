"""Conditions: data a person writes, checked once, tested against the facts of a lead and an event. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPS = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "not_contains": "does not contain",
    "at_least": "is at least",
    "at_most": "is at most",
    "is_set": "is set",
    "is_not_set": "is not set",
}
WITHOUT_VALUE = ("is_set", "is_not_set")
KINDS = {
    "choice": ("is", "is_not"),
    "text": ("is", "is_not", "contains", "not_contains", "is_set", "is_not_set"),
    "number": ("at_least", "at_most"),
    "presence": ("is_set", "is_not_set"),
    "user": ("is", "is_not", "is_set", "is_not_set"),
    "tag": ("is", "is_not"),
}
LONGEST_VALUE = 200
MOST_CONDITIONS = 20


@dataclass(frozen=True)
class Field:
    """Something that can be asked about. `choices` are (value, words) where only those make sense."""

    label: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def ops(self) -> tuple[str, ...]:
        return KINDS[self.kind]

    @property
    def op_choices(self) -> tuple[tuple[str, str], ...]:
        """(operator, words) that make sense for it."""
        return tuple((op, OPS[op]) for op in self.ops)


def _choices(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple((value, value.capitalize()) for value in values)


FIELDS = {
    "status": Field("status", "choice", _choices("new", "contacted", "qualified", "converted", "unqualified")),
    "source": Field("source", "text"),
    "score": Field("score", "number"),
    "priority": Field("priority", "choice", _choices("low", "medium", "high")),
    "owner": Field("owner", "user"),
    "email": Field("email address", "presence"),
    "phone": Field("phone number", "presence"),
    "company": Field("company", "text"),
    "interest": Field("interest", "text"),
    "tag": Field("tag", "tag"),
    "channel": Field("channel", "choice", (("email", "Email"), ("sms", "Text"), ("whatsapp", "WhatsApp"))),
    "message": Field("message text", "text"),
}

Condition = Mapping[str, Any]  # {"field", "op", "value"}


class BadCondition(ValueError):
    """The condition at `index` makes no sense; the message says why to the person who wrote it."""

    def __init__(self, index: int, message: str):
        super().__init__(message)
        self.index = index
        self.message = message


def check(conditions: Sequence[Condition], user_ids: frozenset[str]) -> list[dict[str, Any]]:
    """The conditions in their stored shape, values typed. Raises BadCondition for the first that makes no sense."""
    if len(conditions) > MOST_CONDITIONS:
        raise BadCondition(MOST_CONDITIONS, f"At most {MOST_CONDITIONS} conditions.")
    return [_checked(index, condition, user_ids) for index, condition in enumerate(conditions)]


def first_unmet(conditions: Sequence[Condition], facts: Mapping[str, Any]) -> Condition | None:
    """The first condition that does not hold, or None: all must hold."""
    return next((condition for condition in conditions if not holds(condition, facts)), None)


def holds(condition: Condition, facts: Mapping[str, Any]) -> bool:
    """Whether one condition holds. Words are compared without regard to case; a missing fact is empty."""
    fact, value = facts.get(condition["field"]), condition.get("value")
    match condition["op"]:
        case "is_set":
            return bool(fact)
        case "is_not_set":
            return not fact
        case "at_least":
            return (fact or 0) >= value
        case "at_most":
            return (fact or 0) <= value
        case "contains":
            return _folded(value) in _folded(fact)
        case "not_contains":
            return _folded(value) not in _folded(fact)
        case "is":
            return _is(fact, value)
        case "is_not":
            return not _is(fact, value)
        case op:
            raise ValueError(f"unknown operator {op!r}")


def sentence(condition: Condition, user_names: Mapping[str, str]) -> str:
    """`score is at least 70`."""
    field = FIELDS[condition["field"]]
    words = f"{field.label} {OPS[condition['op']]}"
    if condition["op"] in WITHOUT_VALUE:
        return words
    value = condition["value"]
    if field.kind == "user":
        return f"{words} {user_names.get(value, 'someone who left')}"
    return f"{words} {dict(field.choices).get(value, value)}"


def _checked(index: int, condition: Condition, user_ids: frozenset[str]) -> dict[str, Any]:
    field = FIELDS.get(condition.get("field"))
    if field is None:
        raise BadCondition(index, "Choose what to look at.")
    op = condition.get("op")
    if op not in field.ops:
        raise BadCondition(index, f"The {field.label} cannot be compared that way.")
    value = None if op in WITHOUT_VALUE else _value(index, field, condition.get("value"), user_ids)
    return {"field": condition["field"], "op": op, "value": value}


def _value(index: int, field: Field, value: Any, user_ids: frozenset[str]) -> str | int:
    text = str(value or "").strip() if not isinstance(value, int) else str(value)
    if not text:
        raise BadCondition(index, f"Say what the {field.label} is compared with.")
    if len(text) > LONGEST_VALUE:
        raise BadCondition(index, f"At most {LONGEST_VALUE} characters.")
    if field.kind == "number":
        if not (text.isascii() and text.isdigit() and int(text) <= 100):
            raise BadCondition(index, f"The {field.label} is a number from 0 to 100.")
        return int(text)
    if field.choices and text not in dict(field.choices):
        raise BadCondition(index, f"Choose one of the values of {field.label}.")
    if field.kind == "user" and text not in user_ids:
        raise BadCondition(index, "Choose a person of your team.")
    return text


def _is(fact: Any, value: Any) -> bool:
    if isinstance(fact, (list, tuple, set, frozenset)):
        return _folded(value) in {_folded(one) for one in fact}
    return _folded(fact) == _folded(value)


def _folded(value: Any) -> str:
    return str(value or "").strip().casefold()
