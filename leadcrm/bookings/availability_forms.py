"""What a realtor types about when they can be met."""

from datetime import timedelta

from wtforms import HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from leadcrm.bookings import hours
from leadcrm.bookings.data import AvailabilityData
from leadcrm.bookings.models import LONGEST_PLACE, LONGEST_WORDS
from leadcrm.bookings.operations.availability import LIMITS
from leadcrm.bookings.slots import WEEKDAYS, Rules
from leadcrm.core.forms import Form, at_most

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MOST_TYPED = 200


def readable(form: Form, field: StringField) -> None:
    """Hours as `hours.read` reads them."""
    try:
        hours.read(field.data or "")
    except ValueError as error:
        raise ValidationError(str(error)) from None


def a_day(name: str) -> StringField:
    return StringField(name, [at_most(MOST_TYPED), readable])


def a_number(label: str, name: str) -> IntegerField:
    least, most, _ = LIMITS[name]
    return IntegerField(label, [InputRequired("Type a number."), NumberRange(least, most, f"From {least} to {most}.")])


class AvailabilityForm(Form):
    """When a realtor can be met. `revision` is the one that is shown, 0 for the usual hours."""

    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (a_day(name) for name in WEEKDAYS)
    meeting_minutes = a_number("Length of a meeting, minutes", "meeting_minutes")
    buffer_minutes = a_number("Kept free after it, minutes", "buffer_minutes")
    notice_hours = a_number("Shortest notice, hours", "notice_hours")
    days_ahead = a_number("How far ahead, days", "days_ahead")
    place = StringField("Place", [at_most(LONGEST_PLACE)])
    words = TextAreaField("Words on the page", [at_most(LONGEST_WORDS)])
    revision = HiddenField()

    @classmethod
    def of(cls, rules: Rules, revision: int) -> "AvailabilityForm":
        """The form filled with what holds now."""
        week = {name.lower(): hours.write(day) for name, day in zip(WEEKDAYS, rules.week, strict=True)}
        return cls(
            data={
                **week,
                "meeting_minutes": rules.meeting // MINUTE,
                "buffer_minutes": rules.buffer // MINUTE,
                "notice_hours": rules.notice // HOUR,
                "days_ahead": rules.days_ahead,
                "place": rules.place,
                "words": rules.words,
                "revision": str(revision),
            }
        )

    @property
    def days(self) -> list[StringField]:
        """The fields of the weekdays, Monday first."""
        return [self[name.lower()] for name in WEEKDAYS]

    @property
    def shown_revision(self) -> int:
        return int(self.revision.data) if (self.revision.data or "").isdecimal() else 0

    def values(self) -> AvailabilityData:
        """What was typed. Of a valid form."""
        numbers = {name: self[name].data for name in LIMITS}
        said = {"place": self.place.data or "", "words": self.words.data or ""}
        return AvailabilityData(week=[hours.read(day.data or "") for day in self.days], **numbers, **said)
