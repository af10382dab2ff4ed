"""What is left of an erasure when the rows are gone: files, the journal outside of the database, the freed pages.

The same work erases people again whom a restored backup brought back: their entry in the journal is open, too.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from leadcrm.accounts.models import Contact
from leadcrm.core import clock, events, tenancy
from leadcrm.core.apart import on_its_own
from leadcrm.core.backup import journal
from leadcrm.core.db import db, perform
from leadcrm.core.errors import Conflict
from leadcrm.core.freed import empty_the_log
from leadcrm.core.models import Erasure
from leadcrm.leads.models import Lead
from leadcrm.privacy.operations import erase_contact, erase_lead
from leadcrm.privacy.queries import loose_about, person_of_contact, person_of_lead


def drain_erasures(should_stop: Callable[[], bool]) -> int:
    """Finish the journal's open entries, oldest first. Returns how many were finished."""
    finished = 0
    with tenancy.everyone():
        open_ones = select(Erasure.organization_id, Erasure.id).where(Erasure.settled_at.is_(None))
        rows = db.session.execute(open_ones.order_by(Erasure.erased_at, Erasure.id)).all()
        db.session.rollback()
    for organization_id, erasure_id in rows:
        if should_stop():
            break
        with on_its_own(organization_id, f"erasure {erasure_id}"):
            finished += _finish(erasure_id)
    return finished


def _finish(erasure_id: str) -> bool:
    """False when it has to wait: a message is on its way, or a long reader keeps the database's log."""
    entry = _entry(erasure_id)
    try:
        with events.acting_as(entry.erased_by):
            _erase_again(entry.lead_id)
    except Conflict:
        return False
    entry = _entry(erasure_id)
    line, files = journal.entry_of(entry), entry.files or ()
    db.session.rollback()
    _remove(current_app.settings.uploads / "inbound", files)
    journal.write_entry(current_app.settings.var / journal.NAME, line)
    if not empty_the_log():
        return False
    perform(_settle, erasure_id)
    return True


def _erase_again(person_id: str) -> None:
    """Whoever a restored backup brought back: a lead; a contact, with the lead they were known as then, if any."""
    lead_id = db.session.scalar(select(Contact.lead_id).where(Contact.id == person_id)) or person_id
    lead = db.session.scalar(select(Lead).where(Lead.id == lead_id))
    contact = db.session.scalar(select(Contact).where(Contact.id == person_id))
    if lead is not None:
        loose = loose_about(person_of_lead(lead))
        db.session.rollback()
        perform(erase_lead, lead, loose)
    elif contact is not None:
        loose = loose_about(person_of_contact(contact))
        db.session.rollback()
        perform(erase_contact, contact, loose)


def _entry(erasure_id: str) -> Erasure:
    return db.session.scalars(select(Erasure).where(Erasure.id == erasure_id)).one()


def _remove(folder: Path, names: Iterable[str]) -> None:
    """The files themselves, and those kept of a mail that was never read, which begin with its id."""
    for name in names:
        for path in (folder / name, *folder.glob(f"{name}-*")):
            path.unlink(missing_ok=True)


def _settle(erasure_id: str) -> None:
    entry = _entry(erasure_id)
    entry.files, entry.settled_at = None, clock.real_now()
