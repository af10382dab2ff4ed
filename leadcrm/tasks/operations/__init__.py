"""The verbs of tasks."""

from leadcrm.tasks.operations.closing import cancel_task, complete_task, reopen_task, set_state, snooze_task
from leadcrm.tasks.operations.planning import create_task, edit_task, hand_over_tasks
from leadcrm.tasks.operations.telling import tell_of_task, tell_that_due, tell_what_fell_due
from leadcrm.tasks.operations.undoing import undo

__all__ = [
    "cancel_task",
    "complete_task",
    "create_task",
    "edit_task",
    "hand_over_tasks",
    "reopen_task",
    "set_state",
    "snooze_task",
    "tell_of_task",
    "tell_that_due",
    "tell_what_fell_due",
    "undo",
]
