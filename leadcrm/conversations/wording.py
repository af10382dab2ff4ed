"""What messages and threads are called on screens: pure words, no markup."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from leadcrm.conversations.models import Message
from leadcrm.core.values import initials as initials  # the templates find all their words here
from leadcrm.core.values import tone_of as tone_of

CHANNEL_WORDS = {"email": "Email", "sms": "Text", "whatsapp": "WhatsApp", "note": "Note"}
ADDRESS_WORDS = {"email": "email address", "sms": "phone number", "whatsapp": "WhatsApp number"}
CHANNEL_ICONS = {"email": "mail", "sms": "message-square", "whatsapp": "message-circle", "note": "lock"}
ORIGIN_WORDS = {
    "flow": "Flow",
    "automation": "Automation",
    "follow_up": "Follow-up",
    "api": "API",
    "assistant": "Assistant",
    "booking": "Meeting",
}
ABOUT_TO_LEAVE = timedelta(seconds=10)


@dataclass(frozen=True)
class Delivery:
    """The honest state of an outbound message. `moment` belongs behind the words; `look` names a style."""

    words: str
    icon: str
    look: str
    reason: str = ""
    moment: datetime | None = None


def delivery(message: Message, now: datetime) -> Delivery:
    """What became, or will become, of an outbound message."""
    if message.status in ("scheduled", "held", "claimed", "sending"):
        return _on_its_way(message, now)
    if message.status == "sent" and message.sandbox:
        reason = "Sandbox: nothing left the house. The sandbox page shows it as the lead would see it."
        return Delivery("Sent to the sandbox", "flask-conical", "sent", reason)
    words, icon, look = {
        "sent": ("Sent", "check", "sent"),
        "delivered": ("Delivered", "check-check", "delivered"),
        "read": ("Read", "check-check", "read"),
        "bounced": ("Bounced", "circle-alert", "failed"),
        "failed": ("Not sent", "circle-alert", "failed"),
        "expired": ("Not sent, too late", "circle-alert", "failed"),
        "unknown": ("We cannot tell whether this arrived", "circle-question-mark", "unknown"),
        "canceled": ("Canceled", "circle-x", "skipped"),
        "skipped": ("Skipped", "circle-x", "skipped"),
    }[message.status]
    return Delivery(words, icon, look, message.reason)


def _on_its_way(message: Message, now: datetime) -> Delivery:
    if message.status in ("claimed", "sending"):
        return Delivery("Sending", "clock", "sending")
    if message.status == "held":
        return Delivery("Waiting, next try", "pause", "scheduled", message.reason, message.due_at)
    if message.scheduled_for <= now + ABOUT_TO_LEAVE:
        look_again = message.due_at if message.due_at and message.due_at > now + ABOUT_TO_LEAVE else None
        words = "Not accepted yet, next try" if look_again else "Sending in a moment"
        return Delivery(words, "clock", "scheduled", message.reason, look_again)
    return Delivery("Scheduled for", "calendar-clock", "scheduled", message.reason, message.scheduled_for)


def reactions(message: Message) -> list[tuple[str, str, datetime]]:
    """What the lead did with a mail, as far as we know: words, icon, when."""
    known = (("Opened", "eye", message.opened_at), ("Clicked", "external-link", message.clicked_at))
    return [(words, icon, at) for words, icon, at in known if at is not None]


def can_be_canceled(message: Message) -> bool:
    """Whether Cancel still does something."""
    return message.status in ("scheduled", "held", "claimed")


def can_be_retried(message: Message) -> bool:
    """Whether Retry does something."""
    return message.status in ("failed", "expired")


def origin_words(message: Message) -> str:
    """Who or what began it: a colleague's name, or the machine's."""
    if message.author is not None:
        return message.author.name
    return ORIGIN_WORDS.get(message.origin, "")


def file_size(size: int) -> str:
    """Bytes as people say them."""
    if size < 1024:
        return f"{size} B"
    if size < 1024**2:
        return f"{size / 1024:.0f} kB"
    return f"{size / 1024**2:.1f}".removesuffix(".0") + " MB"
