"""Leads as screens, deliveries and the API read them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, selectinload

from leadcrm.core.db import MADE_ONCE, asked_id, db
from leadcrm.core.errors import NotFound
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.identity import queries as identity
from leadcrm.identity.models import User
from leadcrm.identity.permissions import Reader, visible_leads_filter
from leadcrm.leads import addresses, search
from leadcrm.leads.data import Filters
from leadcrm.leads.models import CONTACT_KINDS, ContactPoint, Inquiry, Lead, LeadTag, Note, Tag

KINDS_OF_CHANNEL = {"email": ("email",), "sms": ("phone",), "whatsapp": ("whatsapp", "phone")}
SORTS: dict[str, InstrumentedAttribute] = {
    "activity": Lead.last_activity_at,
    "created": Lead.created_at,
    "name": Lead.name,
    "score": Lead.score,
}
OWNER_NAME = User.name.label("owner_name")
LISTED = (
    Lead.id,
    Lead.name,
    Lead.company,
    Lead.interest,
    Lead.status,
    Lead.score,
    Lead.source,
    Lead.owner_id,
    Lead.timezone,
    Lead.created_at,
    Lead.last_activity_at,
    Lead.archived_at,
    OWNER_NAME,
)
COUNTED_UP_TO = 1_000
EXPORT_BATCH = 500
MOST_DUPLICATES = 5


def visible_lead(user: User, lead_id: str) -> Lead:
    """A lead this person may see, with its addresses, tags and owner. Raises NotFound for any other."""
    found = db.session.scalars(_visible_to_role(user.role), {"lead": asked_id(lead_id), "reader": user.id})
    lead = found.unique().one_or_none()
    if lead is None:
        raise NotFound("We could not find that lead.")
    return lead


@lru_cache
def _visible_to_role(role: str) -> Select:
    """Asked by every page about one lead, so made once per role."""
    return (
        select(Lead)
        .where(Lead.id == bindparam("lead"), visible_leads_filter(Reader(role), Lead.owner_id))
        .options(joinedload(Lead.contact_points), selectinload(Lead.tags), joinedload(Lead.owner))
        .execution_options(**MADE_ONCE)
    )


def visible_leads(user: User, lead_ids: Collection[str]) -> Sequence[Lead]:
    """Those of these leads that the person may see, with their tags."""
    statement = select(Lead).where(Lead.id.in_(lead_ids), visible_leads_filter(user, Lead.owner_id))
    return db.session.scalars(statement.options(selectinload(Lead.tags)).order_by(Lead.id)).all()


def find_by_address(kind: str, value: str) -> Lead | None:
    """The lead that is identified by an address, as typed or normal."""
    statement = select(Lead).join(ContactPoint, ContactPoint.lead_id == Lead.id)
    normal = normal_or_raw(kind, value)
    return db.session.scalar(
        statement.where(ContactPoint.kind == kind, ContactPoint.value == normal, ContactPoint.identifies)
    )


def leads_at(addresses: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Lead]:
    """The leads that are identified by addresses (kind, normal value), in one look; free addresses are missing."""
    if not addresses:
        return {}
    said = or_(*(and_(ContactPoint.kind == kind, ContactPoint.value == value) for kind, value in addresses))
    statement = select(ContactPoint.kind, ContactPoint.value, Lead).join(Lead, Lead.id == ContactPoint.lead_id)
    found = db.session.execute(statement.where(ContactPoint.identifies, said))
    return {(kind, value): lead for kind, value, lead in found}


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
    points = _main_addresses(lead_ids, kinds)
    return {lead_id: points[lead_id, kind] for kind in reversed(kinds) for lead_id, found in points if found == kind}


def merge_values(lead_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """What merge fields say for each lead: `{lead_id: {field: text}}`, "" for what is not known. Three queries."""
    owner = aliased(User)
    people = (
        select(Lead.id, Lead.first_name, Lead.last_name, Lead.company, Lead.interest, owner.name, owner.email)
        .outerjoin(owner, owner.id == Lead.owner_id)
        .where(Lead.id.in_(lead_ids))
    )
    points = _main_addresses(lead_ids)
    organization = identity.organization().name
    values = {}
    for lead_id, first_name, last_name, company, interest, owner_name, owner_email in db.session.execute(people):
        values[lead_id] = {
            "first_name": first_name,
            "last_name": last_name,
            "name": f"{first_name} {last_name}".strip() or company,
            "company": company,
            "interest": interest,
            "email": points.get((lead_id, "email"), ""),
            "phone": points.get((lead_id, "phone"), ""),
            "owner_name": owner_name or "",
            "owner_first_name": (owner_name or "").partition(" ")[0],
            "owner_email": owner_email or "",
            "organization_name": organization,
        }
    return values


def _main_addresses(lead_ids: Collection[str], kinds: Collection[str] = CONTACT_KINDS) -> dict[tuple[str, str], str]:
    main = select(ContactPoint.lead_id, ContactPoint.kind, ContactPoint.value).where(
        ContactPoint.lead_id.in_(lead_ids), ContactPoint.kind.in_(kinds), ContactPoint.is_primary
    )
    return {(lead_id, kind): value for lead_id, kind, value in db.session.execute(main)}


def duplicates(email: str, phone: str, except_id: str | None = None) -> Sequence[Lead]:
    """Other leads with one of these addresses (as typed), oldest first, at most five."""
    said = [(kind, normal_or_raw(kind, typed)) for kind, typed in (("email", email), ("phone", phone)) if typed.strip()]
    if not said:
        return []
    same = or_(*((ContactPoint.kind == kind) & (ContactPoint.value == value) for kind, value in said))
    sharing = select(ContactPoint.lead_id).where(same)
    statement = select(Lead).where(Lead.id.in_(sharing), Lead.id != (except_id or ""))
    return db.session.scalars(
        statement.options(joinedload(Lead.owner)).order_by(Lead.created_at, Lead.id).limit(MOST_DUPLICATES)
    ).all()


def lead_list(
    user: User,
    filters: Filters,
    sort: str | None = None,
    *,
    descending: bool = True,
    cursor: str | None = None,
    limit: int = 50,
    columns: tuple[ColumnElement, ...] = LISTED,
    counted: bool = False,
) -> Page:
    """A page of what a list shows of each lead: rows of `columns`, with `matching` (see count_leads) when `counted`.

    `sort` is one of SORTS; without one a search comes newest first, anything else by last activity. Raises BadCursor.
    """
    if counted:
        columns = (*columns, _counting(user, filters, COUNTED_UP_TO).scalar_subquery().label("matching"))
    statement, newest = _filtered(select(*columns), user, filters)
    if any(column is OWNER_NAME for column in columns):
        statement = statement.outerjoin(User, User.id == Lead.owner_id)
    if sort is None and newest is not None:
        return keyset_page(statement, Order("found", (newest,)), cursor, limit, rows=True)
    sort = sort if sort in SORTS else "activity"
    order = Order(f"{sort}{'-' if descending else '+'}", (SORTS[sort], Lead.id), descending)
    return keyset_page(statement, order, cursor, limit, rows=True)


def count_leads(user: User, filters: Filters, up_to: int | None = COUNTED_UP_TO) -> int:
    """How many leads match; counting stops at `up_to` + 1, which then means "more than `up_to`"."""
    return db.session.scalar(_counting(user, filters, up_to))


def _counting(user: User, filters: Filters, up_to: int | None) -> Select:
    matching, _ = _filtered(select(Lead.id), user, filters)
    if up_to is not None:
        matching = matching.limit(up_to + 1)
    return select(func.count()).select_from(matching.subquery())


def exported(user: User, filters: Filters) -> Iterator[Sequence[Any]]:
    """Every matching lead in batches of rows of `LISTED`, `email`, `phone` and `tags`, newest first."""
    cursor = None
    while True:
        page = lead_list(user, filters, "created", cursor=cursor, limit=EXPORT_BATCH)
        lead_ids = [row.id for row in page.items]
        points, tags = _main_addresses(lead_ids, ("email", "phone")), tag_names(lead_ids)
        yield [
            (row, points.get((row.id, "email"), ""), points.get((row.id, "phone"), ""), tags.get(row.id, []))
            for row in page.items
        ]
        cursor = page.next
        if cursor is None:
            return


def tag_names(lead_ids: Collection[str]) -> dict[str, list[str]]:
    """Names of tags by lead id; leads without any are missing."""
    names: dict[str, list[str]] = {}
    statement = (
        select(LeadTag.lead_id, Tag.name)
        .join(Tag, Tag.id == LeadTag.tag_id)
        .where(LeadTag.lead_id.in_(lead_ids))
        .order_by(Tag.name)
    )
    for lead_id, name in db.session.execute(statement):
        names.setdefault(lead_id, []).append(name)
    return names


def _filtered(statement: Select, user: User, filters: Filters) -> tuple[Select, Any]:
    """The statement with every filter, and the column that orders a search newest first (None without a search)."""
    newest = None
    if search.terms_of(filters.q):
        statement, newest = search.matching(statement, filters.q)
    return statement.where(visible_leads_filter(user, Lead.owner_id), *_criteria(filters)), newest


def _criteria(filters: Filters) -> Iterator[ColumnElement[bool]]:
    yield Lead.archived_at.is_not(None) if filters.archived else Lead.archived_at.is_(None)
    if filters.statuses:
        yield Lead.status.in_(filters.statuses)
    if filters.owner == "none":
        yield Lead.owner_id.is_(None)
    elif filters.owner:
        yield Lead.owner_id == filters.owner
    if filters.source:
        yield Lead.source == filters.source
    if filters.tag_id:
        yield Lead.id.in_(select(LeadTag.lead_id).where(LeadTag.tag_id == filters.tag_id))
    if filters.score_at_least is not None:
        yield Lead.score >= filters.score_at_least
    if filters.created_from is not None:
        yield Lead.created_at >= filters.created_from
    if filters.created_before is not None:
        yield Lead.created_at < filters.created_before
    for kind in filters.has:
        yield exists().where(ContactPoint.lead_id == Lead.id, ContactPoint.kind == kind, ContactPoint.is_primary)


def tags() -> Sequence[Tag]:
    """The organization's tags by name."""
    return db.session.scalars(select(Tag).order_by(Tag.name, Tag.id)).all()


