"""What happens to flows because something happened elsewhere."""

from leadcrm.conversations.events import LeadOptedOut, MessageReceived
from leadcrm.core.events import holds_sending
from leadcrm.flows import operations, queries
from leadcrm.leads.events import LeadArchived, LeadCreated, LeadStatusChanged

LEAVING_STATUSES = {"converted": "The lead became a customer", "unqualified": "The lead was disqualified"}


def enrol_new_lead(event: LeadCreated) -> None:
    """Every new lead enters the organization's welcome flow, when one is on."""
    flow = queries.welcome_flow()
    lead = queries.lead_to_enrol(event.lead_id)
    if flow is not None and lead is not None:
        operations.enrol(lead, flow)


@holds_sending
def leave_on_reply(event: MessageReceived) -> None:
    """A person answered: what was still waiting would talk past them. An automatic answer is not a reply."""
    if not event.automatic:
        operations.exit_lead(event.lead_id, "The lead replied")


@holds_sending
def leave_on_opt_out(event: LeadOptedOut) -> None:
    """Whoever opts out of one channel is not written to by flows on another."""
    operations.exit_lead(event.lead_id, "The lead opted out")


@holds_sending
def leave_on_status(event: LeadStatusChanged) -> None:
    """Converted and disqualified leads have left the flow's purpose."""
    if event.new in LEAVING_STATUSES:
        operations.exit_lead(event.lead_id, LEAVING_STATUSES[event.new])


@holds_sending
def leave_on_archival(event: LeadArchived) -> None:
    """Nobody writes to a lead that was put away."""
    operations.exit_lead(event.lead_id, "The lead was archived")
