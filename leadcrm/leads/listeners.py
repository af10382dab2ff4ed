"""Who hears of what happens to their leads."""

from leadcrm.conversations.events import LeadOptedOut
from leadcrm.core import events
from leadcrm.core.db import get_or_404
from leadcrm.identity.queries import active_managers
from leadcrm.leads.events import LeadAssigned, LeadCreated
from leadcrm.leads.models import Lead
from leadcrm.notifications.operations import notify

CHANNEL_WORDS = {"email": "emails", "sms": "texts", "whatsapp": "WhatsApp messages", "all": "messages"}


def tell_of_new_lead(event: LeadCreated) -> None:
    """A lead came through the API: its owner hears of it, else its realtor, else those who run the team.

    Who types a lead in knows of it.
    """
    actor = events.actor_of_cause()
    if actor is None or not actor.startswith("token:"):
        return
    lead = get_or_404(Lead, event.lead_id)
    reader_id = lead.owner_id or lead.realtor_id
    readers = [reader_id] if reader_id is not None else active_managers()
    title = f"New lead: {lead.name}" + (f" ({lead.source})" if lead.source != "api" else "")
    notify(readers, f"new-lead:{lead.id}", title, f"/leads/{lead.id}", "user-plus", lead_id=lead.id)


def tell_new_owner(event: LeadAssigned) -> None:
    """The new owner hears of it, unless they took the lead themselves."""
    if event.owner_id is not None and events.actor_of_cause() != f"user:{event.owner_id}":
        lead = get_or_404(Lead, event.lead_id)
        title = f"{lead.name} is your lead now"
        key = f"assigned:{events.cause().event_id}"
        notify([event.owner_id], key, title, f"/leads/{lead.id}", "user", lead_id=lead.id)


def tell_of_opt_out(event: LeadOptedOut) -> None:
    """The owner hears which messages the lead does not want any more."""
    lead = get_or_404(Lead, event.lead_id)
    title = f"{lead.name} does not want {CHANNEL_WORDS[event.channel]} any more"
    key = f"opted-out:{events.cause().event_id}"
    notify([lead.owner_id], key, title, f"/leads/{lead.id}", "bell-off", lead_id=lead.id)
