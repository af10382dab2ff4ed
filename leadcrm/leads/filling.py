"""What a submission adds to a lead that we know: what is empty is filled, what differs is kept apart. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadcrm.core.countries import country_words
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from leadcrm.leads.zone_certainty import GUESSED

FILLED_WHEN_EMPTY = ("first_name", "last_name", "company", "interest", "city", "country")
PLACE = ("city", "country")  # filled together or not at all: half of another place would make a third


@dataclass(frozen=True)
class Filling:
    """`texts` by field, `addresses` as (kind, normal value), and `differences`: `{field: {"held": …, "said": …}}`."""

    texts: Mapping[str, str]
    addresses: tuple[tuple[str, str], ...]
    timezone: str | None
    tags: tuple[str, ...]
    differences: Mapping[str, Mapping[str, str]]

    @property
    def tells_place(self) -> bool:
        """Whether more of the lead's place is known by it."""
        return not self.texts.keys().isdisjoint(PLACE)

    @property
    def is_empty(self) -> bool:
        """Whether the lead has all of it."""
        return not (self.texts or self.addresses or self.timezone or self.tags)


def filling_of(lead: Lead, data: LeadData, said: Sequence[tuple[str, str]]) -> Filling:
    """What the lead lacks of what is said; `said` are the addresses as they are kept."""
    texts, addresses, differences = {}, [], {}
    for field in FILLED_WHEN_EMPTY:
        kept, text = getattr(lead, field), getattr(data, field) or ""
        if text and not kept:
            texts[field] = text
        elif text.casefold() not in ("", kept.casefold()):
            differences[field] = {"held": kept, "said": text}
    if not differences.keys().isdisjoint(PLACE):
        differences |= {field: {"held": "", "said": texts.pop(field)} for field in PLACE if field in texts}
    if "country" in differences:
        differences["country"] = {side: country_words(code) for side, code in differences["country"].items()}
    for kind, value in said:
        mine = [point.value for point in lead.contact_points if point.kind == kind]
        if not mine:
            addresses.append((kind, value))
        elif value not in mine:
            differences[kind] = {"held": mine[0], "said": value}
    timezone = data.timezone or None
    if timezone and lead.zone_source not in GUESSED:
        if timezone != lead.timezone:
            differences["timezone"] = {"held": lead.timezone, "said": timezone}
        timezone = None
    return Filling(texts, tuple(addresses), timezone, _new_tags(lead, data), differences)


def _new_tags(lead: Lead, data: LeadData) -> tuple[str, ...]:
    mine = {tag.name.casefold() for tag in lead.tags}
    names = {" ".join(name.split()).casefold(): name for name in data.tags or ()}
    return tuple(name for key, name in names.items() if key and key not in mine)
