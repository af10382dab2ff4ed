"""Which adapter serves which channel. Without credentials it is the sandbox."""

from leadcrm.adapters.ports import MailTransport, TextTransport
from leadcrm.adapters.sandbox import SandboxMail, SandboxText
from leadcrm.adapters.smtp import SmtpServer, SmtpTransport
from leadcrm.adapters.webhook import WebhookClient
from leadcrm.settings import Settings

TEXT_CHANNELS = ("sms", "whatsapp")


def mail_transport(settings: Settings) -> MailTransport:
    """Mail by `settings.smtp_url`, or the sandbox when there is none. Raises ValueError for an unusable URL."""
    if is_sandbox(settings, "email"):
        return SandboxMail()
    return SmtpTransport(SmtpServer.from_url(settings.smtp_url))


def text_transport(settings: Settings, channel: str) -> TextTransport:
    """SMS or WhatsApp. Raises ValueError for any other channel."""
    if channel not in TEXT_CHANNELS:
        raise ValueError(f"{channel!r} is not a text channel.")
    return SandboxText()


def webhook_client() -> WebhookClient:
    """What calls other programs."""
    return WebhookClient()


def is_sandbox(settings: Settings, channel: str) -> bool:
    """Does a message on this channel stay in the house?"""
    return channel != "email" or not settings.smtp_url
