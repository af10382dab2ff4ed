"""What people type about a campaign; whom it is for is the form of the lead list's filters."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    DateField,
    Field,
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
    Regexp,
    StopValidation,
    ValidationError,
)

from leadcrm.accounts.data import ContactFilters
from leadcrm.core.forms import Form, WholeNumberField
from leadcrm.core.zones import wall_time
from leadcrm.flows.document import LONGEST_SUBJECT, StepData
from leadcrm.flows.forms import TYPES
from leadcrm.flows.models import Campaign, Flow, FlowStep

LONGEST_NAME = 70
FASTEST = 1_000_000  # messages an hour
LONGEST_AHEAD = timedelta(days=365)
OWNER = r"(me|none|[0-9a-f-]{36})$"
STEP_NAME = "Message"
CHANNELS = {"email": "Emails an hour", "sms": "Texts an hour", "whatsapp": "WhatsApp messages an hour"}


def _reachable_pace(form: Form, field: IntegerField) -> None:
    if field.data is not None and not 1 <= field.data <= FASTEST:
        raise ValidationError(f"From 1 to {FASTEST:,}, or nothing for no limit.")


def _flow_when_it_gets_one(form: Form, field: SelectField) -> None:
    if form.what.data == "flow" and not field.data:
        field.errors = []
        raise StopValidation("Choose a flow.")


def _given_when_later(words: str) -> Callable[[Form, Field], None]:
    """The validator of a date or time that only “At a date” asks for."""

    def check(form: Form, field: Field) -> None:
        if form.when.data == "at" and field.data is None and not field.errors:
            raise StopValidation(words)

    return check


class ContactFilterForm(Form):
    """Which people at accounts a campaign is for; all that are filled must hold."""

    account = StringField("Account’s name contains", [Length(max=160)])
    industry = StringField("Industry contains", [Length(max=80)])
    account_owner = StringField("Account’s owner is", [Optional(), Regexp(OWNER, message="No such owner.")])
    health_from = IntegerField("Health at least", [Optional(), NumberRange(0, 100, "From 0 to 100.")])
    health_to = IntegerField("Health at most", [Optional(), NumberRange(0, 100, "From 0 to 100.")])
    only_primary = BooleanField("Main contacts only")

    def filters(self, user_id: str) -> ContactFilters:
        """The filters that make sense; those with errors are left out."""
        said = {field.short_name: None if field.errors else field.data for field in self}
        owner, at_most = said["account_owner"], said["health_to"]
        return ContactFilters(
            account=said["account"] or "",
            industry=said["industry"] or "",
            account_owner=user_id if owner == "me" else owner or None,
            health_at_least=said["health_from"],
            health_below=None if at_most is None else at_most + 1,
            only_primary=bool(said["only_primary"]),
        )

    @classmethod
    def of(cls, filters: ContactFilters, **more: str) -> "ContactFilterForm":
        """The form that asks for these filters."""
        said = {
            "account": filters.account,
            "industry": filters.industry,
            "account_owner": filters.account_owner,
            "health_from": filters.health_at_least,
            "health_to": None if filters.health_below is None else filters.health_below - 1,
            "only_primary": filters.only_primary,
        }
        return cls(data=said, **more)


class CampaignForm(Form):
    audience = RadioField(
        "They are",
        choices=[SelectChoice("leads", "Leads"), SelectChoice("contacts", "Contacts of accounts")],
        default="leads",
    )
    name = StringField("Name", [DataRequired("Give it a name."), Length(max=LONGEST_NAME)])
    what = RadioField(
        "They get",
        choices=[SelectChoice("flow", "A flow"), SelectChoice("message", "One message")],
        default="flow",
    )
    flow_id = SelectField("Flow", [_flow_when_it_gets_one, Optional()])
    type = RadioField("Type", choices=TYPES, default="email")
    subject = StringField("Subject", [Length(max=LONGEST_SUBJECT)])
    content = TextAreaField("Message", [Length(max=20_000)])
    when = RadioField(
        "It starts",
        [InputRequired("Choose when.")],
        choices=[SelectChoice("now", "When I start it"), SelectChoice("at", "At a date")],
        default="now",
    )
    day = DateField("Date", [_given_when_later("Say on which day."), Optional()])
    time = TimeField("Time", [_given_when_later("Say at what time."), Optional()], format=["%H:%M", "%H:%M:%S"])
    per_hour_email = WholeNumberField(CHANNELS["email"], [Optional(), _reachable_pace])
    per_hour_sms = WholeNumberField(CHANNELS["sms"], [Optional(), _reachable_pace])
    per_hour_whatsapp = WholeNumberField(CHANNELS["whatsapp"], [Optional(), _reachable_pace])

    def offer(self, flows: Sequence[Flow]) -> None:
        """The flows to choose from."""
        words = [SelectChoice(flow.id, flow.name if flow.enabled else f"{flow.name} (off)") for flow in flows]
        self.flow_id.choices = [SelectChoice("", "Choose a flow"), *words]

    def validate_content(self, field: TextAreaField) -> None:
        """A flow has its own words."""
        if self.what.data == "message" and not field.data:
            raise ValidationError("Write what the message shall say.")

    def starts_at(self, zone: ZoneInfo, now: datetime) -> datetime | None:
        """The moment on the writer's clock; None: when somebody starts it. Raises ValueError for one out of reach."""
        if self.when.data != "at":
            return None
        if not now.astimezone(zone).date() - timedelta(days=1) <= self.day.data <= (now + LONGEST_AHEAD).date():
            raise ValueError("Choose a day within the next year.")
        moment = wall_time(self.day.data, self.time.data, zone)
        if moment <= now:
            raise ValueError("This moment has passed.")
        return moment

    def message(self) -> StepData | None:
        """The one message to all, which leaves as soon as a lead has entered."""
        if self.what.data != "message":
            return None
        subject = self.subject.data if self.type.data == "email" else ""
        return StepData(self.type.data, STEP_NAME, self.content.data, day=0, time=None, subject=subject or "")

    @property
    def paces(self) -> dict[str, int | None]:
        """At most so many messages in any hour, by channel."""
        return {channel: self[f"per_hour_{channel}"].data for channel in CHANNELS}

    @classmethod
    def of(
        cls, campaign: Campaign, step: FlowStep | None, paces: dict[str, int | None], zone: ZoneInfo
    ) -> "CampaignForm":
        """The form filled with a draft; `step` is its own message, if it has one."""
        starts = campaign.starts_at.astimezone(zone) if campaign.starts_at else None
        said = {
            "audience": campaign.audience,
            "name": campaign.name,
            "what": "flow" if step is None else "message",
            "flow_id": campaign.flow_id if step is None else "",
            "when": "at" if starts else "now",
            "day": starts and starts.date(),
            "time": starts and starts.time(),
            **{f"per_hour_{channel}": limit for channel, limit in paces.items()},
        }
        if step is not None:
            said |= {"type": step.type, "subject": step.subject, "content": step.content}
        return cls(data=said)
