"""Tasks as the JSON API takes and gives them."""

from marshmallow import Schema, fields

from leadcrm.core.api_fields import Choice, Instant, PageQuery, Revision, Text, Uuid, page_of
from leadcrm.leads.models import PRIORITIES
from leadcrm.tasks.models import KINDS, ORIGINS, STATES
from leadcrm.tasks.operations.planning import LONGEST_NOTE, LONGEST_TITLE

BY_PRIORITY = {"description": "Left out: what the priority asks for."}


class TaskSchema(Schema):
    id = fields.String(required=True)
    lead_id = fields.String(required=True)
    title = fields.String(required=True)
    note = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    priority = fields.String(required=True, metadata={"enum": list(PRIORITIES)})
    due_at = Instant(required=True)
    assignee_id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    done_at = Instant(required=True, allow_none=True)
    done_by_id = fields.String(required=True, allow_none=True)
    origin = fields.String(required=True, metadata={"enum": list(ORIGINS), "description": "Who or what asked for it."})
    created_at = Instant(required=True)
    revision = fields.Integer(required=True, metadata={"description": "Send it with a PATCH to refuse a stale edit."})


TaskPage = page_of(TaskSchema)


class TaskQuery(PageQuery):
    lead_id = Uuid()
    assignee_id = Uuid()
    state = Choice(STATES, load_default="open")


class TaskInSchema(Schema):
    """Something to do for a lead. What is left out follows from the lead's priority."""

    lead_id = Uuid(required=True)
    title = Text(LONGEST_TITLE, needed=True, one_line=True)
    note = Text(LONGEST_NOTE, load_default="")
    kind = Choice(KINDS, metadata=BY_PRIORITY)
    priority = Choice(PRIORITIES, metadata={"description": "Left out: the lead's."})
    due_at = Instant(metadata=BY_PRIORITY)
    assignee_id = Uuid(allow_none=True, load_default=None, metadata={"description": "Who sees the lead; null: nobody."})


class TaskPatchSchema(Schema):
    """What changes; what is left out stays."""

    title = Text(LONGEST_TITLE, one_line=True, metadata={"minLength": 1})
    note = Text(LONGEST_NOTE)
    kind = Choice(KINDS)
    priority = Choice(PRIORITIES)
    due_at = Instant()
    assignee_id = Uuid(allow_none=True)
    state = Choice(STATES)
    revision = Revision()
