"""What follows for tasks from what happened, and who hears of them."""

from leadcrm.core import events
from leadcrm.core.db import get_or_404
from leadcrm.leads.events import LeadAssigned, LeadRestored
from leadcrm.leads.models import Lead
from leadcrm.tasks import operations
from leadcrm.tasks.events import TaskAssigned, TaskCreated
from leadcrm.tasks.models import Task


def tell_assignee(event: TaskCreated | TaskAssigned) -> None:
    """Whoever was given a task hears of it, unless they took it themselves or it has gone on to somebody else."""
    if event.assignee_id is None or events.actor_of_cause() == f"user:{event.assignee_id}":
        return
    task = get_or_404(Task, event.task_id)
    if task.assignee_id == event.assignee_id and task.state == "open":
        operations.tell_of_task(task, event.assignee_id, events.cause().event_id)


def tell_new_assignee(event: TaskAssigned) -> None:
    """The same, unless it came with the lead, of which they hear."""
    if not event.with_lead:
        tell_assignee(event)


def hand_over_tasks(event: LeadAssigned) -> None:
    """Open tasks go with the lead."""
    operations.hand_over_tasks(get_or_404(Lead, event.lead_id), event.old_owner_id)


def tell_what_fell_due(event: LeadRestored) -> None:
    """What fell due while the lead was in the archive was told to nobody."""
    operations.tell_what_fell_due(event.lead_id)
