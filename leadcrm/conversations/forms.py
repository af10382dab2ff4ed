"""What people type about messages, threads and templates."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import HiddenField, MultipleFileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, Optional, Regexp, ValidationError

from leadcrm.conversations.models import CHANNELS
from leadcrm.core.forms import Form, LocalMomentField
from leadcrm.core.zones import UnknownZone, wall_time, zone

LONGEST_SUBJECT = 500
LONGEST_MAIL = 100_000
LONGEST_TEXT = 1_600  # ten segments
IS_KEY = Regexp(r"[A-Za-z0-9-]{8,64}$", message="Reload the page and send it again.")  # of a rendering of the composer
CHANNEL_CHOICES = [SelectChoice("email", "Email"), SelectChoice("sms", "Text"), SelectChoice("whatsapp", "WhatsApp")]


def _fits_its_channel(form: Any, field: Any) -> None:
    limit = LONGEST_TEXT if form.channel.data in ("sms", "whatsapp") else LONGEST_MAIL
    if len(field.data or "") > limit:
        raise ValidationError(f"This is too long: at most {limit:,} characters.")


class DraftForm(Form):
    """The composer as it is: nothing is required yet."""

    drafted_channel = HiddenField(validators=[AnyOf([*CHANNELS, "note"])])
    key = HiddenField(validators=[Optional(), IS_KEY])
    subject = StringField(validators=[Length(max=LONGEST_SUBJECT)])
    content = TextAreaField(validators=[Length(max=LONGEST_MAIL, message="This is too long: %(max)d characters.")])


class MessageForm(Form):
    """One message, or a private note, to send now or at a moment of the chosen wall clock."""

    channel = RadioField(choices=[*CHANNEL_CHOICES, SelectChoice("note", "Note")], validators=[InputRequired()])
    subject = StringField(validators=[Length(max=LONGEST_SUBJECT)])
    content = TextAreaField("Message", validators=[DataRequired("Write something first."), _fits_its_channel])
    key = HiddenField(validators=[IS_KEY])
    when = HiddenField(default="now", validators=[Optional(), AnyOf(["now", "later"])])
    at = LocalMomentField("Send at")
    zone = StringField("Whose clock", validators=[Length(max=60)])
    files = MultipleFileField("Files")  # what is wrong with them stands here; they come with the request

    def validate_at(self, field: LocalMomentField) -> None:
        if self.when.data == "later" and not field.data:
            raise ValidationError("Choose a date and a time.")

    def validate_zone(self, field: StringField) -> None:
        if field.data and self.when.data == "later":
            try:
                zone(field.data)
            except UnknownZone as error:
                raise ValidationError("This is not a time zone.") from error

    def moment(self, default_zone: str) -> datetime | None:
        """When to send it, or None for now. Call after validate()."""
        if self.when.data != "later" or self.at.wall is None:
            return None
        local: ZoneInfo = zone(self.zone.data or default_zone)
        return wall_time(self.at.wall.date(), self.at.wall.time(), local)


class SnoozeForm(Form):
    """How long a thread is put aside: a preset, or a wall time of the person."""

    preset = StringField(validators=[Optional(), AnyOf(["hours", "tomorrow", "week"])])
    until = LocalMomentField("Until")

    def validate_until(self, field: LocalMomentField) -> None:
        if not self.preset.data and not field.data:
            raise ValidationError("Choose a date and a time.")


class TemplateForm(Form):
    """Words to reuse."""

    name = StringField("Name", validators=[DataRequired("Give it a name."), Length(max=80)])
    channel = SelectField("Channel", choices=CHANNEL_CHOICES, default="email")
    subject = StringField("Subject", validators=[Length(max=LONGEST_SUBJECT)])
    content = TextAreaField("Text", validators=[DataRequired("Write the text."), _fits_its_channel])
