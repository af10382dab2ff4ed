"""What the link in a mail does."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from leadcrm.conversations import operations
from leadcrm.conversations.delivery.addresses import message_of_unsubscribe_token
from leadcrm.conversations.models import Message
from leadcrm.conversations.operations.consent import ASKED_FOR, BOUNCED, why_suppressed
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.core.events import acting_as
from leadcrm.identity.models import Organization

CHANNEL_WORDS = {"email": "e-mail", "sms": "texts", "whatsapp": "WhatsApp messages"}


@dataclass(frozen=True)
class Subscription:
    """What a link stands for: an address of a lead, on a channel, of an organization."""

    organization_id: str
    organization_name: str
    lead_id: str
    channel: str
    address: str


def subscription_of(token: str) -> Subscription | None:
    """Whom the link was given to. None when it is not ours, or its message is gone."""
    try:
        message_id = message_of_unsubscribe_token(token)
    except ValueError:
        return None
    statement = (
        select(Message.organization_id, Organization.name, Message.lead_id, Message.channel, Message.address)
        .join(Organization, Organization.id == Message.organization_id)
        .where(Message.id == message_id, Message.address != "")
    )
    with tenancy.everyone():
        row = db.session.execute(statement).one_or_none()
    return Subscription(*row) if row else None


def unsubscribe(subscription: Subscription) -> None:
    """Write to this address no more; again is nothing."""
    with acting_as(f"lead:{subscription.lead_id}"):
        operations.opt_out(subscription.lead_id, subscription.channel, subscription.address, "unsubscribed")


def subscribe(subscription: Subscription) -> None:
    """It was a mistake."""
    with acting_as(f"lead:{subscription.lead_id}"):
        operations.opt_in(subscription.lead_id, subscription.channel, subscription.address)


def words(subscription: Subscription) -> dict[str, Any]:
    """What the page says. The address is shown in part: links are forwarded.

    Mail that came back is no wish of theirs: a colleague may lift that, so they are asked all the same.
    """
    reason = why_suppressed(subscription.channel, subscription.address)
    return {
        "organization": {"name": subscription.organization_name},
        "address": masked(subscription.address),
        "channel": CHANNEL_WORDS[subscription.channel],
        "is_over": reason not in (None, BOUNCED),
        "may_return": reason in ASKED_FOR,
    }


def masked(address: str) -> str:
    """`jane@example.com` → `j…@example.com`; of a number the last two digits."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}…@{domain}" if at else f"…{address[-2:]}"
