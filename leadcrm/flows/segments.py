"""Whom a campaign is for: leads, or people at accounts. Each kind is kept, counted and read in its own way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from leadcrm.accounts import queries as accounts
from leadcrm.accounts.data import ContactFilters
from leadcrm.core import clock
from leadcrm.flows.models import Campaign
from leadcrm.leads import queries as leads
from leadcrm.leads.data import Filters

Segment = Filters | ContactFilters


@dataclass(frozen=True)
class Stretch:
    """Some of a segment: ids of leads or of contacts, and the cursor behind them (None at the end)."""

    ids: Sequence[str]
    following: str | None


def audience_of(segment: Segment) -> str:
    """`leads` or `contacts`, as Campaign.audience has it."""
    return "contacts" if isinstance(segment, ContactFilters) else "leads"


def decided_of(campaign: Campaign) -> Segment:
    """Whom somebody decided it to be for."""
    return (ContactFilters if campaign.audience == "contacts" else Filters).from_json(campaign.segment)


def segment_of(campaign: Campaign) -> Segment:
    """Whom it is for: who was there when it began, of those it was decided to be for."""
    return as_of(decided_of(campaign), campaign.began_at or clock.now())


def as_of(segment: Segment, moment: datetime) -> Segment:
    """The same without those who came later."""
    return replace(segment, created_before=min(segment.created_before or moment, moment))


def size_of(segment: Segment) -> int:
    """How many are in it."""
    rooms = accounts if isinstance(segment, ContactFilters) else leads
    return rooms.segment_size(segment)


def stretch_of(segment: Segment, cursor: str | None, limit: int) -> Stretch:
    """At most `limit` of them behind the cursor, newest first. Raises BadCursor."""
    rooms = accounts if isinstance(segment, ContactFilters) else leads
    page = rooms.segment(segment, cursor, limit)
    return Stretch([row.id for row in page.items], page.next)
