"""What the JSON API lists of leads and events; only what the caller may see."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from leadcrm.accounts.events import account_facts
from leadcrm.accounts.models import Account
from leadcrm.core import events
from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.identity.models import User
from leadcrm.identity.permissions import can_manage, visible_leads_filter
from leadcrm.leads import queries
from leadcrm.leads.data import HOT, Filters
from leadcrm.leads.models import Inquiry, Lead

MOST_INQUIRIES = 50

_newest_events = Order("events", (EventRow.id,))


def lead_page(user: User, query: Mapping[str, Any]) -> Page[Lead]:
    """Leads outside the archive, as a parsed LeadQuery asks, with addresses, tags and owners. Raises BadCursor."""
    cursor, limit = query.get("cursor"), query["limit"]
    text = query.get("q", "")
    sort = query.get("sort") or (None if text else "created")
    owner = user.id if query.get("owner") == "me" else query.get("owner")
    filters = Filters(
        q=text,
        statuses=(query["status"],) if "status" in query else (),
        owner=owner,
        booked=query.get("filter") == "booked",
        score_at_least=HOT if query.get("filter") == "hot" else None,
    )
    page = queries.lead_list(user, filters, sort, descending=sort != "name", cursor=cursor, limit=limit)
    leads = _leads([row.id for row in page.items])
    return Page([leads[row.id] for row in page.items], page.next, page.previous)


def _leads(lead_ids: Sequence[str]) -> dict[str, Lead]:
    related = (selectinload(Lead.contact_points), selectinload(Lead.tags), joinedload(Lead.owner))
    found = db.session.scalars(select(Lead).where(Lead.id.in_(lead_ids)).options(*related))
    return {lead.id: lead for lead in found}


def history(lead: Lead) -> dict[str, Any]:
    """What only a lead's own page shows: score lines, inquiries from the newest on, consents by address."""
    newest = select(Inquiry).where(Inquiry.lead_id == lead.id).order_by(Inquiry.created_at.desc(), Inquiry.id.desc())
    inquiries = db.session.scalars(newest.limit(MOST_INQUIRIES)).all()
    return {"score_lines": _score_lines(lead), "inquiries": inquiries, "consents": _consents(lead)}


def _consents(lead: Lead) -> list[dict[str, Any]]:
    return [
        {"kind": point.kind, "address": point.value, "source": point.consent_source, "date": point.consent_on}
        for point in lead.contact_points
        if point.consent_source
    ]


def _score_lines(lead: Lead) -> list[dict[str, Any]]:
    """Contributions whose sum is the score. Until rules write them, the score is one contribution."""
    if not lead.score:
        return []
    return [{"points": lead.score, "reason": "Score so far", "at": lead.created_at}]


def event_page(user: User, filters: Mapping[str, Any], cursor: str | None, limit: int) -> Page[dict[str, Any]]:
    """Facts, newest first; managers see those of the team too, others those of leads and accounts they see.

    A fact about an account, its people or its deals is for those who see the account, whoever's the lead behind it is.
    Raises BadCursor.
    """
    statement = select(EventRow).where(*(getattr(EventRow, name) == value for name, value in filters.items()))
    if not can_manage(user):
        statement = _told_to(user, statement)
    page = keyset_page(statement, _newest_events, cursor, limit)
    return Page([_told(row) for row in page.items], page.next, page.previous)


def _told_to(user: User, statement: Select) -> Select:
    of_account = EventRow.name.in_(account_facts())
    sees_account = and_(of_account, Account.id.is_not(None), visible_leads_filter(user, Account.owner_id))
    sees_lead = and_(~of_account, Lead.id.is_not(None), visible_leads_filter(user, Lead.owner_id))
    return (
        statement.outerjoin(Lead, Lead.id == EventRow.lead_id)
        .outerjoin(Account, Account.id == EventRow.account_id)
        .where(or_(sees_account, sees_lead))
    )


def _told(row: EventRow) -> dict[str, Any]:
    known = events.known().get(row.name)
    return {
        "id": str(row.id),
        "name": row.name,
        "title": known.title if known else row.name,
        "lead_id": row.lead_id,
        "account_id": row.account_id,
        "actor": row.actor,
        "at": row.at,
        "data": row.told,
    }
