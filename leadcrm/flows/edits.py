"""What a person does to a draft: each edit knows the document that comes of it. Pure."""

from dataclasses import dataclass, field, replace
from datetime import time
from typing import Protocol

from leadcrm.core.errors import DomainError
from leadcrm.core.values import new_id
from leadcrm.flows.document import LONGEST_NAME, MOST_STEPS, FlowDocument, StepData, StepDocument

COPY = " (copy)"


class Edit(Protocol):
    """One change to a draft."""

    def of(self, document: FlowDocument) -> FlowDocument:
        """The document after it. Raises DomainError, and NotFound for a step that is not there."""


@dataclass(frozen=True)
class AddStep:
    """A new step, switched on."""

    data: StepData
    step_id: str = field(default_factory=new_id)

    def of(self, document: FlowDocument) -> FlowDocument:
        return _with_one_more(document, StepDocument.made(self.step_id, self.data))


@dataclass(frozen=True)
class EditStep:
    """Other words, another name, type or time."""

    step_id: str
    data: StepData

    def of(self, document: FlowDocument) -> FlowDocument:
        return document.with_step(document.step(self.step_id).edited(self.data))


@dataclass(frozen=True)
class MoveStep:
    """Another day or time; see moving.proposed_move for what a drag means."""

    step_id: str
    day: int
    time: time | None

    def of(self, document: FlowDocument) -> FlowDocument:
        moved = document.step(self.step_id).to_json() | {"day": self.day, "time": self.time and f"{self.time:%H:%M}"}
        return document.with_step(StepDocument.from_json(moved))


@dataclass(frozen=True)
class RemoveStep:
    step_id: str

    def of(self, document: FlowDocument) -> FlowDocument:
        return document.without(document.step(self.step_id).id)


@dataclass(frozen=True)
class DuplicateStep:
    """The same once more, at the same time; a lead's first hello stays one."""

    step_id: str
    copy_id: str = field(default_factory=new_id)

    def of(self, document: FlowDocument) -> FlowDocument:
        step = document.step(self.step_id)
        name = step.name[: LONGEST_NAME - len(COPY)] + COPY
        return _with_one_more(document, replace(step, id=self.copy_id, name=name, greets=False))


@dataclass(frozen=True)
class SwitchStep:
    """On or off, of a step that only the draft has; one that is live is switched at once (operations.switching)."""

    step_id: str
    enabled: bool

    def of(self, document: FlowDocument) -> FlowDocument:
        return document.with_step(replace(document.step(self.step_id), enabled=self.enabled))


@dataclass(frozen=True)
class RenameFlow:
    name: str

    def of(self, document: FlowDocument) -> FlowDocument:
        name = self.name.strip()
        if not 1 <= len(name) <= LONGEST_NAME:
            raise DomainError(f"Give it a name of at most {LONGEST_NAME} characters.", "name")
        return replace(document, name=name)


@dataclass(frozen=True)
class ReplaceWith:
    """Another document in its place: an older version, a file, an example."""

    document: FlowDocument
    words: str  # that tell it better than a list of all differences

    def of(self, document: FlowDocument) -> FlowDocument:
        return self.document


def _with_one_more(document: FlowDocument, step: StepDocument) -> FlowDocument:
    if len(document.steps) >= MOST_STEPS:
        raise DomainError(f"A flow has at most {MOST_STEPS} steps.")
    return document.with_step(step)
