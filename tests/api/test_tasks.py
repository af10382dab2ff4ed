"""Tasks through the API."""

import pytest
from sqlalchemy import select

from leadcrm.core.db import db, perform
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.tasks.models import Task


@pytest.fixture
def lead(acme, cast):
    return perform(leads.create_lead, LeadData(first_name="Jo", owner_id=cast.rosa.id), by=None)


def test_a_task_is_added_once_per_key_listed_changed_and_closed(ada, lead, cast):
    body = {"lead_id": lead.id, "title": "Call", "priority": "high", "assignee_id": cast.rosa.id}
    made = [ada.post("/tasks", body, key="one") for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    task = made[0].json
    assert (task["kind"], task["state"], task["origin"]) == ("call", "open", "hand")
    assert [item["id"] for item in ada.get("/tasks", lead_id=lead.id, assignee_id=cast.rosa.id).json["items"]] == [
        task["id"]
    ]
    done = ada.patch(f"/tasks/{task['id']}", {"state": "done", "note": "Reached her"}).json
    assert (done["state"], done["note"], done["done_by_id"]) == ("done", "Reached her", cast.ada.id)
    assert ada.get("/tasks").json["items"] == []
    assert len(ada.get("/tasks", state="done").json["items"]) == 1
    assert ada.patch(f"/tasks/{task['id']}", {"state": "canceled"}).json["done_at"] is None


def test_a_stale_change_is_refused_and_changes_nothing(ada, lead):
    task = ada.post("/tasks", {"lead_id": lead.id, "title": "Call"}).json
    ada.patch(f"/tasks/{task['id']}", {"title": "Call today"})
    answer = ada.patch(f"/tasks/{task['id']}", {"title": "Other", "state": "done", "revision": task["revision"]})
    assert answer.status_code == 409
    row = db.session.scalars(select(Task)).one()
    assert (row.title, row.state) == ("Call today", "open")


def test_bad_values_are_named(ada, lead):
    for body, field in (
        ({"title": ""}, "title"),
        ({"title": "Call", "kind": "fax"}, "kind"),
        ({"title": "Call", "due_at": "tomorrow"}, "due_at"),
        ({"title": "Call", "assignee_id": lead.id}, "assignee_id"),
    ):
        answer = ada.post("/tasks", {"lead_id": lead.id, **body})
        assert answer.status_code == 422
        assert field in str(answer.json["error"])


def test_another_reps_lead_has_no_tasks_for_a_rep(caller, ada, cast, lead):
    task = ada.post("/tasks", {"lead_id": lead.id, "title": "Call"}).json
    ben = caller(cast.ben)
    assert ben.get("/tasks").json["items"] == []
    assert ben.patch(f"/tasks/{task['id']}", {"state": "done"}).status_code == 404
    assert ben.post("/tasks", {"lead_id": lead.id, "title": "Call"}).status_code == 404
