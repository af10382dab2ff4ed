"""Leads that come by themselves: from a form, a survey, the API, or a message of someone we do not know."""

from dataclasses import replace

from leadcrm.core import clock
from leadcrm.core.db import db, lock
from leadcrm.core.events import record
from leadcrm.identity.models import User
from leadcrm.leads import queries
from leadcrm.leads.data import LeadData
from leadcrm.leads.events import LeadInquired
from leadcrm.leads.models import Inquiry, Lead
from leadcrm.leads.operations import contact_points
from leadcrm.leads.operations.changing import restore_lead, tags_named
from leadcrm.leads.operations.creating import checked_zone, make_lead, shown_name

FILLED_WHEN_EMPTY = ("first_name", "last_name", "company", "interest")
GUESSED_ZONES = ("organization", "phone")
SOURCE_OF_STRANGERS = {"email": "inbound email", "phone": "inbound text", "whatsapp": "inbound whatsapp"}


def capture_lead(data: LeadData, *, realtor: User | None) -> tuple[Lead, bool]:
    """Take in one submission. Returns the lead and whether it is new.

    A known phone is the same lead (PRODUCT.md D10): what is empty is filled, what is filled stays, what differs is
    kept on the inquiry. An e-mail address alone decides only where one side has no phone. Raises DomainError naming
    the field.
    """
    email, phone = contact_points.normal("email", data.email), contact_points.normal("phone", data.phone)
    known = _known(email, phone)
    if known is None:
        owner_id = data.owner_id if data.owner_id is not None or realtor is None else realtor.id
        lead = make_lead(
            replace(data, owner_id=owner_id, source=data.source or "api"),
            email=email, phone=phone, zone_source="browser", realtor_id=realtor.id if realtor else None,
        )  # fmt: skip
        _add_inquiry(lead, data, {})
        return lead, True
    lead = lock(known)
    differences = _fill(lead, data, email, phone)
    if lead.archived_at is not None:
        restore_lead(lead)
    lead.last_activity_at = clock.now()
    _add_inquiry(lead, data, differences)
    record(LeadInquired(lead_id=lead.id, source=data.source or "api", differs=tuple(differences)))
    return lead, False


def receive_stranger(kind: str, address: str, name: str = "") -> Lead:
    """A lead for someone who wrote to us first; `address` is taken as it is when it is no regular one."""
    value = queries.normal_or_raw(kind, address)
    first_name, _, last_name = " ".join(name.split()).partition(" ")
    data = LeadData(first_name=first_name[:120], last_name=last_name[:120], source=SOURCE_OF_STRANGERS[kind])
    return make_lead(data, zone_source="organization", **{kind: value})


def _known(email: str, phone: str) -> Lead | None:
    found = queries.leads_at([address for address in (("email", email), ("phone", phone)) if address[1]])
    if ("phone", phone) in found:
        return found["phone", phone]
    by_email = found.get(("email", email))
    if by_email is not None and phone and contact_points.primary(by_email, "phone") is not None:
        return None
    return by_email


def _fill(lead: Lead, data: LeadData, email: str, phone: str) -> dict[str, dict[str, str]]:
    """Write what the lead lacks; returns `{field: {"held": …, "said": …}}` for what it has differently."""
    differences = {}
    for field in FILLED_WHEN_EMPTY:
        held, said = getattr(lead, field), getattr(data, field) or ""
        if said and not held:
            setattr(lead, field, said)
        elif said.casefold() not in ("", held.casefold()):
            differences[field] = {"held": held, "said": said}
    for kind, said in (("email", email), ("phone", phone)):
        mine = [point.value for point in lead.contact_points if point.kind == kind]
        if said and not mine:
            contact_points.add(lead, [(kind, said)])
        elif said and said not in mine:
            differences[kind] = {"held": mine[0], "said": said}
    differences |= _fill_zone(lead, data.timezone)
    lead.tags = tags_named([*(tag.name for tag in lead.tags), *(data.tags or ())])
    lead.name = shown_name(lead, lead.name)
    db.session.flush()
    contact_points.index(lead)
    return differences


def _fill_zone(lead: Lead, said: str | None) -> dict[str, dict[str, str]]:
    if not said or checked_zone(said) == lead.timezone:
        return {}
    if lead.zone_source in GUESSED_ZONES:
        lead.timezone, lead.zone_source = said, "browser"
        return {}
    return {"timezone": {"held": lead.timezone, "said": said}}


def _add_inquiry(lead: Lead, data: LeadData, differences: dict[str, dict[str, str]]) -> None:
    db.session.add(
        Inquiry(
            lead_id=lead.id,
            source=data.source or "api",
            answers=dict(data.answers),
            payload=dict(data.payload),
            differences=differences,
        )
    )
