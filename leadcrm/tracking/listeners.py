"""What tracking does because something happened elsewhere."""

from leadcrm.leads.events import LeadRecognised
from leadcrm.tracking.events import MessageClicked, MessageOpened
from leadcrm.tracking.operations import join_visitor, score_reading


def join_visits(event: LeadRecognised) -> None:
    """What the browser looked at before it sent the form is the lead's."""
    join_visitor(event.visitor, event.lead_id)


def score_open(event: MessageOpened) -> None:
    """Whoever opens our mails is interested."""
    score_reading(event.lead_id, event.message_id, "an email was opened")


def score_click(event: MessageClicked) -> None:
    """Whoever follows a link has read the mail, also where pictures are not shown: it counts as the open would."""
    score_reading(event.lead_id, event.message_id, "a link in an email was followed")
