"""What people type into the flow builder."""

import datetime
from collections.abc import Sequence

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    StopValidation,
    ValidationError,
)
from wtforms.widgets import HiddenInput, NumberInput

from leadcrm.conversations.conditions import Group
from leadcrm.conversations.models import WHEN_LATE
from leadcrm.core.forms import Form, at_most
from leadcrm.flows.document import StepDocument
from leadcrm.flows.models import LAST_DAY, Flow
from leadcrm.flows.operations import StepData
from leadcrm.flows.wording import ENTER_WORDS

TYPES = [
    SelectChoice("email", "Email"),
    SelectChoice("text", "Text"),
    SelectChoice("whatsapp", "WhatsApp"),
    SelectChoice("task", "Task"),
    SelectChoice("notify", "Notify owner"),
]
WAYS_IN = [SelectChoice(trigger, ENTER_WORDS[trigger]) for trigger in ("manual", "new_lead", "disqualified")]
LATE_CHOICES = [
    SelectChoice("next_window", "Send it as soon as it may leave"),
    SelectChoice("skip", "Skip it"),
]
TIMES = [SelectChoice("immediately", "Immediately"), SelectChoice("specific", "At a time")]


def needed_at_a_time(form: Form, field: TimeField) -> None:
    """A time is asked for, and looked at, only by “At a time”."""
    if form.time_type.data != "specific":
        field.errors = []
        raise StopValidation
    if field.data is None:
        field.errors = []
        raise StopValidation("Say at what time, like 09:00.")


class FlowForm(Form):
    name = StringField("Name", [DataRequired("Give it a name."), at_most(80)])


class StartForm(Form):
    """A new flow, from nothing or from an example, which lends it a name."""

    name = StringField("Name", [at_most(80)])
    trigger = SelectField("Leads enter", choices=WAYS_IN, default="manual")
    example = StringField("Start from", [Length(max=40)])

    def validate_name(self, field: StringField) -> None:
        if not field.data and not self.example.data:
            raise ValidationError("Give it a name.")


class EnrolForm(Form):
    """A flow for one lead, or for the ticked ones."""

    flow_id = SelectField("Flow", [InputRequired("Choose a flow.")])
    again = BooleanField("Send it to them again")
    back = HiddenField(validators=[Length(max=2000)])

    def offer(self, flows: Sequence[Flow]) -> None:
        """The flows to choose from."""
        self.flow_id.choices = [SelectChoice(flow.id, flow.name) for flow in flows]


class _InDialog(Form):
    """Stands over another form that may have fields of the same names: its ids are its own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self:
            field.id = field.label.field_id = f"dialog-{field.id}"


class NameForm(_InDialog, FlowForm):
    """Another name for a flow."""


class _WhenForm(Form):
    day = IntegerField(
        "Day",
        [InputRequired("Say which day, as a number."), NumberRange(0, LAST_DAY, f"A day from 0 to {LAST_DAY}.")],
        default=0,
        widget=NumberInput(min=0, max=LAST_DAY, step=1),
    )
    time_type = RadioField("When", [InputRequired("Choose when.")], choices=TIMES, default="immediately")
    time = TimeField("Time", [needed_at_a_time], format=["%H:%M", "%H:%M:%S"])

    @property
    def wall_time(self) -> datetime.time | None:
        """The time of day, to the minute; None: immediately. Of a valid form."""
        return self.time.data.replace(second=0) if self.time_type.data == "specific" else None


class PlaceForm(_InDialog, _WhenForm):
    """Another day or time for a step."""

    @classmethod
    def at(cls, day: int, wall: datetime.time | None) -> "PlaceForm":
        """The form filled with a place."""
        return cls(data={"day": day, "time": wall, "time_type": "immediately" if wall is None else "specific"})


class StepForm(_WhenForm):
    type = RadioField("Type", [InputRequired("Choose a type.")], choices=TYPES, default="email")
    name = StringField("Name", [DataRequired("Give it a name."), at_most(80)])
    subject = StringField("Subject", [at_most(300)])
    content = TextAreaField("Message", [DataRequired("Write what it shall say."), Length(max=20_000)])
    greets = BooleanField("This is the lead's first hello")
    when_late = SelectField("If it is late", choices=LATE_CHOICES, default=WHEN_LATE[0])
    revision = IntegerField("Revision", [Optional()], widget=HiddenInput())  # of the draft

    def validate_subject(self, field: StringField) -> None:
        if self.type.data == "email" and not field.data:
            raise ValidationError("An email needs a subject.")

    def to_data(self, only_if: Group | None = None) -> StepData:
        """The verbs' argument; call it on a valid form. The condition is typed beside it."""
        return StepData(
            type=self.type.data,
            name=self.name.data,
            content=self.content.data,
            day=self.day.data,
            time=self.wall_time,
            subject=self.subject.data or "",
            greets=self.greets.data,
            when_late=self.when_late.data,
            only_if=only_if,
        )

    @classmethod
    def of(cls, step: StepDocument, revision: int) -> "StepForm":
        """The form filled with a step of the draft that is shown as `revision`."""
        return cls(obj=step, data={"time_type": step.time_type, "revision": revision})