def sources() -> Sequence[str]:
    """Where the organization's leads came from, by name."""
    return db.session.scalars(select(Lead.source).distinct().order_by(Lead.source)).all()


def inquiries_of(lead_id: str, limit: int = 20) -> Sequence[Inquiry]:
    """What the lead submitted, newest first."""
    statement = select(Inquiry).where(Inquiry.lead_id == lead_id)
    return db.session.scalars(statement.order_by(Inquiry.created_at.desc(), Inquiry.id.desc()).limit(limit)).all()


def notes_of(lead_id: str, limit: int = 100) -> Sequence[Note]:
    """The team's remarks on a lead with their authors, newest first."""
    statement = select(Note).where(Note.lead_id == lead_id).options(joinedload(Note.author))
    return db.session.scalars(statement.order_by(Note.created_at.desc(), Note.id.desc()).limit(limit)).all()


@dataclass(frozen=True)
class FilterNames:
    """The words for what filters point at by id."""

    owner: str
    tag: str


def names_of(filters: Filters) -> FilterNames:
    """Names of the filters' owner and tag; no query when they point at none."""
    owner = tag = None
    if filters.owner and filters.owner != "none":
        owner = db.session.scalar(select(User.name).where(User.id == filters.owner))
    if filters.tag_id:
        tag = db.session.scalar(select(Tag.name).where(Tag.id == filters.tag_id))
    return FilterNames(owner or "someone who left", tag or "a tag that is gone")


def is_form_sent(form_key: str | None) -> bool:
    """Whether this rendering of a form has made its lead already."""
    return bool(form_key) and db.session.scalar(select(Lead.id).where(Lead.form_key == form_key)) is not None
