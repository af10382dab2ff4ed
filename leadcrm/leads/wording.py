"""How leads are put in words on screens."""

from datetime import date

from leadcrm.core.addresses import phone_as_read
from leadcrm.core.countries import country_words
from leadcrm.leads.data import Consent, Filters
from leadcrm.leads.models import STATUSES, Lead
from leadcrm.leads.zone_certainty import SOURCE_WORDS, candidates

STATUS_WORDS = {status: status.capitalize() for status in STATUSES}
HAS_WORDS = {"email": "an email address", "phone": "a phone number"}
SORT_WORDS = {  # a list's order: its name, and how it reads downwards and upwards
    "activity": ("Last activity", "Latest first", "Oldest first"),
    "created": ("Created", "Newest first", "Oldest first"),
    "name": ("Name", "Z to A", "A to Z"),
    "score": ("Score", "Highest first", "Lowest first"),
}
KIND_WORDS = {"email": "email", "phone": "phone", "whatsapp": "WhatsApp"}
FIELD_WORDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "company": "Company",
    "email": "Email",
    "phone": "Phone",
    "timezone": "Time zone",
    "interest": "Interest",
    "city": "City",
    "country": "Country",
    "source": "Source",
    "status": "Status",
    "owner_id": "Owner",
    "tags": "Tags",
}


def source_words(source: str) -> str:
    """`inbound email` → `Inbound email`."""
    return source[:1].upper() + source[1:]


def main_address(lead: Lead, kind: str) -> str:
    """The lead's main address of a kind as people read it, "" for none."""
    value = lead.address(kind)
    return phone_as_read(value) if value and kind != "email" else value


def zone_note(lead: Lead, year: int) -> str:
    """Where we know the lead's zone from, and how well: `from the phone number, one of 8 possible`."""
    possible = len(possible_zones(lead, year))
    return f"{zone_source_words(lead)}{f', one of {possible} possible' if possible > 1 else ''}"


def zone_source_words(lead: Lead) -> str:
    """Where we know the lead's zone from: `by their address, Cape Town`."""
    words = SOURCE_WORDS[lead.zone_source]
    return f"{words}, {lead.city or country_words(lead.country)}" if lead.zone_source == "address" else words


def possible_zones(lead: Lead, year: int) -> tuple[str, ...]:
    """The zones the lead may be in, the likeliest first; of a lead that is loaded with its addresses."""
    number = lead.address("phone") or lead.address("whatsapp")
    return candidates(lead.timezone, lead.zone_source, number, lead.place, year)


def held_consent(lead: Lead) -> Consent:
    """What is written beside the lead's main address, e-mail before phone."""
    mains = (point for kind in ("email", "phone") for point in lead.contact_points if point.is_primary_of(kind))
    noted = next((point for point in mains if point.consent_source), None)
    return Consent(noted.consent_source, noted.consent_on) if noted else Consent()


def consents(lead: Lead) -> list[tuple[str, str, date]]:
    """Where and when the lead agreed, each once: (its addresses' kinds, source, day)."""
    kinds: dict[tuple[str, date], list[str]] = {}
    for point in lead.contact_points:
        if point.consent_source:
            kinds.setdefault((point.consent_source, point.consent_on), []).append(KIND_WORDS[point.kind])
    return [(" and ".join(dict.fromkeys(names)), source, on) for (source, on), names in kinds.items()]


def subtitle(lead: Lead) -> str:
    """What stands below a name: interest and company."""
    return " · ".join(part for part in (lead.interest, lead.company) if part and part != lead.name)


def chips(filters: Filters, *, owner: str, tag: str, dates: dict[str, str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Active filters as (label, value, names of the address's arguments): `Status is`, `New, Contacted`.

    `owner` and `tag` are the names of what the filters point at; `dates` the days as typed, by their field's name.
    """
    found = []
    if filters.statuses:
        found.append(("Status is", " or ".join(STATUS_WORDS[status] for status in filters.statuses), ("status",)))
    if filters.owner:
        found.append(("Owner is", "nobody" if filters.owner == "none" else owner, ("owner",)))
    if filters.source:
        found.append(("Source is", source_words(filters.source), ("source",)))
    if filters.tag_id:
        found.append(("Tagged", tag, ("tag",)))
    if filters.score_at_least is not None:
        found.append(("Score ≥", str(filters.score_at_least), ("score",)))
    if filters.created_from is not None:
        found.append(("Created from", dates["created_from"], ("created_from",)))
    if filters.created_before is not None:
        found.append(("Created until", dates["created_to"], ("created_to",)))
    if filters.has:
        found.append(("Has", " and ".join(HAS_WORDS[kind] for kind in filters.has), ("has",)))
    return found
