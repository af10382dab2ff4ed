"""Mail addresses that mail came back from."""

from datetime import datetime

from sqlalchemy import update

from leadcrm.core.db import db
from leadcrm.leads.models import ContactPoint


def note_bounce(email: str, at: datetime | None) -> None:
    """Mail to this address came back at `at`; None when that no longer counts. Whichever leads have the address."""
    theirs = update(ContactPoint).where(ContactPoint.kind == "email", ContactPoint.value == email)
    db.session.execute(theirs.values(bounced_at=at).execution_options(synchronize_session="fetch"))
