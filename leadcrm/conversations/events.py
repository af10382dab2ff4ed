"""What happens to messages and threads."""

from dataclasses import dataclass

from leadcrm.core.events import Event, register


@dataclass(frozen=True, kw_only=True)
class MessageEvent(Event):
    """Base: which message, of which lead, on which channel, begun by what."""

    icon = "message-square"
    lead_id: str
    message_id: str
    channel: str
    origin: str


@register
@dataclass(frozen=True, kw_only=True)
class MessageScheduled(MessageEvent):
    """A person, the API, an automation or a flow planned a message."""

    name = "message.scheduled"
    title = "Message scheduled"
    icon = "clock"


@register
@dataclass(frozen=True, kw_only=True)
class MessageSent(MessageEvent):
    """The provider accepted it."""

    name = "message.sent"
    title = "Message sent"
    icon = "send"


@register
@dataclass(frozen=True, kw_only=True)
class MessageFailed(MessageEvent):
    """It was refused for good, or not accepted while it was still useful."""

    name = "message.failed"
    title = "Message not sent"
    icon = "circle-alert"
    personal = ("reason",)
    reason: str


@register
@dataclass(frozen=True, kw_only=True)
class MessageBounced(MessageEvent):
    """It was accepted, and came back: a mail system further on could not deliver it."""

    name = "message.bounced"
    title = "Message came back"
    icon = "undo-2"
    personal = ("reason",)
    reason: str
    soft: bool = False  # the address may take the next one


@register
@dataclass(frozen=True, kw_only=True)
class MessageDelayed(MessageEvent):
    """A mail system further on has it, could not deliver it yet, and keeps trying."""

    name = "message.delayed"
    title = "Message delayed on its way"
    icon = "clock"
    personal = ("reason",)
    reason: str


@register
@dataclass(frozen=True, kw_only=True)
class MessageOutcomeUnknown(MessageEvent):
    """The call left the house and no verdict came; a person decides."""

    name = "message.unknown"
    title = "We cannot tell whether this arrived"
    icon = "circle-question-mark"
    personal = ("reason",)
    reason: str


@register
@dataclass(frozen=True, kw_only=True)
class MessageResolved(MessageEvent):
    """What became of an unknown message: a person says `arrived` or `resend`.

    A mail system's report says `accepted`; a copy among the sent mail was `found`.
    """

    name = "message.resolved"
    title = "Delivery clarified"
    icon = "circle-check"
    verdict: str


@register
@dataclass(frozen=True, kw_only=True)
class MessageUnresolved(MessageEvent):
    """Who had said that it arrived took it back: it is unknown as before, and nobody is told so again."""

    name = "message.unresolved"
    title = "Delivery unclear as before"
    icon = "circle-question-mark"


@register
@dataclass(frozen=True, kw_only=True)
class MessageCanceled(MessageEvent):
    """It will not be sent: canceled by a person, or skipped by a rule."""

    name = "message.canceled"
    title = "Message canceled"
    icon = "x"
    personal = ("reason",)
    reason: str


@register
@dataclass(frozen=True, kw_only=True)
class MessageHurried(MessageEvent):
    """A person sent it at once instead of later, also in the lead's quiet hours."""

    name = "message.hurried"
    title = "Sent without waiting"
    icon = "send"


@register
@dataclass(frozen=True, kw_only=True)
class MessageRetried(MessageEvent):
    """A person asked for another try of a failed message."""

    name = "message.retried"
    title = "Sending tried again"
    icon = "rotate-ccw"


@register
@dataclass(frozen=True, kw_only=True)
class MessageReceived(MessageEvent):
    """The lead wrote to us."""

    name = "message.received"
    title = "Replied"
    icon = "message-square"
    automatic: bool = False  # an out-of-office or a list, not the person


@register
@dataclass(frozen=True, kw_only=True)
class LeadOptedOut(Event):
    """The lead does not want to be written to on a channel (`all` for every channel)."""

    name = "lead.opted_out"
    title = "Opted out"
    icon = "bell-off"
    lead_id: str
    channel: str
    how: str


@register
@dataclass(frozen=True, kw_only=True)
class OptOutSuspected(Event):
    """A message may mean that its writer wants no more; a person decides."""

    name = "lead.opt_out_suspected"
    title = "May want to opt out"
    icon = "bell-off"
    lead_id: str
    channel: str
    message_id: str


@register
@dataclass(frozen=True, kw_only=True)
class OptOutDismissed(Event):
    """A person decided that the message was no opt-out."""

    name = "lead.opt_out_dismissed"
    title = "Did not mean to opt out"
    icon = "bell"
    lead_id: str
    channel: str


@register
@dataclass(frozen=True, kw_only=True)
class MailAllowedAgain(Event):
    """A person wants to write again to an address that mail came back from."""

    name = "lead.mail_allowed"
    title = "Mail to a bounced address allowed again"
    icon = "mail"
    lead_id: str


@register
@dataclass(frozen=True, kw_only=True)
class LeadOptedIn(Event):
    """The lead took an opt-out back: they may be written to on the channel again."""

    name = "lead.opted_in"
    title = "Opted in again"
    icon = "bell"
    lead_id: str
    channel: str


@register
@dataclass(frozen=True, kw_only=True)
class ConversationAssigned(Event):
    name = "conversation.assigned"
    title = "Conversation assigned"
    icon = "user"
    lead_id: str
    conversation_id: str
    assignee_id: str | None = None


@register
@dataclass(frozen=True, kw_only=True)
class ConversationStatusChanged(Event):
    """Opened, snoozed or closed."""

    name = "conversation.status_changed"
    title = "Conversation status changed"
    icon = "inbox"
    lead_id: str
    conversation_id: str
    old: str
    new: str


@register
@dataclass(frozen=True, kw_only=True)
class SendingReleased(Event):
    """A person let the messages of a channel leave again, which had waited since a backup was restored."""

    name = "sending.released"
    title = "Sending released after a restore"
    icon = "send"
    channel: str
    waiting: int  # messages that had become due meanwhile


@register
@dataclass(frozen=True, kw_only=True)
class SendingRulesChanged(Event):
    """Quiet hours, sending days or the gap; `changes` says the new ones in words."""

    name = "sending.changed"
    title = "Sending rules changed"
    icon = "clock"
    changes: tuple[str, ...] = ()
