"""What happens to tasks. `what` is the task's title; moments are ISO 8601; `revision` is the task's after it."""

from dataclasses import dataclass
from typing import ClassVar

from leadcrm.core.events import Event, register


@dataclass(frozen=True, kw_only=True)
class _AboutTask(Event):
    icon: ClassVar[str] = "check-check"
    personal: ClassVar[tuple[str, ...]] = ("what",)
    lead_id: str
    task_id: str
    what: str
    revision: int


@register
@dataclass(frozen=True, kw_only=True)
class TaskCreated(_AboutTask):
    name = "task.created"
    title = "Task added"
    icon = "plus"
    kind: str
    due_at: str
    assignee_id: str | None = None
    origin: str = "hand"


@register
@dataclass(frozen=True, kw_only=True)
class TaskEdited(_AboutTask):
    """`fields` changed; what they said before is in the fields named `old_`, empty where nothing changed."""

    name = "task.edited"
    title = "Task changed"
    icon = "pencil"
    personal = ("what", "old_what", "old_note")
    fields: tuple[str, ...] = ()
    old_what: str = ""
    old_note: str = ""
    old_kind: str = ""
    old_priority: str = ""
    old_due_at: str = ""


@register
@dataclass(frozen=True, kw_only=True)
class TaskAssigned(_AboutTask):
    """The task is another colleague's, or nobody's; `with_lead`: because the lead is."""

    name = "task.assigned"
    title = "Task given to somebody else"
    icon = "user"
    old_assignee_id: str | None = None
    assignee_id: str | None = None
    with_lead: bool = False


@register
@dataclass(frozen=True, kw_only=True)
class TaskCompleted(_AboutTask):
    name = "task.completed"
    title = "Task done"
    icon = "circle-check"


@register
@dataclass(frozen=True, kw_only=True)
class TaskReopened(_AboutTask):
    """It is to be done after all; `old` says what it was."""

    name = "task.reopened"
    title = "Task reopened"
    icon = "rotate-ccw"
    old: str


@register
@dataclass(frozen=True, kw_only=True)
class TaskSnoozed(_AboutTask):
    name = "task.snoozed"
    title = "Task put off"
    icon = "clock"
    old_due_at: str
    due_at: str


@register
@dataclass(frozen=True, kw_only=True)
class TaskCanceled(_AboutTask):
    """It is not to be done any more."""

    name = "task.canceled"
    title = "Task canceled"
    icon = "circle-x"
