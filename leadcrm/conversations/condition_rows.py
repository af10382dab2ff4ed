"""Conditions as a form names them: `conditions-how`, `conditions-0-field`, and in a group `conditions-1-0-field`. Pure.

What was typed has the shape of a stored group, with texts for values and perhaps nonsense; conditions.check types it.
The buttons of the editor ask for it with a row more (`add`) or less (`remove`).
"""

import re
from collections.abc import Mapping
from typing import Any

from leadcrm.conversations.conditions import MOST_CONDITIONS, Group, how, is_group, members
from leadcrm.core.forms import has_control_characters, tidy

MOST_ROWS = MOST_CONDITIONS + 1
UNSAVABLE = "This contains characters that cannot be saved. Please type it again."
_NAME = re.compile(r"(\d{1,3})-(?:(\d{1,3})-)?(field|op|value|how)")


def group_of(form: Mapping[str, str], prefix: str) -> Group:
    """The group a form holds under `prefix`, rows in the order of their numbers, as typed."""
    rows: dict[int, dict[Any, Any]] = {}
    for key, value in form.items():
        match = _NAME.fullmatch(key.removeprefix(f"{prefix}-")) if key.startswith(f"{prefix}-") else None
        if match is None or (int(match[1]) not in rows and len(rows) >= MOST_ROWS):
            continue
        row = rows.setdefault(int(match[1]), {})
        if match[2] is not None and (int(match[2]) in row or len(row) <= MOST_ROWS):
            row = row.setdefault(int(match[2]), {})
        row[match[3]] = tidy(value)
    return {_how(form.get(f"{prefix}-how")): [_member(rows[number]) for number in sorted(rows)]}


def edited(group: Group, prefix: str, add: str, remove: str) -> Group:
    """The group after a button of the editor: `add` names `prefix`, `prefix-group` or `prefix-1`, `remove` a row."""
    rows = [_copied(member) for member in members(group)]
    if add == prefix:
        rows.append({})
    elif add == f"{prefix}-group":
        rows.append({"all" if how(group) == "any" else "any": [{}, {}]})
    elif (place := _place(add, prefix)) and len(place) == 1 and place[0] < len(rows) and is_group(rows[place[0]]):
        members(rows[place[0]]).append({})
    elif place := _place(remove, prefix):
        _remove(rows, place)
    return {how(group): rows}


def added_row(group: Group, prefix: str, add: str) -> str:
    """The name of the row that `edited` added, which gets the cursor; empty when it added none."""
    rows = members(group)
    if add == prefix and rows:
        return f"{prefix}-{len(rows) - 1}"
    if add == f"{prefix}-group" and rows:
        return f"{prefix}-{len(rows) - 1}-0"
    place = _place(add, prefix)
    is_there = len(place) == 1 and place[0] < len(rows) and is_group(rows[place[0]])
    return f"{add}-{len(members(rows[place[0]])) - 1}" if is_there else ""


def unsavable(group: Group, prefix: str) -> dict[str, str]:
    """Errors by row's name for characters that cannot be saved."""
    found = {}
    for number, member in enumerate(members(group)):
        if is_group(member):
            found |= unsavable(member, f"{prefix}-{number}")
        elif any(has_control_characters(value) for value in member.values()):
            found[f"{prefix}-{number}"] = UNSAVABLE
    return found


def _how(value: str | None) -> str:
    return "any" if value == "any" else "all"


def _member(row: dict[Any, Any]) -> dict[str, Any]:
    numbers = sorted(key for key in row if isinstance(key, int))
    if not numbers and "how" not in row:
        return row
    return {_how(row.get("how")): [row[number] for number in numbers]}


def _copied(member: Mapping[str, Any]) -> dict[str, Any]:
    return {how(member): [dict(one) for one in members(member)]} if is_group(member) else dict(member)


def _place(name: str, prefix: str) -> list[int]:
    """The numbers of a row's name; empty when it is none."""
    numbers = name.removeprefix(f"{prefix}-").split("-") if name.startswith(f"{prefix}-") else []
    is_place = 1 <= len(numbers) <= 2 and all(number.isascii() and number.isdigit() for number in numbers)
    return [int(number) for number in numbers] if is_place else []


def _remove(rows: list[dict[str, Any]], place: list[int]) -> None:
    """Take a row out; a group whose last row went goes, too."""
    first, *inner = place
    if first >= len(rows):
        return
    if inner and is_group(rows[first]):
        inside = members(rows[first])
        if inner[0] < len(inside):
            del inside[inner[0]]
        if inside:
            return
    elif inner:
        return
    del rows[first]
