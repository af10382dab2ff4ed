"""What happens to a lead."""

from dataclasses import dataclass

from leadcrm.core.events import Event, register


@register
@dataclass(frozen=True, kw_only=True)
class LeadCreated(Event):
    """A new lead exists, with its first inquiry when it came from a form."""

    name = "lead.created"
    title = "Lead created"
    icon = "user-plus"
    personal = ("source",)
    lead_id: str
    source: str
    owner_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class FollowUpRequested(Event):
    """The person who typed the lead in ticked “send follow-up email”."""

    name = "lead.follow_up_requested"
    title = "Follow-up email requested"
    icon = "mail"
    lead_id: str
    user_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class LeadInquired(Event):
    """A known lead submitted again; `differs` names fields that said something else than what we hold."""

    name = "lead.inquired"
    title = "Got in touch again"
    icon = "clipboard-list"
    personal = ("source",)
    lead_id: str
    source: str
    differs: tuple[str, ...] = ()


@register
@dataclass(frozen=True, kw_only=True)
class LeadRecognised(Event):
    """A submission named the visitor of the organization's site who made it."""

    name = "lead.recognised"
    title = "Recognised as a visitor of your site"
    icon = "globe"
    personal = ("visitor",)
    lead_id: str
    visitor: str


@register
@dataclass(frozen=True, kw_only=True)
class ConsentNoted(Event):
    """Where and when the lead agreed to be written to, by addresses of these kinds; without a source: no more."""

    name = "lead.consent_noted"
    title = "Consent noted"
    icon = "shield-check"
    personal = ("source",)
    lead_id: str
    kinds: tuple[str, ...]
    source: str = ""
    on: str = ""  # a date, ISO 8601


@register
@dataclass(frozen=True, kw_only=True)
class LeadEdited(Event):
    """Fields changed; values stay in the lead's row."""

    name = "lead.edited"
    title = "Details changed"
    icon = "pencil"
    lead_id: str
    fields: tuple[str, ...] = ()


@register
@dataclass(frozen=True, kw_only=True)
class LeadStatusChanged(Event):
    name = "lead.status_changed"
    title = "Status changed"
    icon = "circle-check"
    lead_id: str
    old: str
    new: str


@register
@dataclass(frozen=True, kw_only=True)
class LeadConverted(Event):
    """The lead became a contact of an account, maybe with a deal; `made_account`: of one that is new."""

    name = "lead.converted"
    title = "Converted"
    icon = "building-2"
    lead_id: str
    account_id: str
    contact_id: str
    opportunity_id: str | None = None
    made_account: bool = False


@register
@dataclass(frozen=True, kw_only=True)
class LeadConversionUndone(Event):
    """The lead is a qualified one again; what the conversion had made is gone."""

    name = "lead.conversion_undone"
    title = "Conversion taken back"
    icon = "undo-2"
    lead_id: str
    account_id: str


@register
@dataclass(frozen=True, kw_only=True)
class LeadLinked(Event):
    """The lead is of a customer's, or of another's, or of nobody's any more."""

    name = "lead.linked"
    title = "Account changed"
    icon = "building-2"
    lead_id: str
    account_id: str | None = None
    old_account_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class LeadScored(Event):
    """The score is another one; both are from 0 to 100. `message_id`: the mail whose reading made it so."""

    name = "lead.scored"
    title = "Score changed"
    icon = "chart-column"
    lead_id: str
    old: int
    new: int
    reason: str = ""
    message_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class LeadAssigned(Event):
    """The lead has another owner, or none."""

    name = "lead.assigned"
    title = "Owner changed"
    icon = "user"
    lead_id: str
    old_owner_id: str | None = None
    owner_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class LeadTagged(Event):
    name = "lead.tagged"
    title = "Tags changed"
    icon = "tag"
    personal = ("added", "removed")
    lead_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@register
@dataclass(frozen=True, kw_only=True)
class LeadArchived(Event):
    name = "lead.archived"
    title = "Archived"
    icon = "archive"
    lead_id: str


@register
@dataclass(frozen=True, kw_only=True)
class LeadRestored(Event):
    """The lead came back from the archive."""

    name = "lead.restored"
    title = "Restored from the archive"
    icon = "rotate-ccw"
    lead_id: str


@register
@dataclass(frozen=True, kw_only=True)
class NoteAdded(Event):
    name = "note.added"
    title = "Note"
    icon = "file-text"
    lead_id: str
    note_id: str
    author_id: str | None = None
