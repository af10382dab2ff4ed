"""What the worker does for tasks."""

from sqlalchemy import select

from leadcrm.core import clock, tenancy
from leadcrm.core.apart import on_its_own
from leadcrm.core.db import db, perform
from leadcrm.tasks.models import Task
from leadcrm.tasks.operations import tell_that_due

BATCH = 200


def tell_of_due_tasks() -> int:
    """Tell people of the tasks whose time has come, each once. Returns how many were looked at."""
    due = select(Task.organization_id, Task.id).where(Task.tell_at <= clock.now()).order_by(Task.tell_at).limit(BATCH)
    with tenancy.everyone():
        rows = db.session.execute(due).all()
        db.session.rollback()
    for organization_id, task_id in rows:
        with on_its_own(organization_id, f"telling of task {task_id}"):
            perform(tell_that_due, task_id)
    return len(rows)
