"""Who hears of tasks."""

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.identity.queries import active_managers
from leadcrm.notifications.operations import notify
from leadcrm.tasks.models import Task


def tell_of_task(task: Task, reader_id: str, fact_id: int) -> None:
    """Somebody gave them this task."""
    notify(
        [reader_id], f"task:{fact_id}", f"New task: {task.title}", f"/leads/{task.lead_id}?tab=tasks", "check-check",
        lead_id=task.lead_id,
    )  # fmt: skip


def tell_that_due(task_id: str) -> None:
    """Its time has come: whoever has it hears of it, else the lead's owner, else those who run the team. Once, until
    it is put off or given to somebody else; not while the lead is in the archive, but then when it comes back.
    """
    still_due = update(Task).where(Task.id == task_id, Task.tell_at <= clock.now()).values(tell_at=None)
    if db.session.execute(still_due.execution_options(synchronize_session=False)).rowcount != 1:
        return
    task = db.session.scalars(select(Task).where(Task.id == task_id).options(joinedload(Task.lead))).one()
    if task.lead.archived_at is not None:
        return
    reader_id = task.assignee_id or task.lead.owner_id
    notify(
        [reader_id] if reader_id else active_managers(), f"task-due:{task.id}:{task.due_at.isoformat()}",
        f"Due: {task.title} ({task.lead.name})", f"/leads/{task.lead_id}?tab=tasks", "clock", lead_id=task.lead_id,
    )  # fmt: skip


def tell_what_fell_due(lead_id: str) -> None:
    """The lead is back from the archive: look again at all that is open. Who was told before is not told twice."""
    untold = update(Task).where(Task.lead_id == lead_id, Task.state == "open", Task.tell_at.is_(None))
    db.session.execute(untold.values(tell_at=Task.due_at).execution_options(synchronize_session=False))
