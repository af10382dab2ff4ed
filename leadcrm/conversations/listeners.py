"""What messages do because something happened elsewhere."""

from sqlalchemy import select

from leadcrm.conversations.events import (
    MessageBounced,
    MessageFailed,
    MessageOutcomeUnknown,
    MessageReceived,
    OptOutSuspected,
)
from leadcrm.conversations.models import Conversation, Message
from leadcrm.conversations.operations import (
    hand_over_conversations,
    note_reaction,
    plan_message,
    resume_skipped,
    skip_waiting_of_lead,
    template_for,
)
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404
from leadcrm.core.errors import DomainError
from leadcrm.core.events import cause
from leadcrm.identity.queries import active_managers
from leadcrm.leads.events import FollowUpRequested, LeadArchived, LeadAssigned, LeadRestored
from leadcrm.leads.models import Lead
from leadcrm.notifications.operations import notify
from leadcrm.tracking.events import MessageClicked, MessageOpened

ARCHIVED = "the lead is archived"
CHANNEL_NAMES = {"email": "email", "sms": "text", "whatsapp": "WhatsApp"}
TROUBLE_WORDS = {
    MessageFailed: "was not sent",
    MessageBounced: "came back",
    MessageOutcomeUnknown: "may not have arrived",
}


def send_follow_up(event: FollowUpRequested) -> None:
    """“Send follow-up email” was ticked: plan the organization's follow-up once."""
    template = template_for("follow_up")
    if template is None:
        return
    try:
        plan_message(
            lead_id=event.lead_id,
            channel=template.channel,
            subject=template.subject,
            content=template.content,
            origin="follow_up",
            intent_key=f"follow_up:{event.lead_id}",
            author_id=event.user_id,
        )
    except DomainError as refusal:
        _tell_who_asked(event, refusal)


def _tell_who_asked(event: FollowUpRequested, refusal: DomainError) -> None:
    if event.user_id is not None:
        key = f"follow_up:{event.lead_id}"
        title = f"No follow-up was sent: {refusal.message}"
        href = f"/leads/{event.lead_id}"
        notify([event.user_id], key=key, title=title, href=href, icon="mail", lead_id=event.lead_id)


def hand_over_threads(event: LeadAssigned) -> None:
    """Whoever owns the lead now takes its threads over: this may come late, after another change of owner."""
    lead = get_or_404(Lead, event.lead_id)
    hand_over_conversations(event.lead_id, event.old_owner_id, lead.owner_id)


def stop_writing(event: LeadArchived) -> None:
    """An archived lead hears nothing more."""
    if get_or_404(Lead, event.lead_id).archived_at is not None:
        skip_waiting_of_lead(event.lead_id, ARCHIVED)


def write_again(event: LeadRestored) -> None:
    """A lead that comes back hears what people had planned for later: putting one away may have been a slip."""
    if get_or_404(Lead, event.lead_id).archived_at is None:
        resume_skipped(Message.lead_id == event.lead_id, reasons=[ARCHIVED])


def tell_of_reply(event: MessageReceived) -> None:
    """Whoever looks after the thread, else after the lead, hears of a person's message; never of a machine's."""
    if event.automatic:
        return
    lead = get_or_404(Lead, event.lead_id)
    message = get_or_404(Message, event.message_id)
    reader_id = _reader_of(message, lead)
    if reader_id is not None:
        title = f"{lead.name} replied by {CHANNEL_NAMES[event.channel]}"
        href = f"/inbox?c={message.conversation_id}"
        notify([reader_id], key=f"message:{message.id}", title=title, href=href, icon="message-square", lead_id=lead.id)


def ask_about_opt_out(event: OptOutSuspected) -> None:
    """Whoever looks after the thread, else after the lead, is asked once whether the lead meant it."""
    lead = get_or_404(Lead, event.lead_id)
    message = get_or_404(Message, event.message_id)
    title = f"Does {lead.name} want no more messages? They wrote: “{message.content or message.subject}”"
    href = f"/inbox?c={message.conversation_id}"
    key = f"opt-out-question:{message.id}"
    notify([_reader_of(message, lead)], key=key, title=title, href=href, icon="bell-off", lead_id=lead.id)


def _reader_of(message: Message, lead: Lead) -> str | None:
    assignee_id = db.session.scalar(select(Conversation.assignee_id).where(Conversation.id == message.conversation_id))
    return assignee_id or lead.owner_id


def tell_of_failure(event: MessageFailed | MessageBounced | MessageOutcomeUnknown) -> None:
    """Whoever wrote the message, else who looks after the lead, hears that it did not arrive, or perhaps not.

    Of messages that are nobody's the managers hear once a day: one fault of a server may be a thousand of them.
    """
    lead = get_or_404(Lead, event.lead_id)
    message = get_or_404(Message, event.message_id)
    reader_id = message.author_id or lead.owner_id
    if reader_id is None:
        title = "Messages to leads without an owner were not sent, came back, or may not have arrived"
        notify(active_managers(), f"trouble:{clock.now():%Y-%m-%d}", title, "/inbox?queue=failed", "circle-alert")
        return
    title = f"Your {CHANNEL_NAMES[event.channel]} to {lead.name} {TROUBLE_WORDS[type(event)]}: {event.reason}"
    href = f"/inbox?c={message.conversation_id}" if message.conversation_id else f"/leads/{lead.id}"
    key = f"{event.name}:{cause().event_id}"
    notify([reader_id], key=key, title=title, href=href, icon="circle-alert", lead_id=lead.id)


def show_as_opened(event: MessageOpened) -> None:
    """The mail's bubble says that it was opened."""
    note_reaction(event.message_id, opened=True)


def show_as_clicked(event: MessageClicked) -> None:
    """The mail's bubble says that one of its links was followed."""
    note_reaction(event.message_id, clicked=True)
