"""Leads that come by themselves: from a form, a survey, the API, or a message of someone we do not know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import insert

from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.events import record
from leadcrm.identity import queries as identity
from leadcrm.identity.models import User
from leadcrm.leads import queries
from leadcrm.leads.data import LeadData
from leadcrm.leads.events import LeadInquired, LeadRecognised
from leadcrm.leads.filling import Filling, filling_of
from leadcrm.leads.models import STATUSES, Inquiry, Lead
from leadcrm.leads.operations import contact_points
from leadcrm.leads.operations.changing import restore_lead, tags_named
from leadcrm.leads.operations.consenting import checked, note_consent
from leadcrm.leads.operations.contact_points import Address
from leadcrm.leads.operations.creating import checked_country, chosen_zone, guess_zone_anew, make_lead, shown_name

SOURCE_OF_STRANGERS = {"email": "inbound email", "phone": "inbound text", "whatsapp": "inbound whatsapp"}
insert_inquiry = insert(Inquiry.__table__)


@dataclass(frozen=True)
class Captured:
    """The lead that somebody's submission belongs to; the defaults are what every new lead has."""

    lead_id: str
    is_new: bool
    status: str = STATUSES[0]
    score: int = 0


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What somebody submitted, read and checked as far as that goes without the write lock."""

    data: LeadData
    email: str
    phone: str
    zone: tuple[str, str]
    realtor_id: str | None  # the user's own id

    @property
    def addresses(self) -> list[Address]:
        return contact_points.given(email=self.email, phone=self.phone)


def capture_lead(data: LeadData, *, realtor: User | None) -> tuple[Lead, bool]:
    """Read one submission and take it in. Returns the lead and whether it is new."""
    captured = take_in(read_submission(data, realtor=realtor))
    return get_or_404(Lead, captured.lead_id), captured.is_new


def read_submission(data: LeadData, *, realtor: User | None = None, zone_source: str = "browser") -> Submission:
    """The submission for `realtor`, an active member of the team; `zone_source` says where a time zone comes from.

    Raises DomainError naming the field.
    """
    if data.consent is not None:
        checked(data.consent)
    data = replace(data, source=data.source or "api", country=checked_country(data.country))
    email, phone = identity.address_as_kept("email", data.email), identity.address_as_kept("phone", data.phone)
    return Submission(
        data=data,
        email=email,
        phone=phone,
        zone=chosen_zone(data.timezone, zone_source, phone, data.place),
        realtor_id=realtor.id if realtor else None,
    )


def take_in(submission: Submission) -> Captured:
    """Make a lead of the submission, or add it to the one that we know.

    A known phone is the same lead: what is empty is filled, what is filled stays, what differs is
    kept on the inquiry. An e-mail address alone decides only where one side has no phone. Raises DomainError naming
    the field.
    """
    data = submission.data
    said = submission.addresses
    held, values = contact_points.holders(said), [value for _, value in said]
    known = known_of(submission, held, partial(get_or_404, Lead))
    if known is None:
        lead_id = make_lead(
            data,
            said,
            held=held,
            zone=submission.zone,
            owner_id=submission.realtor_id if data.owner_id is None else identity.checked_owner(data.owner_id),
            realtor_id=submission.realtor_id,
        )
        add_inquiry(lead_id, data, {})
        _recognise(lead_id, data)
        if data.consent is not None:
            note_consent(get_or_404(Lead, lead_id), data.consent, values, newer_only=True)
        return Captured(lead_id, is_new=True)
    lead = lock(known)
    differences = fill(lead, submission, held).differences
    if lead.archived_at is not None:
        restore_lead(lead)
    lead.last_activity_at = clock.now()
    add_inquiry(lead.id, data, differences)
    record(LeadInquired(lead_id=lead.id, source=data.source, differs=tuple(differences)))
    _recognise(lead.id, data)
    if data.consent is not None:
        note_consent(lead, data.consent, values, newer_only=True)
    return Captured(lead.id, False, lead.status, lead.score)


def receive_stranger(kind: str, address: str, name: str = "") -> Lead:
    """A lead for someone who wrote to us first; `address` is taken as it is when it is no regular one."""
    value = queries.normal_or_raw(kind, address)
    first_name, _, last_name = " ".join(name.split()).partition(" ")
    data = LeadData(first_name=first_name[:120], last_name=last_name[:120], source=SOURCE_OF_STRANGERS[kind])
    said = contact_points.given(**{kind: value})
    zone = chosen_zone(None, "organization", value if kind == "phone" else "", data.place)
    return get_or_404(Lead, make_lead(data, said, held=contact_points.holders(said), zone=zone))


def known_of(submission: Submission, held: Mapping[Address, str], find: Callable[[str], Lead]) -> Lead | None:
    """The lead that a submission speaks of; `held` is what `contact_points.holders` says of its addresses."""
    if lead_id := held.get(("phone", submission.phone)):
        return find(lead_id)
    lead_id = held.get(("email", submission.email))
    if lead_id is None:
        return None
    by_email = find(lead_id)
    has_another_phone = submission.phone and by_email.address("phone")
    return None if has_another_phone else by_email


def fill(lead: Lead, submission: Submission, held: Mapping[Address, str]) -> Filling:
    """Write what the lead lacks; returns what that was. Raises DomainError naming the field."""
    filling = filling_of(lead, submission.data, submission.addresses)
    if filling.is_empty:
        return filling
    had_phone = bool(lead.address("phone"))
    for field, text in filling.texts.items():
        setattr(lead, field, text)
    contact_points.add(lead, filling.addresses, held)
    if filling.timezone:
        lead.timezone, lead.zone_source = submission.zone
    elif not submission.data.timezone and (not had_phone or filling.tells_place):
        guess_zone_anew(lead)
    lead.tags = tags_named([*(tag.name for tag in lead.tags), *filling.tags])
    lead.name = shown_name(lead, lead.name)
    db.session.flush()
    contact_points.index(lead)
    return filling


def _recognise(lead_id: str, data: LeadData) -> None:
    if data.visitor:
        record(LeadRecognised(lead_id=lead_id, visitor=data.visitor))


def add_inquiry(lead_id: str, data: LeadData, differences: Mapping[str, Mapping[str, str]]) -> None:
    """Keep what was submitted, and what it said against filled fields."""
    db.session.connection().execute(insert_inquiry, row_of_inquiry(lead_id, data, differences))


def row_of_inquiry(lead_id: str, data: LeadData, differences: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """What `add_inquiry` writes."""
    return {
        "lead_id": lead_id,
        "source": data.source,
        "answers": dict(data.answers),
        "payload": dict(data.payload),
        "differences": dict(differences),
    }
