"""Posting mail to people of the team."""

from leadcrm.core import clock, jobs
from leadcrm.core.db import after_commit, db
from leadcrm.core.security import encrypt
from leadcrm.identity.letters import PURPOSE, Letter
from leadcrm.identity.models import StaffMail


def post_letter(recipient: str, letter: Letter) -> None:
    """Leave the letter for the worker, in the open transaction."""
    db.session.add(
        StaffMail(
            recipient=recipient,
            subject=letter.subject,
            body=encrypt(letter.body, PURPOSE),
            due_at=clock.real_now(),
        )
    )
    db.session.flush()
    after_commit(jobs.ring_now)
