"""Messages from plan to delivery, the threads they form, and what surrounds them."""

from leadcrm.conversations.models.intake import Mailbox, RawInbound
from leadcrm.conversations.models.messages import Attachment, Attempt, Message
from leadcrm.conversations.models.rules import (
    ChannelPause,
    Pace,
    RewordedStep,
    SendingPause,
    Suppression,
    Template,
    WithheldStep,
)
from leadcrm.conversations.models.threads import Conversation, Draft, ReadMark, new_reply_token
from leadcrm.conversations.models.words import (
    ACCEPTED,
    CHANNELS,
    LARGEST_FILE,
    ORIGINS,
    STATUSES,
    THREAD_STATUSES,
    WAITING,
)

__all__ = [
    "ACCEPTED",
    "CHANNELS",
    "LARGEST_FILE",
    "ORIGINS",
    "STATUSES",
    "THREAD_STATUSES",
    "WAITING",
    "Attachment",
    "Attempt",
    "ChannelPause",
    "Conversation",
    "Draft",
    "Mailbox",
    "Message",
    "Pace",
    "RawInbound",
    "ReadMark",
    "RewordedStep",
    "SendingPause",
    "Suppression",
    "Template",
    "WithheldStep",
    "new_reply_token",
]
