"""A flow as a file: to keep, to give away, to start another from. Pure.

The file says what a person wrote, and nothing of this installation: the same flow always makes the same bytes. Nor can
it say who is meant where a condition names a colleague. Elsewhere that would hold of nobody, and its step would never
be sent: such a condition is left out then, and the step switched off until a person has looked at it.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from leadcrm.conversations.condition_fields import LEAD_FIELDS, WITHOUT_VALUE
from leadcrm.conversations.conditions import Condition, Group, how, is_group, members
from leadcrm.core.errors import DomainError
from leadcrm.core.values import new_id
from leadcrm.flows.document import LONGEST_NAME, MOST_STEPS, FlowDocument, StepDocument
from leadcrm.flows.models import TRIGGERS

FORMAT, VERSION = "leadcrm.flow", 1
LARGEST = 1_000_000  # bytes: fifty emails at their longest
CHOOSABLE = tuple(trigger for trigger in TRIGGERS if trigger != "campaign")
FIELD = "file"  # of the form that takes one
SOMEBODY = "somebody"  # in the place of a colleague's id


@dataclass(frozen=True)
class FlowFile:
    """What a file says: the flow, with new ids, and its trigger. `left_out`: steps that are off because their
    condition names somebody who is not here."""

    document: FlowDocument
    trigger: str
    left_out: tuple[str, ...]


def written(document: FlowDocument, trigger: str) -> bytes:
    """The file, JSON in UTF-8. Steps have no ids: those who read it give them new ones."""
    steps = [_said(step) for step in document.steps]
    said = {"format": FORMAT, "version": VERSION, "name": document.name, "trigger": trigger, "steps": steps}
    return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()


def read(data: bytes, user_ids: Collection[str] = ()) -> FlowFile:
    """The flow in a file, for the colleagues with these ids. Raises DomainError saying what is wrong, and where."""
    said = _parsed(data)
    if said.get("format") != FORMAT:
        raise _wrong("This is not the file of a flow.")
    if said.get("version") != VERSION:
        raise _wrong(f"This file is of version {said.get('version')!r}; we read version {VERSION}.")
    unknown = sorted(set(said) - {"format", "version", "name", "trigger", "steps"})
    if unknown:
        raise _wrong(f"We do not know “{unknown[0]}”.")
    name, trigger, steps = said.get("name"), said.get("trigger", "manual"), said.get("steps")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= LONGEST_NAME or "\x00" in name:
        raise _wrong(f"The name has to be a text of at most {LONGEST_NAME} characters.")
    if trigger not in CHOOSABLE:
        raise _wrong(f"The trigger has to be one of {', '.join(CHOOSABLE)}.")
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        raise _wrong(f"The steps have to be a list of at most {MOST_STEPS}.")
    written = [_step(number, step) for number, step in enumerate(steps, 1)]
    known = [_for_colleagues(step, user_ids) for step in written]
    left_out = tuple(step.id for step, before in zip(known, written, strict=True) if step != before)
    return FlowFile(FlowDocument(name.strip(), tuple(known)), trigger, left_out)


def _said(step: StepDocument) -> dict[str, Any]:
    """A step as it stands in a file."""

    def unnamed(condition: Condition) -> Condition:
        return {**condition, "value": SOMEBODY} if _names_somebody(condition) else condition

    said = replace(step, only_if=step.only_if and _each(step.only_if, unnamed)).to_json()
    return {name: value for name, value in said.items() if name != "id"}


def _for_colleagues(step: StepDocument, user_ids: Collection[str]) -> StepDocument:
    """Itself; without what its condition says of strangers, and then off."""

    def known(condition: Condition) -> Condition | None:
        return None if _names_somebody(condition) and condition["value"] not in user_ids else condition

    only_if = step.only_if and _each(step.only_if, known)
    return step if only_if == step.only_if else replace(step, only_if=only_if, enabled=False)


def _names_somebody(condition: Condition) -> bool:
    return LEAD_FIELDS[condition["field"]].kind == "user" and condition["op"] not in WITHOUT_VALUE


def _each(group: Group, change: Callable[[Condition], Condition | None]) -> Group | None:
    """The group of what `change` makes of each condition; None where nothing is left of it."""
    changed = [_each(member, change) if is_group(member) else change(member) for member in members(group)]
    left = [member for member in changed if member is not None]
    return {how(group): left} if left else None


def _parsed(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST:
        raise _wrong(f"The file is larger than {LARGEST:,} bytes.")
    try:
        said = json.loads(data.decode("utf-8-sig"))
        json.dumps(said, ensure_ascii=False).encode()  # half a character, which no database takes, is refused here
    except (ValueError, RecursionError):
        raise _wrong("The file is not JSON in UTF-8.") from None
    if not isinstance(said, dict):
        raise _wrong("This is not the file of a flow.")
    return said


def _step(number: int, said: Any) -> StepDocument:
    if not isinstance(said, dict):
        raise _wrong(f"Step {number} is not an object.")
    try:
        return _with_words(StepDocument.from_json({**said, "id": new_id()}))
    except DomainError as error:
        raise _wrong(f"Step {number}{f', {error.field}' if error.field else ''}: {error.message}") from None


def _with_words(step: StepDocument) -> StepDocument:
    """Itself. Raises DomainError for blanks where the builder asks for words: a nameless step, an empty message."""
    for field in ("name", "subject", "content") if step.type == "email" else ("name", "content"):
        if not getattr(step, field).strip():
            raise DomainError("Only blanks stand here.", field)
    return step


def _wrong(words: str) -> DomainError:
    return DomainError(words, FIELD)
