"""What happened around a lead: notes about it, words with it."""

from datetime import datetime

from sqlalchemy import select, update

from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.errors import DomainError
from leadcrm.core.events import record
from leadcrm.core.values import new_id
from leadcrm.identity.models import User
from leadcrm.leads.events import LeadStatusChanged, NoteAdded
from leadcrm.leads.models import Lead, Note

LONGEST_NOTE = 5000


def add_note(
    lead: Lead, body: str, author: User | None, channel: str | None = None, form_key: str | None = None
) -> Note:
    """A remark for the team only. Raises DomainError when it is empty or too long.

    `form_key` names one rendering of a form; the second submission of it returns the note the first one made.
    """
    if form_key and (note := db.session.scalar(select(Note).where(Note.form_key == form_key))) is not None:
        return note
    body = body.strip()
    if not body:
        raise DomainError("Write something first.", "body")
    if len(body) > LONGEST_NOTE:
        raise DomainError(f"A note has at most {LONGEST_NOTE:,} characters.", "body")
    author_id = author.id if author else None
    note = Note(id=new_id(), lead_id=lead.id, body=body, author_id=author_id, channel=channel, form_key=form_key)
    db.session.add(note)
    db.session.flush()
    record(NoteAdded(lead_id=lead.id, note_id=note.id, author_id=note.author_id))
    return note


def note_activity(lead_id: str, at: datetime) -> None:
    """Something was said or done at `at`. Leaves the revision alone: an open form stays valid."""
    later = update(Lead).where(Lead.id == lead_id, Lead.last_activity_at < at)
    db.session.execute(later.values(last_activity_at=at, updated_at=Lead.updated_at))


def note_contact(lead_id: str) -> None:
    """A person of the team wrote to the lead: a new one becomes contacted, unless someone set its status by hand."""
    note_activity(lead_id, clock.now())
    lead = lock(get_or_404(Lead, lead_id))
    if lead.status == "new" and not lead.status_by_hand:
        lead.status = "contacted"
        record(LeadStatusChanged(lead_id=lead.id, old="new", new="contacted"))
