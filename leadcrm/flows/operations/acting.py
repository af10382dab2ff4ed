"""What a flow does in the house when a step's time has come for a lead."""

from sqlalchemy import select

from leadcrm.conversations.models import Message
from leadcrm.core.db import db, get_or_404
from leadcrm.identity.models import User
from leadcrm.identity.queries import active_managers
from leadcrm.leads.models import Lead
from leadcrm.notifications.operations import notify
from leadcrm.tasks.operations import create_task
from leadcrm.tasks.operations.planning import LONGEST_TITLE


def act(message: Message, words: str) -> None:
    """Do what the step of this row asks for; `words` are the step's, filled in for the lead."""
    lead = get_or_404(Lead, message.lead_id)
    if message.channel == "task":
        _add_task(lead, message, words)
    else:
        readers = [lead.owner_id] if lead.owner_id else active_managers()
        notify(readers, f"flow:{message.id}", words, f"/leads/{lead.id}", "workflow", lead_id=lead.id)


def _add_task(lead: Lead, message: Message, words: str) -> None:
    """The first line is the task, the rest its note; the lead's owner does it, by when the lead's priority asks."""
    title, _, note = words.strip().partition("\n")
    create_task(
        lead,
        title=title[:LONGEST_TITLE],
        note=note,
        assignee_id=_active_owner(lead),
        origin="flow",
        intent_key=message.intent_key,
    )


def _active_owner(lead: Lead) -> str | None:
    active = select(User.id).where(User.id == lead.owner_id, User.disabled_at.is_(None))
    return db.session.scalar(active)
