"""The facts an automation can start from, in words."""

TRIGGERS = {
    "lead.created": "a lead is created",
    "lead.inquired": "a lead gets in touch again",
    "lead.status_changed": "a lead's status changes",
    "lead.assigned": "a lead gets another owner",
    "lead.tagged": "a lead's tags change",
    "message.received": "a lead writes to us",
    "message.failed": "a message cannot be sent",
    "message.bounced": "a mail comes back",
}
ALIASES = {"lead.created": "new_lead"}  # the name the outside knows it by
