"""A flow as a file: to keep, to give away, to start another from. Pure.

The file says what a person wrote, and nothing of this installation: the same flow always makes the same bytes.
"""

import json
from typing import Any

from leadcrm.core.errors import DomainError
from leadcrm.core.values import new_id
from leadcrm.flows.document import LONGEST_NAME, MOST_STEPS, FlowDocument, StepDocument
from leadcrm.flows.models import TRIGGERS

FORMAT, VERSION = "leadcrm.flow", 1
LARGEST = 1_000_000  # bytes: fifty emails at their longest
CHOOSABLE = tuple(trigger for trigger in TRIGGERS if trigger != "campaign")
FIELD = "file"  # of the form that takes one


def written(document: FlowDocument, trigger: str) -> bytes:
    """The file, JSON in UTF-8. Steps have no ids: those who read it give them new ones."""
    steps = [{name: value for name, value in step.to_json().items() if name != "id"} for step in document.steps]
    said = {"format": FORMAT, "version": VERSION, "name": document.name, "trigger": trigger, "steps": steps}
    return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()


def read(data: bytes) -> tuple[FlowDocument, str]:
    """The flow in a file, with new ids, and its trigger. Raises DomainError saying what is wrong, and where."""
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
    return FlowDocument(name.strip(), tuple(_step(number, step) for number, step in enumerate(steps, 1))), trigger


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
