"""What is left of an erasure when the rows are gone: files, the journal outside of the database, the freed pages.

The same work erases people again whom a restored backup brought back: their entry in the journal is open, too.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from leadcrm.core import clock, events, tenancy
from leadcrm.core.apart import on_its_own
from leadcrm.core.backup import journal
from leadcrm.core.db import db, perform
from leadcrm.core.errors import Conflict
from leadcrm.core.freed import empty_the_log
from leadcrm.core.models import Erasure
from leadcrm.leads.models import Lead
from leadcrm.privacy.operations import erase_lead
from leadcrm.privacy.queries import raw_mails_about


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
    entry = db.session.scalars(select(Erasure).where(Erasure.id == erasure_id)).one()
    lead = db.session.scalar(select(Lead).where(Lead.id == entry.lead_id))
    if lead is not None:
        raw_mail_ids = raw_mails_about(lead)
        db.session.rollback()
        try:
            with events.acting_as(entry.erased_by):
                entry = perform(erase_lead, lead, raw_mail_ids)
        except Conflict:
            return False
    line, files = journal.entry_of(entry), entry.files or ()
    db.session.rollback()
    _remove(current_app.settings.uploads / "inbound", files)
    journal.write_entry(current_app.settings.var / journal.NAME, line)
    if not empty_the_log():
        return False
    perform(_settle, erasure_id)
    return True


def _remove(folder: Path, names: Iterable[str]) -> None:
    """The files themselves, and those kept of a mail that was never read, which begin with its id."""
    for name in names:
        for path in (folder / name, *folder.glob(f"{name}-*")):
            path.unlink(missing_ok=True)


def _settle(erasure_id: str) -> None:
    entry = db.session.scalars(select(Erasure).where(Erasure.id == erasure_id)).one()
    entry.files, entry.settled_at = None, clock.real_now()
