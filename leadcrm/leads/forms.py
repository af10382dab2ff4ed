"""What people type about leads, and what they ask lists for."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, Regexp, ValidationError

from leadcrm.core.countries import country_named, country_words
from leadcrm.core.forms import ID, REVISION, Form, at_most, near
from leadcrm.core.zones import wall_time
from leadcrm.leads.data import Consent, Filters, LeadData
from leadcrm.leads.models import STATUSES, Lead
from leadcrm.leads.wording import HAS_WORDS, STATUS_WORDS, held_consent, main_address
from leadcrm.leads.zone_words import zone_named

TEXTS = ("first_name", "last_name", "company", "email", "phone", "interest", "city", "country", "source", "timezone")
LONGEST_QUERY = 200
SETTABLE_STATUSES = [SelectChoice(status, STATUS_WORDS[status]) for status in STATUSES if status != "converted"]


def _is_score(form: Form, field: IntegerField) -> None:
    if field.data is not None and not 0 <= field.data <= 100:  # NumberRange breaks on numbers beyond a float
        raise ValidationError("From 0 to 100.")


def _country_as_read(typed: str | None) -> str | None:
    """The country's name for its code or another name; what is no country comes back as it is."""
    code = country_named(typed or "")
    return country_words(code) if code else typed


class LeadForm(Form):
    """A lead as typed. `form_key` names this rendering, `revision` the lead it shows, `anyway` accepts a duplicate."""

    first_name = StringField("First name", [at_most(120)])
    last_name = StringField("Last name", [at_most(120)])
    company = StringField("Company", [at_most(160)])
    email = StringField("Email", [at_most(254)])
    phone = StringField("Phone", [at_most(60)])
    interest = StringField("Interest", [at_most(200)])
    city = StringField("City", [at_most(120)])
    country = StringField("Country", [at_most(80)], filters=[_country_as_read])
    source = StringField("Source", [at_most(60)])
    timezone = StringField("Time zone", [at_most(60)], filters=[zone_named])
    owner_id = SelectField("Owner", [Optional()], default="")
    tags = StringField("Tags", [at_most(400)])
    consent_source = StringField("Agreed to be written to", [at_most(120)])
    consent_on = DateField("On", [Optional(), near])
    account_id = HiddenField(validators=[Optional(), ID])  # whose customer a new lead is
    follow_up = BooleanField("Send follow-up email")
    anyway = BooleanField("Create anyway")
    form_key = HiddenField(validators=[Optional(), ID])
    revision = HiddenField(validators=[Optional(), REVISION])
    back = HiddenField(validators=[Length(max=2000)])

    def offer_owners(self, owners: Sequence[tuple[str, str]], lead: Lead | None = None) -> None:
        """The colleagues to choose from; the lead's owner who left stays until somebody chooses."""
        self.owner_id.choices = [SelectChoice("", "Nobody"), *(SelectChoice(*owner) for owner in owners)]
        if lead is not None and lead.owner is not None and lead.owner_id not in dict(owners):
            self.owner_id.choices.append(SelectChoice(lead.owner_id, lead.owner.name))

    @classmethod
    def of(cls, lead: Lead, **more: str) -> "LeadForm":
        """The form filled with what is known."""
        consent = held_consent(lead)
        return cls(
            first_name=lead.first_name,
            last_name=lead.last_name,
            company=lead.company,
            email=main_address(lead, "email"),
            phone=main_address(lead, "phone"),
            interest=lead.interest,
            city=lead.city,
            country=country_words(lead.country),
            source=lead.source,
            timezone=lead.timezone,
            owner_id=lead.owner_id or "",
            tags=", ".join(tag.name for tag in lead.tags),
            consent_source=consent.source,
            consent_on=consent.on,
            revision=str(lead.revision),
            **more,
        )

    def lead_data(self) -> LeadData:
        return LeadData(
            **{name: self[name].data or "" for name in TEXTS},
            owner_id=self.owner_id.data or "",
            account_id=self.account_id.data or None,
            tags=split_tags(self.tags.data),
            consent=Consent(self.consent_source.data or "", self.consent_on.data),
        )


