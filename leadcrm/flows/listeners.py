"""What happens to flows because something happened elsewhere."""

from leadcrm.bookings.events import BookingMade
from leadcrm.conversations.events import LeadOptedOut, MailAllowedAgain, MessageReceived
from leadcrm.conversations.operations.consent import REASON_BOUNCED
from leadcrm.core.events import holds_sending
from leadcrm.flows import operations, queries
from leadcrm.flows.models import TRIGGERS
from leadcrm.flows.reasons import (
    ARCHIVED,
    BOOKED,
    EXITS,
    LEAVING_STATUSES,
    OPTED_OUT,
    REPLIED,
    REQUALIFIED,
    WROTE_FIRST,
    ends,
)
from leadcrm.leads.events import LeadArchived, LeadCreated, LeadRestored, LeadStatusChanged

LEFT_BY = {status: tuple(it for it in TRIGGERS if ends(what, it)) for status, what in LEAVING_STATUSES.items()}


def enrol_new_lead(event: LeadCreated) -> None:
    """Every new lead enters the organization's welcome flow, when one is on.

    Whoever wrote, booked or opted out before this listener came to work leaves at once: their exit found nothing to
    end. A stranger who wrote to us is answered by a person, not greeted by a machine; the skipped welcome says so.
    """
    flow = queries.flow_entered_by("new_lead")
    lead = queries.lead_to_enrol(event.lead_id)
    if flow is None or lead is None:
        return
    operations.enrol(lead, flow)
    if (reason := queries.why_gone(lead.id)) is not None:
        operations.exit_lead(lead.id, WROTE_FIRST if reason == REPLIED else reason)


def enrol_disqualified_lead(event: LeadStatusChanged) -> None:
    """A disqualified lead enters the flow for them, when one is on and they are disqualified still.

    Who was requalified in between hears what is still ahead of them, and never the whole of it again.
    """
    if event.new != "unqualified" or queries.status_of(event.lead_id) != "unqualified":
        return
    flow, lead = queries.flow_entered_by("disqualified"), queries.lead_to_enrol(event.lead_id, ("converted",))
    if flow is not None and lead is not None and operations.enrol(lead, flow) is None:
        operations.readmit_lead(lead.id, REQUALIFIED)


@holds_sending
def leave_on_reply(event: MessageReceived) -> None:
    """A person answered: what was still waiting would talk past them. An automatic answer is not a reply."""
    if not event.automatic:
        operations.note_reply(event.lead_id)
        operations.exit_lead(event.lead_id, REPLIED)


@holds_sending
def leave_on_booking(event: BookingMade) -> None:
    """A meeting is what flows write for; what follows is said about the meeting. Moving it is no news to them."""
    operations.exit_lead(event.lead_id, BOOKED)


@holds_sending
def leave_on_opt_out(event: LeadOptedOut) -> None:
    """Whoever opts out of one channel is not written to by flows on another."""
    operations.exit_lead(event.lead_id, OPTED_OUT)


@holds_sending
def leave_on_status(event: LeadStatusChanged) -> None:
    """Converted and disqualified leads have left the flow's purpose; taking that back lets them in again.

    This may come late, after another change: who has left that status by now does not leave the flow for it. The flow
    for disqualified leads is the other way round.
    """
    status = queries.status_of(event.lead_id)
    if event.new in LEAVING_STATUSES:
        if status == event.new:
            operations.exit_lead(event.lead_id, EXITS[LEAVING_STATUSES[event.new]], LEFT_BY[event.new])
    elif event.old in LEAVING_STATUSES:
        if status != "unqualified":
            operations.exit_lead(event.lead_id, REQUALIFIED, ("disqualified",))
        operations.readmit_lead(event.lead_id, EXITS[LEAVING_STATUSES[event.old]])


@holds_sending
def leave_on_archival(event: LeadArchived) -> None:
    """Nobody writes to a lead that was put away, unless it has come back by now."""
    if queries.is_archived(event.lead_id):
        operations.exit_lead(event.lead_id, ARCHIVED)


def return_on_restoration(event: LeadRestored) -> None:
    """Putting a lead away may have been a slip: whoever comes back hears what is still ahead of them."""
    operations.readmit_lead(event.lead_id, ARCHIVED)


def go_on_mailing(event: MailAllowedAgain) -> None:
    """A person allows mail to an address it had come back from: the flow goes on with what is still ahead."""
    operations.resume_dropped(event.lead_id, REASON_BOUNCED)
