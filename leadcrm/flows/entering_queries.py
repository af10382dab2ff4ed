"""How many of a segment a campaign would let in, before it does."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, or_, select

from leadcrm.accounts import queries as accounts
from leadcrm.accounts.data import ContactFilters
from leadcrm.accounts.models import Contact
from leadcrm.core.db import db
from leadcrm.flows.models import Enrolment
from leadcrm.flows.reasons import IS_ARCHIVED, NOT_REACHABLE, WAS_INSIDE
from leadcrm.flows.segments import Segment
from leadcrm.leads import queries as leads
from leadcrm.leads.data import Filters
from leadcrm.leads.models import ContactPoint, Lead


@dataclass(frozen=True)
class Prospect:
    """How many leads would enter, and how many people would not, by why."""

    entering: int
    left_out: Mapping[str, int]


def prospect_of(segment: Segment, flow_id: str) -> Prospect:
    """What `entered` and `left_out` of a campaign would say if it let all of them in now."""
    of = _of_contacts if isinstance(segment, ContactFilters) else _of_leads
    entering, out = of(segment, flow_id)
    return Prospect(entering, {why: count for why, count in out.items() if count})


def _of_leads(filters: Filters, flow_id: str) -> tuple[int, dict[str, int]]:
    inside = select(func.count(Enrolment.lead_id.distinct())).where(
        Enrolment.flow_id == flow_id, Enrolment.lead_id.in_(leads.segment_ids(filters))
    )
    been_inside = db.session.scalar(inside) or 0
    return leads.segment_size(filters) - been_inside, {WAS_INSIDE: been_inside}


def _of_contacts(filters: ContactFilters, flow_id: str) -> tuple[int, dict[str, int]]:
    """Contacts of one lead enter once; behind them stands whom leads.operations.lead_of_contact would find."""
    behind = func.coalesce(Contact.lead_id, _holder("email", Contact.email), _holder("phone", Contact.phone))
    has_address = or_(Contact.lead_id.is_not(None), Contact.email != "", Contact.phone != "")
    meant = select(Contact.id, behind.label("lead_id"), has_address.label("has_address"))
    meant = meant.where(Contact.id.in_(accounts.segment_ids(filters))).subquery()
    been_inside = select(Enrolment.lead_id).where(Enrolment.flow_id == flow_id)
    fate = case(
        (~meant.c.has_address, NOT_REACHABLE),
        (Lead.archived_at.is_not(None), IS_ARCHIVED),
        (Lead.id.in_(been_inside), WAS_INSIDE),
    )
    people, each = func.count(), func.count(func.coalesce(meant.c.lead_id, meant.c.id).distinct())
    fates = select(fate.label("fate"), people, each).select_from(meant).outerjoin(Lead, Lead.id == meant.c.lead_id)
    fates = db.session.execute(fates.group_by("fate")).all()
    entering = sum(leads for why, _, leads in fates if why is None)
    return entering, {why: people for why, people, _ in fates if why is not None}


def _holder(kind: str, address: ColumnElement[str]) -> ColumnElement[str]:
    holds = (ContactPoint.kind == kind, ContactPoint.value == address, ContactPoint.identifies)
    return select(ContactPoint.lead_id).where(*holds).correlate(Contact).scalar_subquery()
