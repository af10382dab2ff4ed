"""Who hears of what happens to their leads."""

from sqlalchemy import select

from leadcrm.conversations.events import LeadOptedOut
from leadcrm.core import events
from leadcrm.core.db import db, get_or_404
from leadcrm.core.models import EventRow
from leadcrm.leads.events import LeadAssigned
from leadcrm.leads.models import Lead
from leadcrm.notifications.operations import notify

CHANNEL_WORDS = {"email": "emails", "sms": "texts", "whatsapp": "WhatsApp messages", "all": "messages"}


def tell_new_owner(event: LeadAssigned) -> None:
    """The new owner hears of it, unless they took the lead themselves."""
    fact_id = events.cause().event_id
    actor = db.session.scalar(select(EventRow.actor).where(EventRow.id == fact_id))
    if event.owner_id is not None and actor != f"user:{event.owner_id}":
        lead = get_or_404(Lead, event.lead_id)
        notify([event.owner_id], f"assigned:{fact_id}", f"{lead.name} is your lead now", f"/leads/{lead.id}", "user")


def tell_of_opt_out(event: LeadOptedOut) -> None:
    """The owner hears which messages the lead does not want any more."""
    lead = get_or_404(Lead, event.lead_id)
    title = f"{lead.name} does not want {CHANNEL_WORDS[event.channel]} any more"
    notify([lead.owner_id], f"opted-out:{events.cause().event_id}", title, f"/leads/{lead.id}", "bell-off")
