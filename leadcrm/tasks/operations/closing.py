"""What became of it: done, put off, not to be done any more, to be done after all."""

from datetime import datetime

from leadcrm.core import clock
from leadcrm.core.db import lock
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.identity.models import User
from leadcrm.leads.operations import note_activity
from leadcrm.tasks.events import TaskCanceled, TaskCompleted, TaskReopened, TaskSnoozed
from leadcrm.tasks.models import Task
from leadcrm.tasks.operations.planning import about, tell_when_due


def complete_task(task: Task, by: User | None) -> int | None:
    """It is done; returns the fact's id, None when it was not open any more."""
    task = lock(task)
    if task.state != "open":
        return None
    task.state, task.done_at, task.done_by_id = "done", clock.now(), by.id if by else None
    tell_when_due(task)
    task.revision += 1
    note_activity(task.lead_id, task.done_at)
    return record(TaskCompleted(**about(task)))


def reopen_task(task: Task) -> int | None:
    """It is to be done after all; returns the fact's id, None when it is open."""
    task = lock(task)
    if task.state == "open":
        return None
    old, task.state, task.done_at, task.done_by_id = task.state, "open", None, None
    tell_when_due(task)
    task.revision += 1
    return record(TaskReopened(**about(task), old=old))


def cancel_task(task: Task) -> int | None:
    """It is not to be done any more; returns the fact's id, None when it was not open any more."""
    task = lock(task)
    if task.state != "open":
        return None
    task.state = "canceled"
    tell_when_due(task)
    task.revision += 1
    return record(TaskCanceled(**about(task)))


def set_state(task: Task, state: str, by: User | None) -> None:
    """Open, done or canceled, whatever it was."""
    if task.state == state:
        return
    reopen_task(task)
    if state == "done":
        complete_task(task, by)
    elif state == "canceled":
        cancel_task(task)


def snooze_task(task: Task, until: datetime) -> int | None:
    """Put an open task off; returns the fact's id, None when it is closed. Raises DomainError for a past moment."""
    if until <= clock.now():
        raise DomainError("Choose a time that is still to come.", "until")
    return move_task(task, until)


def move_task(task: Task, due_at: datetime) -> int | None:
    """The same to any moment: what undoing needs."""
    task = lock(task)
    if task.state != "open" or task.due_at == due_at:
        return None
    old, task.due_at = task.due_at, due_at
    tell_when_due(task)
    task.revision += 1
    return record(TaskSnoozed(**about(task), old_due_at=old.isoformat(), due_at=due_at.isoformat()))
