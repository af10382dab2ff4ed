"""Words the demo offices reuse, and a rule of their own."""

# ruff: noqa: E501  # prose is wrapped where it reads well

from leadcrm.automations import operations as automations
from leadcrm.automations.operations import AutomationData
from leadcrm.conversations import operations as conversations

TEMPLATES = (
    {
        "name": "Viewing confirmed",
        "channel": "email",
        "subject": "Your viewing of {interest|the house}",
        "content": (
            "Hi {first_name|there},\n\nyour viewing of {interest|the house} is in my calendar. I will be at the door five "
            "minutes early. If anything comes up, a reply to this mail reaches me at once.\n\n{owner_name|Your team at} "
            "{organization_name}"
        ),
    },
    {
        "name": "After the viewing",
        "channel": "email",
        "subject": "What did you think of {interest|the house}?",
        "content": (
            "Hi {first_name|there},\n\nthank you for coming. Three lines would help me a lot: what you liked, what you did "
            "not, and whether you want to see it again.\n\n{owner_name|Your team at} {organization_name}"
        ),
    },
    {
        "name": "On my way",
        "channel": "sms",
        "subject": "",
        "content": "Hi {first_name|there}, I am on my way and there in ten minutes. {owner_first_name|Your agent}",
    },
    {
        "name": "Documents arrived",
        "channel": "whatsapp",
        "subject": "",
        "content": "Hi {first_name|there}, your documents are here and complete. I come back to you tomorrow.",
    },
)
CASH_BUYERS_FIRST = AutomationData(
    name="Cash buyers first",
    trigger="lead.created",
    conditions=({"field": "tag", "op": "is", "value": "cash buyer"},),
    actions=(
        {"kind": "set_field", "field": "priority", "value": "high"},
        {"kind": "create_note", "body": "Cash buyer: call within two hours."},
    ),
)


def add() -> None:
    """Write them down for the current organization."""
    for template in TEMPLATES:
        conversations.save_template(None, **template)
    automations.create_automation(CASH_BUYERS_FIRST)
