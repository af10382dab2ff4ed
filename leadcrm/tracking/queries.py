"""What is known of opens, clicks and visits."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import exists, select

from leadcrm.core import clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.models import EventRow
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.leads.events import LeadScored
from leadcrm.leads.models import Lead
from leadcrm.tracking.models import Engagement, SiteVisit, TrackedSite, hash_of

SENT = "message.sent"
BATCH = 200
VISITS_PER_PAGE = 50
_newest_first = Order("visits", (SiteVisit.at, SiteVisit.id))


def sent_at(lead_id: str, message_id: str) -> datetime | None:
    """When the message was last accepted by the other side, as the lead's facts tell; None when it was not."""
    facts = select(EventRow.at).where(
        EventRow.lead_id == lead_id, EventRow.name == SENT, EventRow.data["message_id"].as_string() == message_id
    )
    return db.session.scalar(facts.order_by(EventRow.id.desc()).limit(1))


def mails_scored(lead_id: str) -> set[str]:
    """Ids of the mails that were read and gave the lead points."""
    scored = select(EventRow.data["message_id"].as_string()).where(
        EventRow.lead_id == lead_id, EventRow.name == LeadScored.name
    )
    return set(db.session.scalars(scored)) - {None}


def engagements_due() -> Iterator[tuple[str, str]]:
    """(organization, message) of what is to be weighed now, those that wait longest first. Asked across all."""
    due = select(Engagement.organization_id, Engagement.message_id).where(Engagement.settles_at <= clock.real_now())
    rows = db.session.execute(due.order_by(Engagement.settles_at).limit(BATCH)).all()
    yield from dict.fromkeys((row.organization_id, row.message_id) for row in rows)


def own_site() -> TrackedSite | None:
    """The organization's site as it was set up."""
    return db.session.scalar(select(TrackedSite))


def site_with(key: str) -> TrackedSite | None:
    """The site that is switched on and whose script has this key, whosever it is. Asked across all."""
    return db.session.scalar(select(TrackedSite).where(TrackedSite.key == key, TrackedSite.is_on))


def before_following(message_id: str, kind: str, url: str = "") -> tuple[bool, list[str]]:
    """Whether it is noted already, and where the organization's site is at home, if its visits are noted."""
    noted = exists().where(
        Engagement.message_id == message_id,
        Engagement.kind == kind,
        Engagement.url_hash == hash_of(url),
        Engagement.state != "doubted",
    )
    site = TrackedSite.is_on & (TrackedSite.organization_id == tenancy.current_id())
    is_noted, origins = db.session.execute(
        select(noted, select(TrackedSite.origins).where(site).scalar_subquery())
    ).one()
    return is_noted, origins or []


def visits_of(lead: Lead, cursor: str | None = None) -> Page[SiteVisit]:
    """What the lead looked at, newest first. Raises BadCursor."""
    theirs = select(SiteVisit).where(SiteVisit.lead_id == lead.id)
    return keyset_page(theirs, _newest_first, cursor, VISITS_PER_PAGE)
