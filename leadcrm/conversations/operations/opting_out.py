"""What a lead's words do: an opt-out is obeyed and confirmed once, a doubtful one is put before a person."""

from dataclasses import replace

from sqlalchemy import select, update

from leadcrm.conversations.events import OptOutDismissed, OptOutSuspected
from leadcrm.conversations.models import Conversation, Message
from leadcrm.conversations.operations.consent import (
    ASKED_IN_WORDS,
    BOUNCED,
    CONFIRMED,
    CONFIRMS,
    EVERY_CHANNEL,
    REPLIED_STOP,
    opt_in,
    opt_out,
    why_suppressed,
)
from leadcrm.conversations.operations.planning import plan_messages
from leadcrm.conversations.operations.skipping import hold_what_waits
from leadcrm.conversations.operations.threads import touch_threads
from leadcrm.conversations.opt_out_intent import Intent, Meaning, opt_out_intent
from leadcrm.conversations.opt_out_queries import open_question
from leadcrm.conversations.optout import confirmation
from leadcrm.core import tenancy
from leadcrm.core.db import db, get_or_404, lock
from leadcrm.core.errors import Conflict
from leadcrm.core.events import record
from leadcrm.identity.models import Organization


def obey(message: Message) -> None:
    """Do what a person's message asks for: stop, start, ask a colleague, or nothing."""
    intent = intent_of(message)
    if intent.meaning is Meaning.STOP:
        _stop(message, intent, REPLIED_STOP if intent.is_keyword else ASKED_IN_WORDS)
    elif intent.meaning is Meaning.START:
        opt_in(message.lead_id, message.channel, message.address)
    elif intent.meaning is Meaning.UNSURE:
        _ask(message)


def answer_opt_out_question(thread: Conversation, *, wants_out: bool) -> None:
    """A person says whether the lead meant it. Raises Conflict when nobody asks any more."""
    hold_what_waits(thread.lead_id)
    thread = lock(thread)
    message = open_question(thread)
    if message is None:
        raise Conflict("This was answered in the meantime.")
    if not (wants_out and _stop(message, intent_of(message), CONFIRMED)):
        record(OptOutDismissed(lead_id=thread.lead_id, channel=thread.channel))
    touch_threads([thread.id])


def intent_of(message: Message) -> Intent:
    """What the new part of the message asks for; of a mail without a text, its subject.

    Where the text asks for nothing and the subject is a keyword (`Unsubscribe` above `Sent from my phone`), that
    makes it doubtful. The subject of an answer is ours, and begins with `Re:`.
    """
    intent = opt_out_intent(message.content or message.subject, message.channel)
    if intent.meaning is not Meaning.NONE or not message.content:
        return intent
    subject = opt_out_intent(message.subject, message.channel)
    is_doubtful = subject.is_keyword and subject.meaning is Meaning.STOP
    return replace(subject, meaning=Meaning.UNSURE) if is_doubtful else intent


def _stop(message: Message, intent: Intent, how: str) -> bool:
    channel = EVERY_CHANNEL if intent.everywhere else message.channel
    is_new = opt_out(message.lead_id, channel, message.address, how)
    if is_new:
        _confirm(message, intent.language)
    return is_new


def _confirm(message: Message, language: str) -> None:
    """Say once that we have understood, at once and at any hour: it is the answer to what they just wrote."""
    name = db.session.scalar(select(Organization.name).where(Organization.id == tenancy.current_id()))
    key = f"{CONFIRMS}{message.id}"
    plan_messages(
        [
            {
                "lead_id": message.lead_id,
                "channel": message.channel,
                "content": confirmation(language, name or ""),
                "origin": "follow_up",
                "intent_key": key,
            }
        ]
    )
    as_it_is = update(Message).where(Message.intent_key == key).values(rendered=True, at_any_hour=True)
    db.session.execute(as_it_is.execution_options(synchronize_session=False))


def _ask(message: Message) -> None:
    """Put it before a person, unless they are asked already or nobody writes to the lead there anyway.

    Mail that came back is nobody's wish, and may be lifted.
    """
    thread = get_or_404(Conversation, message.conversation_id)
    if why_suppressed(message.channel, message.address) in (None, BOUNCED) and open_question(thread) is None:
        record(OptOutSuspected(lead_id=message.lead_id, channel=message.channel, message_id=message.id))
