"""Messages from plan to delivery, the threads they form, and what surrounds them."""

from leadcrm.conversations.models.intake import Mailbox, RawInbound
from leadcrm.conversations.models.messages import Attachment, Attempt, Message
from leadcrm.conversations.models.rules import (
    ChannelPause,
    ConditionalStep,
    Pace,
    RewordedStep,
    SendingPause,
    SendingWindow,
    Suppression,
    Template,
    WithheldStep,
)
from leadcrm.conversations.models.threads import Conversation, Draft, ReadMark, new_reply_token
from leadcrm.conversations.models.words import (
    ACCEPTED,
    AUTOMATIC,
    CHANNELS,
    INSIDE,
    LARGEST_FILE,
    ORIGINS,
    STATUSES,
    THREAD_STATUSES,
    WAITING,
    WHEN_LATE,
)

__all__ = [
    "ACCEPTED",
    "AUTOMATIC",
    "CHANNELS",
    "INSIDE",
    "LARGEST_FILE",
    "ORIGINS",
    "STATUSES",
    "THREAD_STATUSES",
    "WAITING",
    "WHEN_LATE",
    "Attachment",
    "Attempt",
    "ChannelPause",
    "ConditionalStep",
    "Conversation",
    "Draft",
    "Mailbox",
    "Message",
    "Pace",
    "RawInbound",
    "ReadMark",
    "RewordedStep",
    "SendingPause",
    "SendingWindow",
    "Suppression",
    "Template",
    "WithheldStep",
    "new_reply_token",
]
