"""The addresses of a lead: who holds them, which is the main one. Parts of the verbs, not verbs."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, insert, select

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
_insert_points, _insert_search = insert(ContactPoint.__table__), insert(LeadSearch.__table__)


def given(**values: str) -> list[Address]:
    """`email="…", phone=""` as addresses, without those that are empty."""
    return [(kind, value) for kind, value in values.items() if value]


def primary(lead: Lead, kind: str) -> ContactPoint | None:
    """The lead's main address of a kind."""
    return next((point for point in lead.contact_points if point.kind == kind and point.is_primary), None)


def holders(addresses: Sequence[Address]) -> dict[Address, str]:
    """The ids of the leads that are found by these addresses, in one look; what nobody holds is missing."""
    if not addresses:
        return {}
    kinds, values = zip(*addresses, strict=True)
    found = db.session.execute(_holders, {"kinds": kinds, "values": values})
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
    rows = [
        {"lead_id": lead_id, "kind": kind, "value": value, "identifies": (kind, value) not in held, "is_primary": True}
        for kind, value in addresses
    ]
    db.session.connection().execute(_insert_points, rows)


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


def index_new(lead_id: str, name: str, company: str, values: Sequence[str]) -> None:
    """Write down what a lead that was just made is found by: its name, its company, the values of its addresses."""
    row = {"lead_id": lead_id, "text": search.text_of(name, company, values)}
    db.session.connection().execute(_insert_search, row)


def index(lead: Lead) -> None:
    """Keep what the lead is found by in step with what it is."""
    values = [point.value for point in lead.contact_points]
    row = db.session.scalar(select(LeadSearch).where(LeadSearch.lead_id == lead.id))
    if row is None:
        index_new(lead.id, lead.name, lead.company, values)
    elif row.text != (text := search.text_of(lead.name, lead.company, values)):
        row.text = text


def _remove(lead: Lead, point: ContactPoint) -> None:
    """Take an address away; the next oldest lead that shares it is found by it from now on."""
    lead.contact_points.remove(point)
    db.session.flush()
    if not point.identifies:
        return
    shared = select(ContactPoint).where(ContactPoint.kind == point.kind, ContactPoint.value == point.value)
    heir = db.session.scalar(shared.order_by(ContactPoint.created_at, ContactPoint.id).limit(1))
    if heir is not None:
        heir.identifies = True
