"""Taking back what was just done to a task, while it is still the last word."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from leadcrm.core.db import db
from leadcrm.core.events import Event
from leadcrm.core.recent import recent_facts
from leadcrm.identity.models import User
from leadcrm.identity.permissions import visible_leads_filter
from leadcrm.leads.models import Lead
from leadcrm.tasks.data import TaskData
from leadcrm.tasks.events import (
    TaskAssigned,
    TaskCanceled,
    TaskCompleted,
    TaskCreated,
    TaskEdited,
    TaskReopened,
    TaskSnoozed,
)
from leadcrm.tasks.models import Task
from leadcrm.tasks.operations.closing import cancel_task, complete_task, move_task, reopen_task
from leadcrm.tasks.operations.planning import OLD, edit_task


def undo(fact_ids: Sequence[int], by: User) -> int:
    """Take back these facts, of this person, of the last ten minutes. Returns how many were.

    What was changed again since stays as it is, and so do tasks the person may no longer see.
    """
    facts = recent_facts(fact_ids, by.id)
    last_words = [(fact, task) for fact in facts if (task := _task_of(fact, by)) and task.revision == fact.revision]
    return sum(_take_back(fact, task, by) for fact, task in last_words)


def _task_of(fact: Event, by: User) -> Task | None:
    """The task the fact is about, when the person sees it; None for a fact about something else."""
    seen = select(Task).join(Lead, Lead.id == Task.lead_id).where(visible_leads_filter(by, Lead.owner_id))
    return db.session.scalar(seen.where(Task.id == fact.task_id)) if hasattr(fact, "task_id") else None


def _take_back(fact: Event, task: Task, by: User) -> bool:
    match fact:
        case TaskCreated():
            done = cancel_task(task)
        case TaskCompleted() | TaskCanceled():
            done = reopen_task(task)
        case TaskReopened():
            done = complete_task(task, by) if fact.old == "done" else cancel_task(task)
        case TaskSnoozed():
            done = move_task(task, datetime.fromisoformat(fact.old_due_at))
        case TaskAssigned():
            done = edit_task(task, TaskData(assignee_id=fact.old_assignee_id or ""))
        case TaskEdited():
            done = edit_task(task, _as_before(fact))
        case _:
            done = None
    return bool(done)


def _as_before(fact: TaskEdited) -> TaskData:
    before = {name: getattr(fact, OLD[name]) for name in fact.fields}
    if "due_at" in before:
        before["due_at"] = datetime.fromisoformat(before["due_at"])
    return TaskData(**before)
