"""What is to be done: made, changed, given to somebody."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from leadcrm.core import clock
from leadcrm.core.db import db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.core.values import new_id
from leadcrm.identity.models import User
from leadcrm.identity.permissions import can_see_lead, is_staff
from leadcrm.leads.models import PRIORITIES, Lead
from leadcrm.tasks import urgency
from leadcrm.tasks.data import TaskData
from leadcrm.tasks.events import TaskAssigned, TaskCreated, TaskEdited
from leadcrm.tasks.models import KINDS, Task

LONGEST_TITLE = 200
LONGEST_NOTE = 5000
OLD = {  # what can be edited, and where a fact says what it was
    "title": "old_what",
    "note": "old_note",
    "kind": "old_kind",
    "priority": "old_priority",
    "due_at": "old_due_at",
}


def create_task(
    lead: Lead,
    *,
    title: str,
    kind: str | None = None,
    due_at: datetime | None = None,
    priority: str | None = None,
    assignee_id: str | None = None,
    note: str = "",
    origin: str = "hand",
    intent_key: str | None = None,
) -> Task:
    """Something to do for the lead; the same `intent_key` (needed but for `hand`) never makes a second one.

    What is not said follows from the lead's priority: what one does first, and by when. None is nobody's task. Raises
    DomainError for bad values, an assignee who does not see the lead, and a lead in the archive.
    """
    twin = _asked_before(intent_key)
    if twin is not None:
        return twin
    if lead.archived_at is not None:
        raise DomainError("This lead is in the archive: bring it back first.")
    priority = _one_of(PRIORITIES, priority or lead.priority, "priority")
    due_at = due_at or urgency.usual_due(priority, clock.now())
    task = Task(
        id=new_id(),
        lead_id=lead.id,
        title=_title(title),
        kind=_one_of(KINDS, kind or urgency.usual_kind(priority), "kind"),
        due_at=due_at,
        tell_at=due_at,
        priority=priority,
        assignee_id=_checked_assignee(lead, assignee_id),
        note=_note(note),
        origin=origin,
        intent_key=intent_key,
    )
    db.session.add(task)
    db.session.flush()
    given = {"assignee_id": task.assignee_id, "origin": origin}
    record(TaskCreated(**about(task), kind=task.kind, due_at=due_at.isoformat(), **given))
    return task


def edit_task(task: Task, data: TaskData, revision: int | None = None) -> list[int]:
    """Change what is said of a task. Returns the facts' ids, none when nothing changed.

    Raises Conflict when it was changed since `revision`, DomainError for bad values.
    """
    task = lock(task)
    wanted = _checked(data)
    old = {name: getattr(task, name) for name in wanted if wanted[name] != getattr(task, name)}
    is_given = data.assignee_id is not None and (data.assignee_id or None) != task.assignee_id
    if not old and not is_given:
        return []
    if revision is not None and revision != task.revision:
        raise Conflict("A colleague changed this task meanwhile.")
    task.revision += 1
    facts = [_change(task, wanted, old)] if old else []
    if is_given:
        facts.append(_give(task, _checked_assignee(task.lead, data.assignee_id)))
    return facts


def hand_over_tasks(lead: Lead, old_owner_id: str | None) -> int:
    """The lead has another owner: the open tasks of the old one, nobody's, and those of people who no longer see the
    lead are theirs now. Returns how many; none when nobody owns the lead.
    """
    if lead.owner_id is None:
        return 0
    open_tasks = select(Task).where(Task.lead_id == lead.id, Task.state == "open").options(joinedload(Task.assignee))
    stranded = [task for task in db.session.scalars(open_tasks) if _is_stranded(task, lead, old_owner_id)]
    for task in stranded:
        task.revision += 1
        _give(task, lead.owner_id, with_lead=True)
    return len(stranded)


def about(task: Task) -> dict[str, Any]:
    """What every fact about a task says."""
    return {"lead_id": task.lead_id, "task_id": task.id, "what": task.title, "revision": task.revision}


def tell_when_due(task: Task) -> None:
    """Whoever has it by then hears of it, also when somebody was told before."""
    task.tell_at = task.due_at if task.state == "open" else None


def _change(task: Task, wanted: dict[str, Any], old: dict[str, Any]) -> int:
    for name in old:
        setattr(task, name, wanted[name])
    if "due_at" in old:
        tell_when_due(task)
    before = {OLD[name]: value.isoformat() if isinstance(value, datetime) else value for name, value in old.items()}
    return record(TaskEdited(**about(task), fields=tuple(old), **before))


def _give(task: Task, assignee_id: str | None, *, with_lead: bool = False) -> int:
    old, task.assignee_id = task.assignee_id, assignee_id
    tell_when_due(task)
    return record(TaskAssigned(**about(task), old_assignee_id=old, assignee_id=assignee_id, with_lead=with_lead))


def _is_stranded(task: Task, lead: Lead, old_owner_id: str | None) -> bool:
    if task.assignee_id in (None, old_owner_id):
        return task.assignee_id != lead.owner_id
    return not can_see_lead(task.assignee, lead)


def _checked(data: TaskData) -> dict[str, Any]:
    """What is said, by its column. Raises DomainError."""
    said = {name: getattr(data, name) for name in OLD if getattr(data, name) is not None}
    for name, check in CHECKS.items():
        if name in said:
            said[name] = check(said[name])
    return said


def _asked_before(intent_key: str | None) -> Task | None:
    if intent_key is None:
        return None
    return db.session.scalar(select(Task).where(Task.intent_key == intent_key))


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise DomainError("Say what is to be done.", "title")
    if len(title) > LONGEST_TITLE:
        raise DomainError(f"At most {LONGEST_TITLE} characters.", "title")
    return title


def _note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise DomainError(f"At most {LONGEST_NOTE:,} characters.", "note")
    return note.strip()


def _one_of(words: tuple[str, ...], word: str, field: str) -> str:
    if word not in words:
        raise DomainError(f"There is no such {field}.", field)
    return word


def _checked_assignee(lead: Lead, assignee_id: str | None) -> str | None:
    if not assignee_id:
        return None
    person = db.session.scalar(select(User).where(User.id == assignee_id))
    if person is None or person.disabled_at is not None or not is_staff(person):
        raise DomainError("Choose someone of your team.", "assignee_id")
    if not can_see_lead(person, lead):
        raise DomainError(f"{person.name} does not see this lead. Make them its owner first.", "assignee_id")
    return person.id


CHECKS = {
    "title": _title,
    "note": _note,
    "kind": lambda kind: _one_of(KINDS, kind, "kind"),
    "priority": lambda priority: _one_of(PRIORITIES, priority, "priority"),
}