class FieldForm(LeadForm):
    """One field of a lead, edited where it is shown. `was` is what it said then, `reason` goes with a status."""

    status = SelectField("Status", choices=SETTABLE_STATUSES)
    reason = StringField("Reason", [at_most(200)])
    was = HiddenField(validators=[Length(max=2000)])

    def keep_only(self, name: str) -> None:
        """Drop the fields this is not about."""
        for other in set(self._fields) - {name, "reason", "was"}:
            del self[other]


class StatusForm(Form):
    status = SelectField("Status", choices=SETTABLE_STATUSES)
    reason = StringField("Reason", [at_most(200)])
    back = HiddenField(validators=[Length(max=2000)])


class OwnerForm(Form):
    owner_id = SelectField("Owner", [Optional()], default="")
    back = HiddenField(validators=[Length(max=2000)])

    def offer_owners(self, owners: Sequence[tuple[str, str]]) -> None:
        self.owner_id.choices = [SelectChoice("", "Nobody"), *(SelectChoice(*owner) for owner in owners)]


class TagsForm(Form):
    tags = StringField("Tags", [at_most(400)])
    back = HiddenField(validators=[Length(max=2000)])


class NoteForm(Form):
    """A remark. `form_key` names this rendering."""

    form_key = HiddenField(validators=[Optional(), ID])
    body = TextAreaField("Note", [DataRequired("Write something first."), at_most(5000)])
    back = HiddenField(validators=[Length(max=2000)])


class FilterForm(Form):
    """What a list shows, as the address says it. Dates are whole days of the reader's clock."""

    q = StringField("Search", [Length(max=LONGEST_QUERY)])
    status = SelectMultipleField("Status", choices=[SelectChoice(*choice) for choice in STATUS_WORDS.items()])
    owner = StringField("Owner", [Optional(), Regexp(r"(me|none|[0-9a-f-]{36})$", message="No such owner.")])
    source = StringField("Source", [Length(max=60)])
    tag = StringField("Tag", [Optional(), Regexp(r"[0-9a-f-]{36}$", message="No such tag.")])
    score = IntegerField("Score at least", [Optional(), _is_score])
    created_from = DateField("Created from", [Optional(), near])
    created_to = DateField("Created until", [Optional(), near])
    has = SelectMultipleField("Has", choices=[SelectChoice(*choice) for choice in HAS_WORDS.items()])
    archived = BooleanField("Archived")

    def filters(self, user_id: str, zone: ZoneInfo) -> Filters:
        """The filters that make sense; those with errors are left out."""
        said = {name: None if field.errors else field.data for name, field in self._fields.items()}
        until = said["created_to"]
        return Filters(
            q=said["q"] or "",
            statuses=tuple(said["status"] or ()),
            owner=user_id if said["owner"] == "me" else said["owner"] or None,
            source=said["source"] or None,
            tag_id=said["tag"] or None,
            score_at_least=said["score"],
            created_from=_midnight(said["created_from"], zone),
            created_before=_midnight(until + timedelta(days=1), zone) if until else None,
            has=tuple(said["has"] or ()),
            archived=bool(said["archived"]),
        )

    @classmethod
    def of(cls, filters: Filters, zone: ZoneInfo) -> "FilterForm":
        """The form that asks for these filters."""
        until = filters.created_before
        said = {
            "q": filters.q,
            "status": list(filters.statuses),
            "owner": filters.owner,
            "source": filters.source,
            "tag": filters.tag_id,
            "score": filters.score_at_least,
            "created_from": filters.created_from and filters.created_from.astimezone(zone).date(),
            "created_to": until and until.astimezone(zone).date() - timedelta(days=1),
            "has": list(filters.has),
            "archived": filters.archived,
        }
        return cls(data=said)


def split_tags(text: str | None) -> list[str]:
    """`Garden, first buyer` → `["Garden", "first buyer"]`."""
    return [name for name in (part.strip() for part in (text or "").split(",")) if name]


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return wall_time(day, time.min, zone) if day else None
