"""The verbs of messages and threads: what other features and the edges may call."""

from leadcrm.conversations.operations.bouncing import allow_mail_again, take_report
from leadcrm.conversations.operations.consent import is_suppressed, opt_in, opt_out, suppress
from leadcrm.conversations.operations.fate import (
    cancel_message,
    resolve_unknown,
    retry_message,
    send_now,
)
from leadcrm.conversations.operations.forgetting import suppress_hashes
from leadcrm.conversations.operations.inbound import IncomingFile, receive
from leadcrm.conversations.operations.planning import missing_fields, plan_message, plan_messages
from leadcrm.conversations.operations.releasing import release_sending
from leadcrm.conversations.operations.skipping import (
    resume_skipped,
    resume_skipped_of_steps,
    skip_waiting,
    skip_waiting_of_lead,
    skip_waiting_of_steps,
)
from leadcrm.conversations.operations.templates import (
    archive_template,
    ensure_default_templates,
    save_template,
    template_for,
)
from leadcrm.conversations.operations.threads import (
    assign_conversation,
    close_conversation,
    discard_draft,
    hand_over_conversations,
    mark_read,
    reopen_conversation,
    save_draft,
    snooze_conversation,
)
from leadcrm.conversations.operations.withholding import release_steps, withhold_steps

__all__ = [
    "IncomingFile",
    "allow_mail_again",
    "archive_template",
    "assign_conversation",
    "cancel_message",
    "close_conversation",
    "discard_draft",
    "ensure_default_templates",
    "hand_over_conversations",
    "is_suppressed",
    "mark_read",
    "missing_fields",
    "opt_in",
    "opt_out",
    "plan_message",
    "plan_messages",
    "receive",
    "release_sending",
    "release_steps",
    "reopen_conversation",
    "resolve_unknown",
    "resume_skipped",
    "resume_skipped_of_steps",
    "retry_message",
    "save_draft",
    "save_template",
    "send_now",
    "skip_waiting",
    "skip_waiting_of_lead",
    "skip_waiting_of_steps",
    "snooze_conversation",
    "suppress",
    "suppress_hashes",
    "take_report",
    "template_for",
    "withhold_steps",
]
