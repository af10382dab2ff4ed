"""What the verbs of tasks are given: plain values, no rows."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class TaskData:
    """What is said about a task. None means "not said"; "" as assignee means "nobody"."""

    title: str | None = None
    note: str | None = None
    kind: str | None = None
    priority: str | None = None
    due_at: datetime | None = None
    assignee_id: str | None = None
