"""What visitors and colleagues type to book a meeting."""

import datetime
from collections.abc import Iterable

from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Optional, ValidationError

from leadcrm.core.forms import Form, at_most
from leadcrm.core.zones import UnknownZone, zone


class AskedForm(Form):
    """What the page is asked to show, from its address: whatever cannot be read is as if it were not said."""

    tz = StringField()
    month = StringField()
    day = StringField()
    start = StringField()

    @property
    def zone_name(self) -> str | None:
        """The zone asked for."""
        try:
            return zone(self.tz.data).key if self.tz.data else None
        except UnknownZone:
            return None

    @property
    def first_day(self) -> datetime.date | None:
        """Of the month asked for, `2026-11`."""
        return _date(f"{self.month.data}-01")

    @property
    def on(self) -> datetime.date | None:
        """The day asked for."""
        return _date(self.day.data)

    @property
    def moment(self) -> datetime.datetime | None:
        """When the slot begins that was chosen."""
        return moment_of(self.start.data)


class VisitorForm(Form):
    """Who wants to meet. `website` is for machines: no person sees it."""

    start = HiddenField(validators=[DataRequired("Choose a time.")])
    tz = HiddenField()
    first_name = StringField("First name", [DataRequired("Tell us your name."), at_most(120)])
    last_name = StringField("Last name", [at_most(120)])
    email = StringField("Email", [at_most(254)])
    phone = StringField("Phone", [at_most(50)])
    website = StringField("Leave this empty")

    def validate_email(self, field: StringField) -> None:
        if not field.data and not self.phone.data:
            raise ValidationError("Give an email address or a phone number.")

    def validate_website(self, field: StringField) -> None:
        """Some browsers fill in what no person sees: emptied, the next try goes through."""
        if field.data:
            field.data = ""
            raise ValidationError("Something went wrong. Please try once more.")


class BookForm(Form):
    """A meeting that a colleague books for a lead: first with whom and on which day, then when."""

    realtor_id = SelectField("With")
    day = DateField("On", [DataRequired("Choose a day.")])
    start = HiddenField(validators=[Optional()])

    def offer(self, realtors: Iterable[tuple[str, str]]) -> None:
        """Whom one can choose."""
        self.realtor_id.choices = [SelectChoice(*realtor) for realtor in realtors]


def moment_of(text: str | None) -> datetime.datetime | None:
    """The instant that a slot's value names; None for anything else."""
    try:
        moment = datetime.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and _is_near(moment) else None


def _date(text: str | None) -> datetime.date | None:
    try:
        day = datetime.date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if _is_near(day) else None


def _is_near(day: datetime.date) -> bool:
    """Whether one may reckon with it: at the ends of the calendar a day more, or another zone, is an error."""
    return 2000 <= day.year < 2100
