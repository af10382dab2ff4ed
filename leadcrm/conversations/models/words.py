"""The words a message and its thread may carry, and what their tables share."""

CHANNELS = ("email", "sms", "whatsapp")
WEBHOOK = "webhook"  # what other programs are told, which a restore pauses as it does the channels
PAUSABLE = (*CHANNELS, WEBHOOK)
TEXTS = ("sms", "whatsapp")  # what rings a phone, and costs money
INSIDE = ("task", "notify")  # what a flow does in the house at its time: no address, no thread, nobody outside hears
STATUSES = (
    "scheduled", "held", "claimed", "sending",
    "sent", "delivered", "read", "bounced",
    "failed", "expired", "canceled", "skipped", "unknown", "received",
)  # fmt: skip
WAITING = ("scheduled", "held", "claimed")  # may still be canceled or skipped
ACCEPTED = ("sent", "delivered", "read")
ORIGINS = ("manual", "follow_up", "automation", "flow", "api", "assistant", "inbound", "booking")
AUTOMATIC = ("automation", "flow")  # said by a machine of its own accord: under every rule of the sending policy
WHEN_LATE = ("next_window", "skip")  # what becomes of a message that is more than two hours late
THREAD_STATUSES = ("open", "snoozed", "closed")
LARGEST_FILE = 10 * 1024 * 1024  # bytes, of what comes in and of what we send
