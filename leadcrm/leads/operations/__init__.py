"""The verbs of leads."""

from leadcrm.leads.operations.activity import add_note, note_activity, note_contact
from leadcrm.leads.operations.capturing import Submission, capture_lead, read_submission, receive_stranger, take_in
from leadcrm.leads.operations.changing import (
    add_to_score,
    archive_lead,
    archive_leads,
    assign_lead,
    assign_leads,
    change_status,
    restore_lead,
    set_field,
    set_tags,
    tag_leads,
)
from leadcrm.leads.operations.checking import refusals
from leadcrm.leads.operations.converting import AlreadyConverted, convert_lead, link_account, undo_conversion
from leadcrm.leads.operations.creating import create_lead
from leadcrm.leads.operations.customers import account_called_like, give_account, lead_of_account, lead_of_contact
from leadcrm.leads.operations.editing import FIELDS, edit_field, edit_lead, field_text
from leadcrm.leads.operations.filing import Filed, checked_beginnings, file_in, recognise
from leadcrm.leads.operations.undoing import undo
from leadcrm.leads.operations.unfiling import put_away, take_out_of

__all__ = [
    "FIELDS",
    "AlreadyConverted",
    "Filed",
    "Submission",
    "account_called_like",
    "add_note",
    "add_to_score",
    "archive_lead",
    "archive_leads",
    "assign_lead",
    "assign_leads",
    "capture_lead",
    "change_status",
    "checked_beginnings",
    "convert_lead",
    "create_lead",
    "edit_field",
    "edit_lead",
    "field_text",
    "file_in",
    "give_account",
    "lead_of_account",
    "lead_of_contact",
    "link_account",
    "note_activity",
    "note_contact",
    "put_away",
    "read_submission",
    "receive_stranger",
    "recognise",
    "refusals",
    "restore_lead",
    "set_field",
    "set_tags",
    "tag_leads",
    "take_in",
    "take_out_of",
    "undo",
    "undo_conversion",
]
