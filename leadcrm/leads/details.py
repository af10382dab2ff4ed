"""What the list of a lead's details shows, worked out before the template: there, each look-up costs five times."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from leadcrm.core import clock
from leadcrm.core.countries import country_words
from leadcrm.core.web import remembered
from leadcrm.leads.models import Lead
from leadcrm.leads.wording import FIELD_WORDS, main_address, source_words, zone_note

PAGES = {"status": "status", "owner_id": "owner", "tags": "tags"}  # without scripts; other fields are in the form
KEYS = {"status": "s", "owner_id": "a"}
ICONS = {
    "status": "circle-check",
    "owner_id": "user",
    "phone": "phone",
    "email": "mail",
    "company": "building-2",
    "interest": "house",
    "city": "map-pin",
    "country": "map-pin",
    "tags": "tag",
    "source": "globe",
    "timezone": "clock",
}


@dataclass(frozen=True)
class Detail:
    """One line: a field that can be edited where it stands, or, without an address, a value alone."""

    name: str
    label: str
    icon: str
    value: str  # Markup where it is a badge
    note: str = ""
    href: str | None = None
    key: str | None = None


def details_of(lead: Lead) -> Iterator[Detail]:
    """The lines that stand below a lead's name, up to the day it came."""
    for name in ICONS:
        if name == "country" and not any(lead.place):
            continue  # one empty line for the place is enough: a screen has its budget of elements
        yield detail_of(lead, name)
        if name == "status":
            yield Detail("score", "Score", "chart-column", remembered("macros/ui.html", "score", lead.score))


def detail_of(lead: Lead, name: str) -> Detail:
    """One field of FIELD_WORDS as text."""
    show = SHOWN.get(name)
    value = show(lead) if show else getattr(lead, name)
    editable = name != "status" or lead.status != "converted"
    href = f"/leads/{lead.id}/{PAGES.get(name) or f'edit#{name}'}" if editable else None
    note = NOTES[name](lead) if name in NOTES and editable else ""
    return Detail(name, FIELD_WORDS[name], ICONS.get(name, ""), value or "–", note, href, KEYS.get(name))


SHOWN: dict[str, Callable[[Lead], str]] = {
    "status": lambda lead: remembered("macros/ui.html", "lead_status", lead.status),
    "owner_id": lambda lead: lead.owner.name if lead.owner else "Nobody",
    "phone": lambda lead: main_address(lead, "phone"),
    "email": lambda lead: main_address(lead, "email"),
    "country": lambda lead: country_words(lead.country),
    "tags": lambda lead: remembered("leads/_macros.html", "tag_badges", *((tag.name, tag.tone) for tag in lead.tags)),
    "source": lambda lead: source_words(lead.source),
    "timezone": lambda lead: lead.timezone.replace("_", " "),
}
NOTES: dict[str, Callable[[Lead], str]] = {
    "status": lambda lead: lead.status_reason,
    "timezone": lambda lead: zone_note(lead, clock.now().year),
}
