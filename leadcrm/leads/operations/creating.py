"""A person types a lead in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select

from leadcrm.accounts import queries as accounts
from leadcrm.core import clock
from leadcrm.core.countries import country_named
from leadcrm.core.db import db, get_or_404
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.core.gazetteer import Place
from leadcrm.core.values import new_id
from leadcrm.core.zones import UnknownZone, zone
from leadcrm.identity import queries as identity
from leadcrm.identity.models import User
from leadcrm.leads.data import LeadData
from leadcrm.leads.events import FollowUpRequested, LeadCreated
from leadcrm.leads.models import Lead, LeadTag
from leadcrm.leads.operations import contact_points
from leadcrm.leads.operations.changing import tags_named
from leadcrm.leads.operations.consenting import checked, note_consent
from leadcrm.leads.operations.contact_points import Address
from leadcrm.leads.zone_certainty import GUESSED, guessed_zone

insert_lead, insert_lead_tags = insert(Lead.__table__), insert(LeadTag.__table__)


def create_lead(
    data: LeadData,
    *,
    by: User | None,
    follow_up: bool = False,
    form_key: str | None = None,
    zone_source: str = "chosen",
) -> Lead:
    """A new lead, also when one with the same address exists: whoever typed it was warned.

    `form_key` names one rendering of a form; the second submission of it returns the lead the first one made.
    `zone_source` says where `data.timezone` comes from. Raises DomainError naming the field, and NotFound for an
    account that `by` does not see.
    """
    if form_key and (lead := db.session.scalar(select(Lead).where(Lead.form_key == form_key))) is not None:
        return lead
    data = replace(data, country=checked_country(data.country))
    email, phone = identity.address_as_kept("email", data.email), identity.address_as_kept("phone", data.phone)
    checked_follow_up(follow_up, email)
    if data.consent is not None:
        checked(data.consent)
    if data.account_id and by is not None:
        accounts.visible_account(by, data.account_id)
    said = contact_points.given(email=email, phone=phone)
    lead_id = make_lead(
        data,
        said,
        held=contact_points.holders(said),
        zone=chosen_zone(data.timezone, zone_source, phone, data.place),
        owner_id=identity.checked_owner(data.owner_id),
        form_key=form_key,
    )
    lead = get_or_404(Lead, lead_id)
    if data.consent is not None and data.consent.source:
        note_consent(lead, data.consent, [value for _, value in said])
    if follow_up:
        record(FollowUpRequested(lead_id=lead_id, user_id=by.id if by else None))
    return lead


def make_lead(
    data: LeadData,
    said: Sequence[Address],
    *,
    held: Mapping[Address, str],
    zone: tuple[str, str],
    owner_id: str | None = None,
    realtor_id: str | None = None,
    form_key: str | None = None,
) -> str:
    """Write the row, its addresses, its tags and the fact; gives the lead's id. Raises DomainError naming the field.

    `held` is what `contact_points.holders` says of the addresses; `zone` is what `chosen_zone` says. Plain inserts:
    a lead as an object of the session costs four times as much, and whoever submits a form waits for it.
    """
    tags = tags_named(data.tags or ())
    db.session.flush()  # what the lead refers to
    connection, lead = db.session.connection(), row_of_lead(data, said, zone=zone, owner_id=owner_id)
    lead_id = lead["id"]
    connection.execute(insert_lead, {**lead, "realtor_id": realtor_id, "form_key": form_key})
    if said:
        contact_points.add_first(lead_id, said, held)
    if tags:
        connection.execute(insert_lead_tags, [{"lead_id": lead_id, "tag_id": tag.id} for tag in tags])
    contact_points.index_new(lead_id, lead["name"], lead["company"], [value for _, value in said])
    record(LeadCreated(lead_id=lead_id, source=lead["source"], owner_id=owner_id))
    return lead_id


def row_of_lead(
    data: LeadData, said: Sequence[Address], *, zone: tuple[str, str], owner_id: str | None
) -> dict[str, Any]:
    """The row of a new lead. Raises DomainError when nothing says who it is."""
    return {
        "id": new_id(),
        "first_name": data.first_name or "",
        "last_name": data.last_name or "",
        "name": shown_name(data, said[0][1] if said else ""),
        "company": data.company or "",
        "interest": data.interest or "",
        "city": data.city or "",
        "country": data.country or "",
        "source": data.source or "manual",
        "timezone": zone[0],
        "zone_source": zone[1],
        "owner_id": owner_id,
        "account_id": data.account_id or None,
    }


def shown_name(lead: Lead | LeadData, address: str) -> str:
    """First and last name, else the company, else an address. Raises DomainError when there is nothing at all."""
    name = f"{lead.first_name or ''} {lead.last_name or ''}".strip() or lead.company or address
    if not name:
        raise DomainError("Give a name, a company, an email address or a phone number.", "first_name")
    return name[:241]


def chosen_zone(name: str | None, source: str, phone: str, place: Place) -> tuple[str, str]:
    """The lead's time zone and where it comes from: said, else the place's, the phone's, or the organization's."""
    if name:
        return checked_zone(name), source
    return guessed_zone(phone, place, identity.organization().timezone, clock.now().year)


def guess_zone_anew(lead: Lead) -> bool:
    """After place or phone number changed: a zone that nobody told us follows. Returns whether it is another."""
    if lead.zone_source not in GUESSED:
        return False
    before = lead.timezone
    lead.timezone, lead.zone_source = chosen_zone(None, "", lead.address("phone"), lead.place)
    return lead.timezone != before


def checked_follow_up(wanted: bool, email: str) -> None:
    """Raises DomainError when one is wanted, and there is no address to send it to."""
    if wanted and not email:
        raise DomainError("A follow-up email needs an email address.", "follow_up")


def checked_zone(name: str) -> str:
    """The zone's name. Raises DomainError when there is no such zone."""
    try:
        zone(name)
    except UnknownZone:
        raise DomainError("Choose a time zone from the list, like Europe/London.", "timezone") from None
    return name


def checked_country(typed: str | None) -> str:
    """The code of the country that was typed, "" for none. Raises DomainError when there is no such country."""
    if not typed:
        return ""
    if (code := country_named(typed)) is None:
        raise DomainError("Choose a country from the list, like South Africa.", "country")
    return code
