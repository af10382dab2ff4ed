"""What people type about tasks."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, DataRequired, Length, Optional

from leadcrm.core.forms import ID, REVISION, Form, LocalMomentField, at_most
from leadcrm.core.zones import wall_time
from leadcrm.tasks.data import TaskData
from leadcrm.tasks.models import Task
from leadcrm.tasks.wording import KIND_WORDS, PRIORITY_WORDS

WALL = "%Y-%m-%dT%H:%M"


class TaskForm(Form):
    """A task as typed. `lead_id` is whom it is for, `q` what was typed to find them; `form_key` names this rendering
    of a new task's form, `revision` the task it shows.
    """

    title = StringField("What is to be done", [DataRequired("Say what is to be done."), at_most(200)])
    lead_id = HiddenField("For", [Optional(), ID])
    q = StringField("For", [at_most(200)])
    kind = SelectField("Kind", choices=[SelectChoice(*choice) for choice in KIND_WORDS.items()], default="call")
    due = LocalMomentField("Due")
    priority = SelectField(
        "Priority", choices=[SelectChoice(*choice) for choice in PRIORITY_WORDS.items()], default="medium"
    )
    assignee_id = SelectField("Who does it", [Optional()], default="")
    note = TextAreaField("Note", [at_most(5000)])
    form_key = HiddenField(validators=[Optional(), ID])
    revision = HiddenField(validators=[Optional(), REVISION])
    back = HiddenField(validators=[Length(max=2000)])

    def offer_people(self, people: Sequence[tuple[str, str]], task: Task | None = None) -> None:
        """The colleagues to choose from; who has the task and left stays until somebody chooses."""
        self.assignee_id.choices = [SelectChoice("", "Nobody"), *(SelectChoice(*person) for person in people)]
        if task is not None and task.assignee is not None and task.assignee_id not in dict(people):
            self.assignee_id.choices.append(SelectChoice(task.assignee_id, task.assignee.name))

    @classmethod
    def of(cls, task: Task, zone: ZoneInfo, **more: str) -> "TaskForm":
        """The form filled with what the task says, its time by the reader's clock."""
        return cls(
            title=task.title,
            lead_id=task.lead_id,
            kind=task.kind,
            due=task.due_at.astimezone(zone).strftime(WALL),
            priority=task.priority,
            assignee_id=task.assignee_id or "",
            note=task.note,
            revision=str(task.revision),
            **more,
        )

    def due_at(self, zone: ZoneInfo) -> datetime | None:
        """The moment that was typed; None for an empty field. Call after validate()."""
        return moment_of(self.due, zone)

    def data_of(self, task: Task, zone: ZoneInfo) -> TaskData:
        """What was typed over the task. A minute left as it was stays what it is: the form shows no seconds, and an
        hour that the clock shows twice but once.
        """
        is_kept = (self.due.data or "")[:16] == task.due_at.astimezone(zone).strftime(WALL)
        due_at = None if is_kept else self.due_at(zone)
        said = {name: self[name].data or "" for name in ("title", "note", "assignee_id")}
        return TaskData(kind=self.kind.data, priority=self.priority.data, due_at=due_at, **said)


class SnoozeForm(Form):
    """For how long a task is put off: by a preset."""

    preset = StringField(validators=[AnyOf(["hour", "tomorrow", "week"], message="Choose for how long.")])


def moment_of(field: LocalMomentField, zone: ZoneInfo) -> datetime | None:
    return wall_time(field.wall.date(), field.wall.time(), zone) if field.wall else None
