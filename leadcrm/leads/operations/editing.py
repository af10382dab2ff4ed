"""A person changes what we know about a lead."""

from dataclasses import replace

from leadcrm.core.countries import country_words
from leadcrm.core.db import lock
from leadcrm.core.errors import Conflict
from leadcrm.core.events import record
from leadcrm.identity import queries as identity
from leadcrm.leads.data import LeadData
from leadcrm.leads.events import LeadEdited
from leadcrm.leads.models import Lead
from leadcrm.leads.operations import contact_points
from leadcrm.leads.operations.changing import assign_lead, change_status, set_tags
from leadcrm.leads.operations.consenting import note_consent
from leadcrm.leads.operations.creating import checked_country, checked_zone, guess_zone_anew, shown_name
from leadcrm.leads.wording import held_consent
from leadcrm.leads.zone_certainty import GUESSED

TEXT_FIELDS = ("first_name", "last_name", "company", "interest", "city", "country", "source")
FIELDS = (
    "status", "owner_id", "phone", "email", "company", "interest", "city", "country", "tags", "source", "timezone"
)  # fmt: skip
TELL_THE_ZONE = {"phone", "city", "country"}
REQUIRED = ("source",)  # an empty value leaves what is there


def edit_lead(lead: Lead, data: LeadData, revision: int | None = None) -> Lead:
    """Change what `data` says; what it does not say stays.

    `revision` is the lead's as the person saw it: raises Conflict, and changes nothing, when it has moved on since and
    something would be overwritten. Raises DomainError naming the field.
    """
    lead = lock(lead)
    if data.country:
        data = replace(data, country=checked_country(data.country))
    addresses = {
        kind: identity.address_as_kept(kind, typed)
        for kind, typed in (("email", data.email), ("phone", data.phone))
        if typed is not None
    }
    texts = {
        field: said
        for field in TEXT_FIELDS
        if (said := getattr(data, field)) is not None
        and said != getattr(lead, field)
        and (said or field not in REQUIRED)
    }
    zone = checked_zone(data.timezone) if data.timezone and data.timezone != lead.timezone else None
    changed = [*texts, *(kind for kind, value in addresses.items() if value != lead.address(kind))]
    if zone:
        changed.append("timezone")
    consent = data.consent if data.consent != held_consent(lead) else None
    if revision is not None and revision != lead.revision and (changed or consent is not None):
        raise Conflict("Someone changed this lead in the meantime. Look at both values and save again.")
    for field, said in texts.items():
        setattr(lead, field, said)
    for kind, value in addresses.items():
        contact_points.replace_primary(lead, kind, value)
    if zone:
        lead.timezone, lead.zone_source = zone, "chosen"
    elif not TELL_THE_ZONE.isdisjoint(changed) and guess_zone_anew(lead):
        changed.append("timezone")
    if changed:
        lead.name = shown_name(lead, lead.address("email") or lead.address("phone") or lead.address("whatsapp"))
        contact_points.index(lead)
        record(LeadEdited(lead_id=lead.id, fields=tuple(changed)))
    if consent is not None:
        note_consent(lead, consent, [lead.address(kind) for kind in ("email", "phone")])
    if data.owner_id is not None:
        assign_lead(lead, data.owner_id)
    if data.tags is not None:
        set_tags(lead, data.tags)
    return lead


def edit_field(lead: Lead, field: str, value: str, *, was: str, reason: str = "") -> Lead:
    """Change one field that said `was` (as `field_text` has it) when the person looked.

    `field` is one of FIELDS; `value` as typed, for tags their names with commas between; `reason` goes with a status.
    Raises Conflict when the field says something else by now, DomainError naming the field.
    """
    lead = lock(lead)
    if field_text(lead, field) not in (was, value):
        raise Conflict("Someone changed this in the meantime.", field)
    match field:
        case "owner_id":
            assign_lead(lead, value)
        case "status":
            change_status(lead, value, reason)
        case "tags":
            set_tags(lead, value.split(","))
        case _:
            edit_lead(lead, LeadData(**{field: value}))
    if field == "timezone" and value == lead.timezone and lead.zone_source in GUESSED:
        lead.zone_source = "chosen"  # the guess was right, says a person
        record(LeadEdited(lead_id=lead.id, fields=("zone_source",)))
    return lead


def field_text(lead: Lead, field: str) -> str:
    """What one of FIELDS says, in the words `edit_field` takes."""
    match field:
        case "email" | "phone":
            return lead.address(field)
        case "tags":
            return ", ".join(sorted(tag.name for tag in lead.tags))  # as typed at first, by the database's rules later
        case "country":
            return country_words(lead.country)
        case _:
            return getattr(lead, field) or ""
