"""Visits to the organization's site: noted, joined to the lead they turn out to be of, forgotten."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update

from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.events import acting_as, record
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.tracking.events import LeadVisited, TrackingChanged
from leadcrm.tracking.models import SiteVisit, TrackedSite, Visitor
from leadcrm.tracking.queries import own_site

TOLD_AGAIN_AFTER = timedelta(days=1)
UNTOLD = {"synchronize_session": False}


def note_visit(visitor_key: str, url: str, kind: str, lead_id: str | None = None) -> None:
    """A page was looked at, by the lead whose pass was shown if `lead_id` is given, else by whom we know it is."""
    visitor = _visitor(visitor_key)
    if lead_id is not None:
        _join(visitor, lead_id)
    visit = SiteVisit(visitor_id=visitor.id, lead_id=visitor.lead_id, url=url, kind=kind)
    db.session.add(visit)
    db.session.flush()
    _tell([visit])


def join_visitor(visitor_key: str, lead_id: str) -> None:
    """The visitor turned out to be this lead: what they looked at before is the lead's, too."""
    _join(_visitor(visitor_key), lead_id)


def save_site(values: dict[str, Any]) -> TrackedSite:
    """Set the named columns of the organization's site, which is made when it has none."""
    site = own_site()
    if site is None:
        site = TrackedSite()
        db.session.add(site)
        db.session.flush()
    changed = tuple(name for name, value in values.items() if getattr(site, name) != value)
    for name in changed:
        setattr(site, name, values[name])
    if changed:
        db.session.flush()
        record(TrackingChanged(fields=changed))
    return site


def forget_visits(before: datetime, limit: int) -> int:
    """Remove older visits, and visitors not seen since then, at most `limit` rows of each. Returns how many."""
    gone = 0
    for model, seen in ((SiteVisit, SiteVisit.at), (Visitor, Visitor.seen_at)):
        old = select(model.id).where(seen < before).limit(limit)
        gone += db.session.execute(delete(model).where(model.id.in_(old)).execution_options(**UNTOLD)).rowcount
    return gone


def leave_shared_browsers(lead_id: str) -> None:
    """Before the lead is erased: browsers that others looked at pages with are nobody's, and not known again.

    Else the visits of those others would go with the row of the browser.
    """
    others = exists().where(SiteVisit.visitor_id == Visitor.id, SiteVisit.lead_id != lead_id)
    for visitor in db.session.scalars(select(Visitor).where(Visitor.lead_id == lead_id, others)):
        visitor.lead_id, visitor.key = None, secrets.token_hex(16)


def _visitor(key: str) -> Visitor:
    visitor = db.session.scalar(select(Visitor).where(Visitor.key == key).with_for_update())
    if visitor is None:
        visitor = Visitor(key=key)
        db.session.add(visitor)
    visitor.seen_at = clock.now()
    db.session.flush()
    return visitor


def _join(visitor: Visitor, lead_id: str) -> None:
    """A browser two leads share is from now on the later one's; what the first one looked at stays theirs."""
    if visitor.lead_id == lead_id or not db.session.scalar(select(exists().where(Lead.id == lead_id))):
        return
    visitor.lead_id = lead_id
    theirs = (SiteVisit.visitor_id == visitor.id, SiteVisit.lead_id.is_(None))
    meaningful = db.session.scalars(select(SiteVisit).where(*theirs, SiteVisit.kind != "page").order_by(SiteVisit.at))
    newest = {visit.kind: visit for visit in meaningful}
    db.session.execute(update(SiteVisit).where(*theirs).values(lead_id=lead_id).execution_options(**UNTOLD))
    db.session.expire_all()
    _tell(newest.values())


def _tell(visits: Iterable[SiteVisit]) -> None:
    """Of what means something a fact, at most one a day of each kind; other pages are only counted."""
    for visit in visits:
        if visit.lead_id is None or visit.kind == "page" or _was_told_lately(visit):
            continue
        visit.is_told = True
        db.session.flush()
        with acting_as(f"lead:{visit.lead_id}"):
            record(LeadVisited(lead_id=visit.lead_id, kind=visit.kind, url=visit.url))
        leads.note_activity(visit.lead_id, visit.at)


def _was_told_lately(visit: SiteVisit) -> bool:
    told = exists().where(
        SiteVisit.lead_id == visit.lead_id,
        SiteVisit.kind == visit.kind,
        SiteVisit.is_told,
        SiteVisit.at > visit.at - TOLD_AGAIN_AFTER,
    )
    return bool(db.session.scalar(select(told)))
