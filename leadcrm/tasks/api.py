"""Tasks as JSON."""

from typing import Any
from uuid import UUID

from flask import jsonify

from leadcrm.core.api import ApiBlueprint, answer_once, caller, listed
from leadcrm.core.db import perform
from leadcrm.leads import queries as leads
from leadcrm.tasks import operations, queries
from leadcrm.tasks.data import TaskData
from leadcrm.tasks.schemas import TaskInSchema, TaskPage, TaskPatchSchema, TaskQuery, TaskSchema

blueprint = ApiBlueprint("tasks", __name__, "What the team is to do for leads, and by when.")

EXAMPLE = {
    "lead_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10",
    "title": "Call back about the garden flat",
    "priority": "high",
    "due_at": "2026-11-26T09:00:00+02:00",
}
EDITED = ("title", "note", "kind", "priority", "due_at")


@blueprint.route("/tasks")
@blueprint.arguments(TaskQuery, location="query")
@blueprint.response(200, TaskPage)
def tasks(query):
    """List tasks in one state, soonest due first"""
    filters = {name: query[name] for name in ("lead_id", "assignee_id") if name in query}
    return listed(queries.listed(caller().user, query["state"], filters, query.get("cursor"), query["limit"]))


@blueprint.route("/tasks", methods=["POST"])
@blueprint.arguments(TaskInSchema, example=EXAMPLE)
@blueprint.response(201, TaskSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
def create(body):
    """Add a task for a lead"""
    return answer_once(lambda: (_create(**body), 201))


@blueprint.route("/tasks/<uuid:task_id>", methods=["PATCH"])
@blueprint.arguments(TaskPatchSchema, example={"state": "done"})
@blueprint.response(200, TaskSchema)
@blueprint.alt_response(404, response="NOT_FOUND")
@blueprint.alt_response(409, response="CONFLICT")
def change(body, task_id: UUID):
    """Change a task, give it to somebody, or close it; all or nothing"""
    return jsonify(perform(_change, str(task_id), body))


def _create(*, lead_id: str, **said: Any) -> dict[str, Any]:
    lead = leads.visible_lead(caller().user, lead_id)
    return TaskSchema().dump(operations.create_task(lead, **said))


def _change(task_id: str, body: dict[str, Any]) -> dict[str, Any]:
    user = caller().user
    task = queries.visible_task(user, task_id)
    said = {name: body[name] for name in EDITED if name in body}
    if "assignee_id" in body:
        said["assignee_id"] = body["assignee_id"] or ""
    operations.edit_task(task, TaskData(**said), body.get("revision"))
    if "state" in body:
        operations.set_state(task, body["state"], user)
    return TaskSchema().dump(task)
