"""Status, owner, tags and the archive: changes of one thing, each one fact that can be undone."""

import zlib
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from leadcrm.core import clock, events
from leadcrm.core.db import db, lock
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.identity.queries import checked_owner
from leadcrm.leads.events import (
    LeadArchived,
    LeadAssigned,
    LeadEdited,
    LeadRestored,
    LeadScored,
    LeadStatusChanged,
    LeadTagged,
)
from leadcrm.leads.models import PRIORITIES, STATUSES, Lead, Tag
from leadcrm.leads.operations import contact_points

LONGEST_REASON = 200
LONGEST_TAG = 40
MOST_TAGS = 20
HIGHEST_SCORE = 100
TAG_TONES = ("blue", "green", "amber", "red", "violet", "teal", "pink", "gray")
LONGEST = {"source": 60, "interest": 200}
PEOPLE = ("user:", "token:")  # actors whose choice machines respect


def change_status(lead: Lead, status: str, reason: str = "") -> int | None:
    """Move the lead to a status; returns the fact's id, None when it is there already.

    Raises DomainError: unqualifying needs a reason, converting is more than a status and cannot be undone by one.
    """
    lead = lock(lead)
    if status not in STATUSES:
        raise DomainError("There is no such status.", "status")
    if status == lead.status:
        return None
    if "converted" in (status, lead.status):
        raise DomainError("A lead becomes converted, or ceases to be, only by conversion.", "status")
    if status == "unqualified" and not reason.strip():
        raise DomainError("Say why this lead is not qualified.", "reason")
    old, lead.status = lead.status, status
    lead.status_reason = reason.strip()[:LONGEST_REASON]
    lead.status_by_hand = events.actor().startswith(PEOPLE)
    return record(LeadStatusChanged(lead_id=lead.id, old=old, new=status))


def add_to_score(lead: Lead, points: int, reason: str = "", message_id: str | None = None) -> int | None:
    """Change the score by so many points, within 0 to 100. Returns the fact's id, None when it stays the same.

    The fact keeps the reason in words, and the message that gave it.
    """
    lead = lock(lead)
    old, lead.score = lead.score, min(max(lead.score + points, 0), HIGHEST_SCORE)
    if lead.score == old:
        return None
    return record(LeadScored(lead_id=lead.id, old=old, new=lead.score, reason=reason, message_id=message_id))


def assign_lead(lead: Lead, owner_id: str | None) -> int | None:
    """Give the lead to a colleague, or to nobody. Returns the fact's id, None when nothing changed."""
    lead = lock(lead)
    owner_id = owner_id or None
    if owner_id == lead.owner_id:
        return None
    old, lead.owner_id = lead.owner_id, checked_owner(owner_id)
    return record(LeadAssigned(lead_id=lead.id, old_owner_id=old, owner_id=owner_id))


def assign_leads(leads: Iterable[Lead], owner_id: str | None) -> list[int]:
    """Give many leads to one colleague. Returns the facts' ids."""
    return [fact for lead in leads if (fact := assign_lead(lead, owner_id)) is not None]


def set_tags(lead: Lead, names: Sequence[str]) -> int | None:
    """Let the lead have exactly these tags; unknown ones are made. Returns the fact's id, None when nothing changed."""
    lead = lock(lead)
    tags = tags_named(names)
    added = tuple(tag.name for tag in tags if tag not in lead.tags)
    removed = tuple(tag.name for tag in lead.tags if tag not in tags)
    if not added and not removed:
        return None
    lead.tags = tags
    lead.updated_at = clock.now()
    return record(LeadTagged(lead_id=lead.id, added=added, removed=removed))


def tag_leads(leads: Iterable[Lead], names: Sequence[str]) -> list[int]:
    """Add tags to many leads. Returns the facts' ids."""
    facts = [set_tags(lead, [*(tag.name for tag in lead.tags), *names]) for lead in leads]
    return [fact for fact in facts if fact is not None]


def archive_lead(lead: Lead) -> int | None:
    """Put the lead away: it is not listed, not written to, and can come back. Returns the fact's id, None if it was."""
    lead = lock(lead)
    if lead.archived_at is not None:
        return None
    lead.archived_at = clock.now()
    return record(LeadArchived(lead_id=lead.id))


def archive_leads(leads: Iterable[Lead]) -> list[int]:
    """Put many leads away. Returns the facts' ids."""
    return [fact for lead in leads if (fact := archive_lead(lead)) is not None]


def restore_lead(lead: Lead) -> int | None:
    """Bring the lead back from the archive. Returns the fact's id, None when it was not there."""
    lead = lock(lead)
    if lead.archived_at is None:
        return None
    lead.archived_at = None
    contact_points.hold_again(lead)
    return record(LeadRestored(lead_id=lead.id))


def set_field(lead: Lead, field: str, value: str) -> Lead:
    """Set `priority`, `source` or `interest`. Raises DomainError for another field or a bad value."""
    lead = lock(lead)
    if field == "priority":
        if value not in PRIORITIES:
            raise DomainError("There is no such priority.", field)
    elif field not in LONGEST:
        raise DomainError("This field cannot be set.", field)
    elif len(value) > LONGEST[field] or (field == "source" and not value):
        raise DomainError(f"1 to {LONGEST[field]} characters.", field)
    if getattr(lead, field) != value:
        setattr(lead, field, value)
        record(LeadEdited(lead_id=lead.id, fields=(field,)))
    return lead


def tags_named(names: Iterable[str]) -> list[Tag]:
    """The tags with these names, whatever their case; made when there are none. Raises DomainError."""
    wanted = checked_tags(names)
    if not wanted:
        return []
    known = found_or_made(wanted)
    return [known[key] for key in wanted]


def checked_tags(names: Iterable[str]) -> dict[str, str]:
    """Each name once, by itself in one case: `{"vip": "VIP"}`. Raises DomainError for too many and too long ones."""
    wanted = {name.casefold(): name for name in (" ".join(name.split()) for name in names) if name}
    if len(wanted) > MOST_TAGS:
        raise DomainError(f"No more than {MOST_TAGS} tags.", "tags")
    if any(len(name) > LONGEST_TAG for name in wanted.values()):
        raise DomainError(f"A tag has at most {LONGEST_TAG} characters.", "tags")
    return wanted


def found_or_made(wanted: Mapping[str, str]) -> dict[str, Tag]:
    """Tags by their names in one case, at least those that are `wanted`: `{"vip": "VIP"}`."""
    known = {tag.name.casefold(): tag for tag in db.session.scalars(select(Tag))}
    for key, name in wanted.items():
        if key not in known:
            known[key] = Tag(name=name, tone=TAG_TONES[zlib.crc32(key.encode()) % len(TAG_TONES)])
            db.session.add(known[key])
    return known
