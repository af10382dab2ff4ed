"""The verbs of flows: what edges and listeners may call."""

from leadcrm.flows.document import StepData
from leadcrm.flows.operations.applying import go_on_publishing
from leadcrm.flows.operations.drafting import (
    StaleDraft,
    change_draft,
    discard_draft,
    redo,
    restore_version,
    undo,
)
from leadcrm.flows.operations.editing import (
    add_step,
    create_flow,
    edit_step,
    ensure_default_flow,
)
from leadcrm.flows.operations.enrolling import enrol
from leadcrm.flows.operations.leaving import (
    end_passages,
    exit_lead,
    finish_passages,
    note_reply,
    readmit_lead,
    undo_endings,
)
from leadcrm.flows.operations.publishing import HolesLeft, Published, publish
from leadcrm.flows.operations.rewording import Rewording, copies_behind, end_rewording, go_on_rewording
from leadcrm.flows.operations.settling import Effect, go_on_settling
from leadcrm.flows.operations.switching import (
    delete_step,
    restore_step,
    set_flow_enabled,
    set_step_enabled,
)

__all__ = [
    "Effect",
    "HolesLeft",
    "Published",
    "Rewording",
    "StaleDraft",
    "StepData",
    "add_step",
    "change_draft",
    "copies_behind",
    "create_flow",
    "delete_step",
    "discard_draft",
    "edit_step",
    "end_passages",
    "end_rewording",
    "enrol",
    "ensure_default_flow",
    "exit_lead",
    "finish_passages",
    "go_on_publishing",
    "go_on_rewording",
    "go_on_settling",
    "note_reply",
    "publish",
    "readmit_lead",
    "redo",
    "restore_step",
    "restore_version",
    "set_flow_enabled",
    "set_step_enabled",
    "undo",
    "undo_endings",
]
