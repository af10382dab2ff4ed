"""Leads by their addresses, and their addresses by lead."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased, joinedload

from leadcrm.core import addresses, clock
from leadcrm.core.countries import country_words
from leadcrm.core.db import db
from leadcrm.core.gazetteer import Place
from leadcrm.identity import queries as identity
from leadcrm.identity.models import User
from leadcrm.leads.models import CONTACT_KINDS, ContactPoint, Lead
from leadcrm.leads.zone_certainty import candidates

NUMBERS = ("phone", "whatsapp")
# the first that a lead has is written to; who writes to us and is not known gets one of the first
KINDS_OF_CHANNEL = {"email": ("email",), "sms": ("phone",), "whatsapp": ("whatsapp", "phone")}
MOST_DUPLICATES = 5
_MERGED = (
    Lead.id, Lead.first_name, Lead.last_name, Lead.company, Lead.interest, Lead.city, Lead.country
)  # fmt: skip


def find_by_address(kind: str, value: str) -> Lead | None:
    """The lead that is identified by an address, as typed or normal."""
    statement = select(Lead).join(ContactPoint, ContactPoint.lead_id == Lead.id)
    normal = normal_or_raw(kind, value)
    return db.session.scalar(
        statement.where(ContactPoint.kind == kind, ContactPoint.value == normal, ContactPoint.identifies)
    )


def normal_or_raw(kind: str, value: str) -> str:
    """The address in its one shape; what is none (a short code, a mailer's own) as it came."""
    needs_country = kind == "phone" and not value.startswith("+")
    try:
        return addresses.normal(kind, value, identity.organization().country if needs_country else "ZZ")
    except addresses.NotAnAddress:
        return value.strip().lower()[: addresses.LONGEST_TYPED]


def address_of(lead_ids: Collection[str], channel: str) -> dict[str, str]:
    """Where leads are written to on a channel, by lead id; those who have no address there are missing."""
    kinds = KINDS_OF_CHANNEL[channel]
    points = main_addresses(lead_ids, kinds)
    return {lead_id: points[lead_id, kind] for kind in reversed(kinds) for lead_id, found in points if found == kind}


def merge_values(lead_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """What merge fields say for each lead: `{lead_id: {field: text}}`, "" for what is not known. Three queries."""
    owner = aliased(User)
    people = (
        select(*_MERGED, owner.name.label("owner_name"), owner.email.label("owner_email"))
        .outerjoin(owner, owner.id == Lead.owner_id)
        .where(Lead.id.in_(lead_ids))
    )
    points = main_addresses(lead_ids)
    organization = identity.organization().name
    values = {}
    for row in db.session.execute(people):
        values[row.id] = {
            "first_name": row.first_name,
            "last_name": row.last_name,
            "name": f"{row.first_name} {row.last_name}".strip() or row.company,
            "company": row.company,
            "interest": row.interest,
            "city": row.city,
            "country": country_words(row.country),
            "email": points.get((row.id, "email"), ""),
            "phone": points.get((row.id, "phone"), ""),
            "owner_name": row.owner_name or "",
            "owner_first_name": (row.owner_name or "").partition(" ")[0],
            "owner_email": row.owner_email or "",
            "organization_name": organization,
        }
    return values


def zone_candidates(lead_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The zones each lead may be in, the likeliest first, by lead id. One query."""
    number = and_(ContactPoint.lead_id == Lead.id, ContactPoint.is_primary, ContactPoint.kind.in_(NUMBERS))
    rows = (
        select(Lead.id, Lead.timezone, Lead.zone_source, Lead.city, Lead.country, ContactPoint.value)
        .outerjoin(ContactPoint, number)
        .where(Lead.id.in_(lead_ids))
        .order_by(ContactPoint.kind.desc())  # of who has both the WhatsApp id first: the phone number has the last word
    )
    year = clock.now().year
    return {
        lead_id: candidates(timezone, source, value or "", Place(city, country), year)
        for lead_id, timezone, source, city, country, value in db.session.execute(rows)
    }


def main_addresses(lead_ids: Collection[str], kinds: Collection[str] = CONTACT_KINDS) -> dict[tuple[str, str], str]:
    main = select(ContactPoint.lead_id, ContactPoint.kind, ContactPoint.value).where(
        ContactPoint.lead_id.in_(lead_ids), ContactPoint.kind.in_(kinds), ContactPoint.is_primary
    )
    return {(lead_id, kind): value for lead_id, kind, value in db.session.execute(main)}


def duplicates(email: str, phone: str, except_id: str | None = None) -> Sequence[Lead]:
    """Other leads with one of these addresses (as typed), oldest first, at most five."""
    said = [(kind, normal_or_raw(kind, typed)) for kind, typed in (("email", email), ("phone", phone)) if typed.strip()]
    if not said:
        return []
    kinds, values = zip(*said, strict=True)  # two lists: of pairs joined by OR, SQLite reads all of the organization
    sharing = select(ContactPoint.lead_id).where(ContactPoint.kind.in_(kinds), ContactPoint.value.in_(values))
    ids = set(db.session.scalars(sharing)) - {except_id}
    statement = select(Lead).where(Lead.id.in_(ids)).options(joinedload(Lead.owner))
    return db.session.scalars(statement.order_by(Lead.created_at, Lead.id).limit(MOST_DUPLICATES)).all()
