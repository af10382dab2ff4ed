"""The verbs of flows: what edges and listeners may call."""

from leadcrm.flows.document import StepData
from leadcrm.flows.operations.applying import go_on_publishing
from leadcrm.flows.operations.bulk_enrolling import Enrolled, enrol_many, enrol_ticked, leave_many
from leadcrm.flows.operations.campaigning import (
    CampaignData,
    delete_campaign,
    draft_campaign,
    edit_campaign,
    pause_campaign,
    resume_campaign,
    start_campaign,
    stop_campaign,
)
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
    copy_flow,
    create_flow,
    create_flow_from,
    edit_step,
    ensure_default_flow,
)
from leadcrm.flows.operations.enrolling import enrol, enrol_by_hand, refuse_campaigns_own
from leadcrm.flows.operations.leaving import (
    end_passages,
    exit_lead,
    finish_passages,
    leave_flow,
    note_reply,
    readmit_lead,
    resume_dropped,
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
    "CampaignData",
    "Effect",
    "Enrolled",
    "HolesLeft",
    "Published",
    "Rewording",
    "StaleDraft",
    "StepData",
    "add_step",
    "change_draft",
    "copies_behind",
    "copy_flow",
    "create_flow",
    "create_flow_from",
    "delete_campaign",
    "delete_step",
    "discard_draft",
    "draft_campaign",
    "edit_campaign",
    "edit_step",
    "end_passages",
    "end_rewording",
    "enrol",
    "enrol_by_hand",
    "enrol_many",
    "enrol_ticked",
    "ensure_default_flow",
    "exit_lead",
    "finish_passages",
    "go_on_publishing",
    "go_on_rewording",
    "go_on_settling",
    "leave_flow",
    "leave_many",
    "note_reply",
    "pause_campaign",
    "publish",
    "readmit_lead",
    "redo",
    "refuse_campaigns_own",
    "restore_step",
    "restore_version",
    "resume_campaign",
    "resume_dropped",
    "set_flow_enabled",
    "set_step_enabled",
    "start_campaign",
    "stop_campaign",
    "undo",
    "undo_endings",
]
