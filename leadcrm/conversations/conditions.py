"""Conditions in groups: data a person writes, checked once, tested against facts, read as a sentence. Pure.

A condition is `{"field", "op", "value"}`. A group is `{"all": [...]}` or `{"any": [...]}` of conditions and, one level
deep, of groups. An empty group at the top always holds. Flows and automations share them (facts: queries.facts_of).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leadcrm.conversations.condition_fields import FIELDS, LEAD_FIELDS, OPS, WITHOUT_VALUE, Field

JOINED = {"all": " and ", "any": " or "}
LONGEST_VALUE = 200
MOST_CONDITIONS = 20
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

Condition = Mapping[str, Any]
Group = Mapping[str, Any]


class BadCondition(ValueError):
    """The condition at `place` (`2`, or `1-0` in a group) makes no sense; the message says why to its writer."""

    def __init__(self, place: str, message: str):
        super().__init__(message)
        self.place = place
        self.message = message


def grouped(conditions: Group | Sequence[Condition] | None) -> Group:
    """A group as it is; a flat list, and nothing, as a group of which all must hold."""
    return conditions if isinstance(conditions, Mapping) else {"all": list(conditions or ())}


def is_group(node: Mapping[str, Any]) -> bool:
    return "all" in node or "any" in node


def how(group: Group) -> str:
    """`all` or `any`."""
    return "any" if "any" in group else "all"


def members(group: Group) -> Sequence[Mapping[str, Any]]:
    """What stands in the group, in order."""
    return group[how(group)]


def fields_of(group: Group) -> set[str]:
    """The fields that are looked at, so that nothing else is read."""
    return {condition["field"] for _, condition in _walked(group)}


def check(
    conditions: Group | Sequence[Condition],
    user_ids: frozenset[str],
    fields: Mapping[str, Field] = LEAD_FIELDS,
) -> Group:
    """The group in its stored shape, values typed. Raises BadCondition for the first that makes no sense."""
    group = grouped(conditions)
    places = [place for place, _ in _walked(group)]
    if len(places) > MOST_CONDITIONS:
        raise BadCondition(places[MOST_CONDITIONS], f"At most {MOST_CONDITIONS} conditions.")
    if not members(group):
        return {"all": []}
    return {how(group): [_checked_member(str(n), one, user_ids, fields) for n, one in enumerate(members(group))]}


def holds(node: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether a condition or a group holds. Words are compared without regard to case; a missing fact is empty."""
    if is_group(node):
        found = (holds(member, facts) for member in members(node))
        return any(found) if "any" in node else all(found)
    return _condition_holds(node, facts.get(node["field"]))


def first_unmet(group: Group, facts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first condition that should hold and does not, or the group of which none does; None when all is well."""
    if holds(group, facts):
        return None
    if "any" in group:
        return group
    unmet = next(member for member in members(group) if not holds(member, facts))
    return first_unmet(unmet, facts) if is_group(unmet) else unmet


def sentence(node: Mapping[str, Any], user_names: Mapping[str, str]) -> str:
    """`score is at least 70 and (the lead has replied or status is New)`."""
    if is_group(node):
        return JOINED[how(node)].join(_in_group(member, user_names) for member in members(node))
    field, op = FIELDS[node["field"]], node["op"]
    template = field.says.get(op, f"{field.label} {OPS[op]}" + ("" if op in WITHOUT_VALUE else " {}"))
    return template.format(_shown(field, node.get("value"), user_names))


def why_not(group: Group, facts: Mapping[str, Any], user_names: Mapping[str, str]) -> str:
    """What of the group does not hold, for people to read; empty when all does."""
    unmet = first_unmet(group, facts)
    return "" if unmet is None else f"Not the case: {sentence(unmet, user_names)}"


def _in_group(member: Mapping[str, Any], user_names: Mapping[str, str]) -> str:
    words = sentence(member, user_names)
    return f"({words})" if is_group(member) and len(members(member)) > 1 else words


def _shown(field: Field, value: Any, user_names: Mapping[str, str]) -> Any:
    if field.kind == "user":
        return user_names.get(value, "someone who left")
    return dict(field.choices).get(value, value)


def _walked(group: Group, above: str = "") -> Iterator[tuple[str, Condition]]:
    """Every condition with its place."""
    for number, member in enumerate(members(group)):
        if is_group(member):
            yield from _walked(member, f"{above}{number}-")
        else:
            yield f"{above}{number}", member


def _condition_holds(condition: Condition, fact: Any) -> bool:
    value = condition.get("value")
    match condition["op"]:
        case "is_set" | "yes":
            return bool(fact)
        case "is_not_set" | "no":
            return not fact
        case "at_least":
            return (fact or 0) >= value
        case "at_most":
            return fact is not None and fact <= value  # nobody's health is low
        case "from":
            return (fact or "") >= value
        case "before":
            return (fact or "") < value
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


def _checked_member(
    place: str, member: Mapping[str, Any], user_ids: frozenset[str], fields: Mapping[str, Field]
) -> dict[str, Any]:
    if not is_group(member):
        return _checked(place, member, user_ids, fields)
    inside = members(member)
    if not inside or any(is_group(one) for one in inside):
        raise BadCondition(place, "A group holds one condition or more, and no further group.")
    return {how(member): [_checked(f"{place}-{n}", one, user_ids, fields) for n, one in enumerate(inside)]}


def _checked(place: str, condition: Condition, user_ids: frozenset[str], fields: Mapping[str, Field]) -> dict[str, Any]:
    field = fields.get(condition.get("field"))
    if field is None:
        raise BadCondition(place, "Choose what to look at.")
    op = condition.get("op")
    if op not in field.ops:
        raise BadCondition(place, f"The {field.label} cannot be compared that way.")
    value = None if op in WITHOUT_VALUE else _value(place, field, condition.get("value"), user_ids)
    return {"field": condition["field"], "op": op, "value": value}


def _value(place: str, field: Field, value: Any, user_ids: frozenset[str]) -> str | int:
    text = str(value or "").strip() if not isinstance(value, int) else str(value)
    if not text:
        raise BadCondition(place, f"Say what the {field.label} is compared with.")
    if len(text) > LONGEST_VALUE:
        raise BadCondition(place, f"At most {LONGEST_VALUE} characters.")
    if field.kind == "number":
        if not (text.isascii() and text.isdigit() and int(text) <= field.most):
            raise BadCondition(place, f"The {field.label}: a number from 0 to {field.most}.")
        return int(text)
    if field.kind == "time" and not _TIME.fullmatch(text):
        raise BadCondition(place, "A time of day, like 09:00.")
    if field.choices and text not in dict(field.choices):
        raise BadCondition(place, f"Choose one of the values of {field.label}.")
    if field.kind == "tag":
        return " ".join(text.split())  # as tags are kept
    if field.kind == "user" and text not in user_ids:
        raise BadCondition(place, "Choose a person of your team.")
    return text


def _is(fact: Any, value: Any) -> bool:
    if isinstance(fact, (list, tuple, set, frozenset)):
        return _folded(value) in {_folded(one) for one in fact}
    return _folded(fact) == _folded(value)


def _folded(value: Any) -> str:
    return str(value or "").strip().casefold()
