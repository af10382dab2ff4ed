"""Raw mails as other people's programs send them, and how a provider hands them over."""

import hmac
from email.message import EmailMessage
from email.policy import SMTP

from flask.testing import FlaskClient

SECRET = "the webhook's secret"


def mail(
    text: str = "Sounds good.\n",
    *,
    sender: str = "Jane Doe <jane@example.com>",
    to: str = "leads@leadcrm.test",
    subject: str = "Re: Hello",
    message_id: str | None = "<reply-1@example.com>",
    html: str | None = None,
    files: tuple[tuple[str, str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """A mail; further headers by name, with `_` for `-`."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    if message_id:
        message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def hand_over(client: FlaskClient, body: bytes, signed: str | None = None):
    """POST it as the provider does, signed unless told otherwise."""
    return client.post(
        "/webhook/email",
        data=body,
        headers={"X-LeadCRM-Signature": signature(body) if signed is None else signed},
        content_type="message/rfc822",
    )
