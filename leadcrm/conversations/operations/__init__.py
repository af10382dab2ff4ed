"""The verbs of messages and threads: what other features and the edges may call."""

from leadcrm.conversations.operations.bouncing import allow_mail_again, take_report
from leadcrm.conversations.operations.conditioning import set_conditions
from leadcrm.conversations.operations.consent import is_suppressed, opt_in, opt_out, suppress
from leadcrm.conversations.operations.drafting import (
    TooLarge,
    attach_files,
    discard_draft,
    remove_file,
    save_draft,
)
from leadcrm.conversations.operations.fate import (
    cancel_message,
    note_accepted,
    resolve_unknown,
    retry_message,
    send_now,
    take_back_arrival,
)
from leadcrm.conversations.operations.forgetting import suppress_hashes
from leadcrm.conversations.operations.inbound import IncomingFile, lead_answering, receive
from leadcrm.conversations.operations.paces import halt_messages, let_held_messages_go, set_paces
from leadcrm.conversations.operations.planning import (
    address_to_write_to,
    common_part,
    missing_fields,
    plan_message,
    plan_messages,
    write_down,
)
from leadcrm.conversations.operations.reacting import note_reaction
from leadcrm.conversations.operations.reading import mark_read, mark_unread
from leadcrm.conversations.operations.releasing import end_pause, release_sending
from leadcrm.conversations.operations.retiming import hold_until_retimed, retime, retime_dropped, retimed_up_to
from leadcrm.conversations.operations.sending_rules import change_sending_rules
from leadcrm.conversations.operations.skipping import (
    resume_skipped,
    resume_skipped_of_steps,
    skip_waiting,
    skip_waiting_of_enrolments,
    skip_waiting_of_intents,
    skip_waiting_of_lead,
    skip_waiting_of_passages,
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
    hand_over_conversations,
    reopen_conversation,
    snooze_conversation,
)
from leadcrm.conversations.operations.withholding import release_steps, withhold_steps

__all__ = [
    "IncomingFile",
    "TooLarge",
    "address_to_write_to",
    "allow_mail_again",
    "archive_template",
    "assign_conversation",
    "attach_files",
    "cancel_message",
    "change_sending_rules",
    "close_conversation",
    "common_part",
    "discard_draft",
    "end_pause",
    "ensure_default_templates",
    "halt_messages",
    "hand_over_conversations",
    "hold_until_retimed",
    "is_suppressed",
    "lead_answering",
    "let_held_messages_go",
    "mark_read",
    "mark_unread",
    "missing_fields",
    "note_accepted",
    "note_reaction",
    "opt_in",
    "opt_out",
    "plan_message",
    "plan_messages",
    "receive",
    "release_sending",
    "release_steps",
    "remove_file",
    "reopen_conversation",
    "resolve_unknown",
    "resume_skipped",
    "resume_skipped_of_steps",
    "retime",
    "retime_dropped",
    "retimed_up_to",
    "retry_message",
    "save_draft",
    "save_template",
    "send_now",
    "set_conditions",
    "set_paces",
    "skip_waiting",
    "skip_waiting_of_enrolments",
    "skip_waiting_of_intents",
    "skip_waiting_of_lead",
    "skip_waiting_of_passages",
    "skip_waiting_of_steps",
    "snooze_conversation",
    "suppress",
    "suppress_hashes",
    "take_back_arrival",
    "take_report",
    "template_for",
    "withhold_steps",
    "write_down",
]
