"""What people ask a simulation: who comes in when, and what happens then."""

import datetime
from zoneinfo import ZoneInfo

from wtforms import DateField, FieldList, FormField, IntegerField, RadioField, SelectField, StringField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation, ValidationError
from wtforms.widgets import HiddenInput, NumberInput

from leadcrm.core.forms import Form
from leadcrm.core.zones import UnknownZone, wall_time, zone
from leadcrm.flows.models import LAST_DAY
from leadcrm.flows.simulation import Happening
from leadcrm.leads.zone_words import zone_named

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TODAY, ON_A_DATE = "today", "date"
DAYS = {TODAY: "Today", **{day.lower(): day for day in WEEKDAYS}, ON_A_DATE: "On a date"}
HAPPENS = {
    "reply": "The lead replies",
    "booking": "The lead books a meeting",
    "opt_out": "The lead opts out",
    "conversion": "The lead becomes a customer",
    "disqualification": "The lead is disqualified",
    "goal": "The goal is reached",
}
MOST_HAPPENINGS = 10
YEARS = range(2000, 2101)


def _choices(words: dict[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in words.items()]


def asked_for_on_a_date(form: Form, field: DateField) -> None:
    """A date is asked for, and looked at, only by “On a date”."""
    field.errors = []
    if form.day.data != ON_A_DATE:
        raise StopValidation
    if field.data is None or field.data.year not in YEARS:
        raise StopValidation(f"Say on which date, from {YEARS[0]} to {YEARS[-1]}.")


class HappeningForm(Form):
    """One thing that happens; one without a `what` is a free row."""

    what = SelectField("What happens", choices=_choices({"": "Nothing", **HAPPENS}), default="")
    day = IntegerField(
        "On day",
        [InputRequired("Say on which day."), NumberRange(0, LAST_DAY, f"A day from 0 to {LAST_DAY}.")],
        default=1,
        widget=NumberInput(min=0, max=LAST_DAY, step=1),
    )
    time = TimeField(
        "At",
        [InputRequired("Say at what time, like 10:00.")],
        format=["%H:%M", "%H:%M:%S"],
        default=datetime.time(10),
    )

    def validate(self, extra_validators=None) -> bool:
        return not self.what.data or super().validate(extra_validators)

    def at(self, first_day: datetime.date, local: ZoneInfo) -> datetime.datetime:
        """When it happens to a lead who came in on `first_day`. Of a valid form."""
        return wall_time(first_day + datetime.timedelta(days=self.day.data), self.time.data, local)


class SimulationForm(Form):
    """Asked by GET: its address can be shared. Without a lead somebody is made up, in the zone given."""

    lead = StringField("Lead", [Optional(), Length(max=36)], widget=HiddenInput())
    version = RadioField("Steps of", choices=_choices({"draft": "The draft", "live": "What is live"}))
    day = SelectField("Comes in", choices=_choices(DAYS))
    date = DateField("Date", [asked_for_on_a_date])
    time = TimeField("At", [InputRequired("Say at what time, like 15:00.")], format=["%H:%M", "%H:%M:%S"])
    timezone = StringField("In time zone", [InputRequired("Say in which time zone.")], filters=[zone_named])
    then = FieldList(FormField(HappeningForm), min_entries=1, max_entries=MOST_HAPPENINGS)

    def validate_timezone(self, field: StringField) -> None:
        try:
            zone(field.data)
        except UnknownZone:
            raise ValidationError("We do not know this time zone. Choose one from the list.") from None

    def started_at(self, local: ZoneInfo, now: datetime.datetime) -> datetime.datetime:
        """When the lead comes in, by their own clock; a weekday is the next one, or today. Of a valid form."""
        today = now.astimezone(local).date()
        if self.day.data == ON_A_DATE:
            return wall_time(self.date.data, self.time.data, local)
        ahead = 0
        if self.day.data != TODAY:
            ahead = (WEEKDAYS.index(self.day.data.capitalize()) - today.weekday()) % len(WEEKDAYS)
        return wall_time(today + datetime.timedelta(days=ahead), self.time.data, local)

    def happenings(self, local: ZoneInfo, started_at: datetime.datetime) -> list[Happening]:
        """What happens, by time. A row that would come before the lead gets an error. Of a valid form."""
        first_day = started_at.astimezone(local).date()
        found = [(row.at(first_day, local), row) for row in self._filled_in()]
        for at, row in found:
            if at < started_at:
                row.time.errors = ["That is before the lead comes in."]
        return sorted((Happening(row.what.data, at) for at, row in found), key=lambda happening: happening.at)

    def offer_another(self) -> None:
        """Let there be a free row at the end."""
        rows = self.then.entries
        if rows[-1].form.what.data and len(rows) < MOST_HAPPENINGS:
            self.then.append_entry()

    def _filled_in(self) -> list[HappeningForm]:
        return [entry.form for entry in self.then.entries if entry.form.what.data]
