"""Columns that hold no words of anybody: every other one may hold whatever somebody typed, mailed or uploaded."""

WORDLESS = {
    # ours: names, states, hashes, references
    "id", "organization_id", "status", "state", "kind", "type", "trigger", "channel", "direction", "origin", "role",
    "audience", "theme", "priority", "tone", "icon", "key", "purpose", "actor", "listener", "zone_source", "time_type",
    "outcome", "token_hash", "prefix", "password_hash", "reply_token", "claim_token", "intent_key", "form_key",
    "stored_as", "content_type", "external_id", "provider_message_id", "in_reply_to", "last_direction",
    "recovery_hashes", "href", "exit_reason", "route", "when_late", "request_hash", "sha256", "lead_id", "author",
    "cursor", "url_hash", "stage",
    # chosen from lists
    "encoding", "delimiter", "timezone", "country", "currency", "locale", "slug", "conditions", "week",
}  # fmt: skip
MACHINERY = {
    "events",
    "audit_seals",
    "debts",
    "staff_mails",
    "raw_inbound",
    "suppressions",
    "mailboxes",
    "sending_pauses",
    "pipeline_versions",
}
# What furnishing leaves empty: nobody outside writes there. Every other table has rows, whatever it holds.
EMPTY = {
    "slots", "heartbeats", "canaries",  # the clock, and known words
    "channel_pauses",  # what the server said stands in the messages that waited for it
    "read_marks", "conversions", "sending_windows", "text_budgets", "flow_settlings", "retimed_steps",
    "erasures", "remembered_answers",  # references; answers of the API, which are no pages
    "tracked_sites",  # addresses, checked when they are typed
    # what one team writes for itself, shown by the same fragments as a flow that is published
    "flow_drafts", "flow_draft_changes", "flow_versions", "reworded_steps",
}  # fmt: skip
ADDRESSES_ONLY = {
    "organizations.mail_from", "users.email", "contact_points.value", "messages.address", "user_sessions.address",
    "contacts.email", "contacts.phone",
    "users.realtor_id", "messages.html",  # the latter is sanitised
    "messages.withdrawn", "withheld_steps.reason", "campaigns.left_out", "campaigns.note", "engagements.doubt",
    "import_rows.email", "import_rows.phone",
    "paces.halted", "imports.foreseen", "imports.results", "imports.undone",  # our own words
    "campaigns.segment",  # shown by its words, which stand beside it
}  # fmt: skip
