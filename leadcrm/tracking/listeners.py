"""What tracking does because something happened elsewhere."""

from leadcrm.leads.events import LeadRecognised
from leadcrm.tracking.operations import join_visitor


def join_visits(event: LeadRecognised) -> None:
    """What the browser looked at before it sent the form is the lead's."""
    join_visitor(event.visitor, event.lead_id)
