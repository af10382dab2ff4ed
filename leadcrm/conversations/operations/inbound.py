"""The one way in: whatever a lead writes, by whichever door, ends here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from leadcrm.conversations.events import MessageReceived
from leadcrm.conversations.models import Attachment, Conversation, Message
from leadcrm.conversations.operations.consent import lift_erasure
from leadcrm.conversations.operations.opting_out import obey
from leadcrm.conversations.operations.skipping import hold_what_waits
from leadcrm.conversations.operations.threads import open_conversation, refresh_conversation, reopen_conversation
from leadcrm.conversations.search import index_message
from leadcrm.core.db import db, get_or_404
from leadcrm.core.events import acting_as, record
from leadcrm.core.values import new_id
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.leads.queries import KINDS_OF_CHANNEL, find_by_address, normal_or_raw

NEWEST_REFERENCES = 20  # of a thread's ids that are looked at
SUBJECT_LENGTH = 500


@dataclass(frozen=True)
class IncomingFile:
    """An attachment whose bytes already lie under the uploads folder as `stored_as`; `size` in bytes."""

    filename: str
    content_type: str
    size: int
    stored_as: str


def receive(
    channel: str,
    sender: str,
    content: str,
    external_id: str,
    received_at: datetime,
    subject: str = "",
    html: str | None = None,
    in_reply_to: str | None = None,
    references: Sequence[str] = (),
    attachments: Sequence[IncomingFile] = (),
    automatic: bool = False,
    sender_name: str = "",
    *,
    quoted: str = "",
    reply_token: str | None = None,
) -> Message:
    """Take in one message; the same `external_id` again returns the message there is and changes nothing.

    The lead is found by the thread's reply token, then by the mail it answers, then by the sender's address, else
    made. `content` is what the lead wrote, `quoted` the earlier text below it, `html` already sanitised. `automatic`
    (an out-of-office, a list) opens no thread again and stops no flow.
    """
    known = select(Message).where(
        Message.channel == channel, Message.external_id == external_id, Message.direction == "inbound"
    )
    if (message := db.session.scalar(known)) is not None:
        return message
    lead = _writer(channel, sender, sender_name, reply_token, [*references, in_reply_to or ""])
    hold_what_waits(lead.id)
    with acting_as(f"lead:{lead.id}"):
        conversation = open_conversation(lead.id, channel)
        message = Message(
            id=new_id(),
            lead_id=lead.id,
            conversation_id=conversation.id,
            channel=channel,
            direction="inbound",
            origin="inbound",
            status="received",
            subject=subject[:SUBJECT_LENGTH],
            content=content,
            quoted=quoted,
            html=html,
            address=sender,
            scheduled_for=received_at,
            position_at=received_at,
            external_id=external_id,
            in_reply_to=in_reply_to,
            attachments=[
                Attachment(
                    filename=file.filename, content_type=file.content_type, size=file.size, stored_as=file.stored_as
                )
                for file in attachments
            ],
        )
        message.intent_key = f"inbound:{message.id}"
        db.session.add(message)
        db.session.flush()
        index_message(message)
        _show(conversation, message, automatic)
        record(
            MessageReceived(
                lead_id=lead.id, message_id=message.id, channel=channel, origin="inbound", automatic=automatic
            )
        )
        if not automatic:
            lift_erasure(channel, normal_or_raw(KINDS_OF_CHANNEL[channel][0], sender))
            obey(message)
    return message


def lead_answering(channel: str, reply_token: str | None, answered: Iterable[str]) -> str | None:
    """The lead in whose thread something is an answer, by the thread's token, else by what it answers."""
    lead_id = None
    if reply_token:
        lead_id = db.session.scalar(select(Conversation.lead_id).where(Conversation.reply_token == reply_token))
    if lead_id is None and (references := [reference for reference in answered if reference]):
        lead_id = _lead_written_to(channel, references)
    return lead_id


def _writer(channel: str, sender: str, sender_name: str, reply_token: str | None, answered: list[str]) -> Lead:
    """Who wrote this. An address alone proves nothing, so the thread's own marks are asked first."""
    if (lead_id := lead_answering(channel, reply_token, answered)) is not None:
        return get_or_404(Lead, lead_id)
    for kind in KINDS_OF_CHANNEL[channel]:
        if (lead := find_by_address(kind, sender)) is not None:
            return lead
    return leads.receive_stranger(KINDS_OF_CHANNEL[channel][0], sender, sender_name)


def _lead_written_to(channel: str, references: list[str]) -> str | None:
    """The lead of the newest of our messages that a reply names."""
    ours = (
        select(Message.lead_id)
        .where(Message.external_id.in_(references[-NEWEST_REFERENCES:]), Message.channel == channel)
        .order_by(Message.position_at.desc(), Message.id.desc())
        .limit(1)
    )
    return db.session.scalar(ours)


def _show(conversation: Conversation, message: Message, automatic: bool) -> None:
    refresh_conversation(
        conversation.lead_id,
        conversation.channel,
        "inbound",
        message.content or message.subject,
        message.position_at,
    )
    conversation.last_inbound_at = message.position_at
    if automatic:
        return
    leads.note_activity(conversation.lead_id, message.position_at)
    if conversation.status != "open":
        reopen_conversation(conversation)
