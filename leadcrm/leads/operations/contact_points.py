"""The addresses of a lead: who holds them, which is the main one. Parts of the verbs, not verbs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from leadcrm.core.db import MADE_ONCE, db
from leadcrm.leads import search
from leadcrm.leads.models import ContactPoint, Lead, LeadSearch

Address = tuple[str, str]  # kind and normal value

# two lists instead of pairs: for "this pair or that one" SQLite reads every address of the organization
_holders = (
    select(ContactPoint.kind, ContactPoint.value, ContactPoint.lead_id)
    .where(
        ContactPoint.identifies,
        ContactPoint.kind.in_(bindparam("kinds", expanding=True)),
        ContactPoint.value.in_(bindparam("values", expanding=True)),
    )
    .execution_options(**MADE_ONCE)
)
insert_points, insert_search = insert(ContactPoint.__table__), insert(LeadSearch.__table__)


def given(**values: str) -> list[Address]:
    """`email="…", phone=""` as addresses, without those that are empty."""
    return [(kind, value) for kind, value in values.items() if value]


def primary(lead: Lead, kind: str) -> ContactPoint | None:
    """The lead's main address of a kind."""
    return next((point for point in lead.contact_points if point.is_primary_of(kind)), None)


def holders(addresses: Sequence[Address]) -> dict[Address, str]:
    """The ids of the leads that are found by these addresses, in one look; what nobody holds is missing."""
    if not addresses:
        return {}
    kinds, values = zip(*addresses, strict=True)
    found = db.session.execute(_holders, {"kinds": tuple(set(kinds)), "values": values})
    return {(kind, value): lead_id for kind, value, lead_id in found}


def add(lead: Lead, addresses: Sequence[Address], held: Mapping[Address, str]) -> None:
    """Give the lead more addresses. `held` is what `holders` said of them.

    Whoever has one first is found by it; the lead's first of a kind is its main.
    """
    for kind, value in addresses:
        is_first, is_main = (kind, value) not in held, primary(lead, kind) is None
        lead.contact_points.append(ContactPoint(kind=kind, value=value, identifies=is_first, is_primary=is_main))


def add_first(lead_id: str, addresses: Sequence[Address], held: Mapping[Address, str]) -> None:
    """The same for a lead that was just made and has none: at most one of a kind, each the main one."""
    db.session.connection().execute(insert_points, rows_of_first(lead_id, addresses, held))


def rows_of_first(lead_id: str, addresses: Sequence[Address], held: Mapping[Address, str]) -> list[dict[str, Any]]:
    """What `add_first` writes."""
    return [
        {"lead_id": lead_id, "kind": kind, "value": value, "identifies": (kind, value) not in held, "is_primary": True}
        for kind, value in addresses
    ]


def replace_primary(lead: Lead, kind: str, value: str) -> bool:
    """Make `value` the main address instead of what is; "" takes that away. Returns whether it changed."""
    old = primary(lead, kind)
    if (old.value if old else "") == value:
        return False
    if old is not None:
        _remove(lead, old)
    known = next((point for point in lead.contact_points if point.kind == kind and point.value == value), None)
    if known is not None:
        known.is_primary = True
    elif value:
        add(lead, [(kind, value)], holders([(kind, value)]))
    elif rest := [point for point in lead.contact_points if point.kind == kind]:
        rest[0].is_primary = True
    db.session.flush()
    return True


def remove(lead: Lead, kind: str, value: str) -> bool:
    """Take an address away; another one of its kind becomes the main one. Returns whether it was there."""
    point = next((point for point in lead.contact_points if (point.kind, point.value) == (kind, value)), None)
    if point is None:
        return False
    if point.is_primary:
        return replace_primary(lead, kind, "")
    _remove(lead, point)
    return True


def let_go(lead_ids: Collection[str]) -> None:
    """Leads in the archive keep their addresses and are not found by them any more: the next outside of it is."""
    theirs = select(ContactPoint.kind, ContactPoint.value).where(
        ContactPoint.lead_id.in_(lead_ids), ContactPoint.identifies
    )
    loose = {(kind, value) for kind, value in db.session.execute(theirs)}
    points = update(ContactPoint).execution_options(synchronize_session=False)
    db.session.execute(points.where(ContactPoint.lead_id.in_(lead_ids)).values(identifies=False))
    sharing = (
        select(ContactPoint.id, ContactPoint.kind, ContactPoint.value)
        .join(Lead, Lead.id == ContactPoint.lead_id)
        .where(ContactPoint.value.in_([value for _, value in loose]), Lead.archived_at.is_(None))
        .order_by(ContactPoint.created_at.desc(), ContactPoint.id.desc())
    )
    heirs = {(kind, value): point_id for point_id, kind, value in db.session.execute(sharing)}  # the oldest stays
    heir_ids = [heirs[address] for address in loose & heirs.keys()]
    db.session.execute(points.where(ContactPoint.id.in_(heir_ids)).values(identifies=True))


def hold_again(lead: Lead) -> None:
    """The lead is found by those of its addresses that nobody else holds."""
    loose = [point for point in lead.contact_points if not point.identifies]
    held = holders([(point.kind, point.value) for point in loose])
    for point in loose:
        point.identifies = (point.kind, point.value) not in held


def index_new(lead_id: str, name: str, company: str, values: Sequence[str]) -> None:
    """Write down what a lead that was just made is found by: its name, its company, the values of its addresses."""
    db.session.connection().execute(insert_search, row_of_search(lead_id, name, company, values))


def row_of_search(lead_id: str, name: str, company: str, values: Sequence[str]) -> dict[str, str]:
    """What `index_new` writes."""
    return {"lead_id": lead_id, "text": search.text_of(name, company, values)}


def index(lead: Lead) -> None:
    """Keep what the lead is found by in step with what it is."""
    values = [point.value for point in lead.contact_points]
    row = db.session.scalar(select(LeadSearch).where(LeadSearch.lead_id == lead.id))
    if row is None:
        index_new(lead.id, lead.name, lead.company, values)
    elif row.text != (text := search.text_of(lead.name, lead.company, values)):
        row.text = text


def _remove(lead: Lead, point: ContactPoint) -> None:
    """Take an address away; the next oldest lead that shares it, one outside the archive first, is found by it now."""
    lead.contact_points.remove(point)
    db.session.flush()
    if not point.identifies:
        return
    shared = select(ContactPoint).where(ContactPoint.kind == point.kind, ContactPoint.value == point.value)
    by_age = (Lead.archived_at.is_not(None), ContactPoint.created_at, ContactPoint.id)
    heir = db.session.scalar(shared.join(ContactPoint.lead).order_by(*by_age).limit(1))
    if heir is not None:
        heir.identifies = True
