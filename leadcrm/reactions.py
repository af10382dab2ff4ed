"""THE map: which listeners react to which fact. All causality of the system on one screen."""

from leadcrm.automations import listeners as automations
from leadcrm.automations.triggers import STARTED_BY
from leadcrm.bookings import listeners as bookings
from leadcrm.bookings.events import BookingCanceled, BookingMade, BookingMoved
from leadcrm.conversations import listeners as conversations
from leadcrm.conversations.events import (
    LeadOptedOut,
    MailAllowedAgain,
    MessageBounced,
    MessageFailed,
    MessageOutcomeUnknown,
    MessageReceived,
    OptOutSuspected,
)
from leadcrm.core.events import Event, Listener, known
from leadcrm.flows import listeners as flows
from leadcrm.identity.events import UserSignedIn
from leadcrm.leads import listeners as leads
from leadcrm.leads.events import (
    FollowUpRequested,
    LeadArchived,
    LeadAssigned,
    LeadCreated,
    LeadInquired,
    LeadRecognised,
    LeadRestored,
    LeadStatusChanged,
    LeadTagged,
)
from leadcrm.notifications import listeners as notifications
from leadcrm.tasks import listeners as tasks
from leadcrm.tasks.events import TaskAssigned, TaskCreated
from leadcrm.tracking import listeners as tracking
from leadcrm.tracking.events import MessageClicked, MessageOpened

REACTIONS: dict[type[Event], list[Listener]] = {
    LeadCreated: [flows.enrol_new_lead, leads.tell_of_new_lead, automations.consider],
    LeadInquired: [automations.consider],
    LeadRecognised: [tracking.join_visits],
    LeadStatusChanged: [flows.leave_on_status, flows.enrol_disqualified_lead, automations.consider],
    LeadAssigned: [conversations.hand_over_threads, leads.tell_new_owner, tasks.hand_over_tasks, automations.consider],
    LeadTagged: [automations.consider],
    FollowUpRequested: [conversations.send_follow_up],
    LeadArchived: [flows.leave_on_archival, conversations.stop_writing],
    LeadRestored: [flows.return_on_restoration, conversations.write_again, tasks.tell_what_fell_due],
    LeadOptedOut: [flows.leave_on_opt_out, leads.tell_of_opt_out],
    MailAllowedAgain: [flows.go_on_mailing],
    OptOutSuspected: [conversations.ask_about_opt_out],
    MessageReceived: [flows.leave_on_reply, conversations.tell_of_reply, automations.consider],
    MessageFailed: [conversations.tell_of_failure, automations.consider],
    MessageBounced: [conversations.tell_of_failure, automations.consider],
    MessageOutcomeUnknown: [conversations.tell_of_failure],
    TaskCreated: [tasks.tell_assignee],
    TaskAssigned: [tasks.tell_new_assignee],
    BookingMade: [flows.leave_on_booking, bookings.tell_realtor],
    BookingMoved: [bookings.tell_realtor],
    BookingCanceled: [bookings.tell_realtor],
    UserSignedIn: [notifications.ask_for_second_factor],
    MessageOpened: [conversations.show_as_opened, tracking.score_open],
    MessageClicked: [conversations.show_as_clicked, tracking.score_click],
}
for _name in sorted(STARTED_BY):  # every other fact a rule may start from is owed when one does
    if automations.consider not in REACTIONS.setdefault(known()[_name], []):
        REACTIONS[known()[_name]].append(automations.consider_when_awaited)
