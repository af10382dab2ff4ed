"""Messages, schedule, conversations, events, flows and rehearsed answers."""

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.flows import operations as flows
from leadcrm.leads.events import LeadCreated


@pytest.fixture
def lead(ada) -> str:
    body = {"first_name": "Jo", "email": "jo@example.com", "phone": "+12125550123"}
    return ada.post("/leads", body).json["id"]


def test_a_message_is_taken_and_shown(ada, lead):
    answer = ada.post("/messages", {"lead_id": lead, "channel": "email", "subject": "Hi", "content": "Hi {first_name}"})
    assert answer.status_code == 202
    assert answer.json["status"] == "scheduled"
    assert answer.json["origin"] == "api"
    listed = ada.get("/messages", lead_id=lead, channel="email", status="scheduled", origin="api").json["items"]
    assert [message["id"] for message in listed] == [answer.json["id"]]
    assert ada.get("/messages", channel="sms").json["items"] == []


def test_a_hole_in_the_words_is_refused_and_named(ada, lead):
    answer = ada.post("/messages", {"lead_id": lead, "channel": "sms", "content": "For {company}"})
    assert answer.status_code == 422
    assert "{company}" in answer.json["error"]["fields"]["content"][0]


def test_a_channel_without_an_address_is_refused(ada):
    lead_id = ada.post("/leads", {"email": "only@example.com"}).json["id"]
    answer = ada.post("/messages", {"lead_id": lead_id, "channel": "sms", "content": "Hi"})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["phone"])


def test_a_scheduled_message_waits_for_its_time(ada, lead):
    at = clock.now() + timedelta(days=2)
    body = {"lead_id": lead, "channel": "email", "subject": "Later", "content": "Hi", "scheduled_time": at.isoformat()}
    answer = ada.post("/schedule", body)
    assert answer.status_code == 201
    assert answer.json["scheduled_for"] == at.isoformat()
    assert answer.json["conversation_id"] is None
    assert ada.get("/conversations").json["items"] == []


@pytest.mark.parametrize("when", ["2026-12-01T09:00:00", "tomorrow", 1764579600, "9999-01-01T00:00:00+00:00", ""])
def test_a_time_without_an_offset_or_sense_is_refused(ada, lead, when):
    body = {"lead_id": lead, "channel": "email", "content": "Hi", "scheduled_time": when}
    answer = ada.post("/schedule", body)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["scheduled_time"])


def test_an_answer_as_the_lead_opens_an_unread_thread(ada, lead):
    answer = ada.post(f"/leads/{lead}/inbound-test", {"channel": "email", "content": "Yes, please"})
    assert answer.status_code == 201
    assert (answer.json["direction"], answer.json["status"]) == ("inbound", "received")
    thread = ada.get("/conversations", lead_id=lead).json["items"][0]
    assert (thread["unread"], thread["status"], thread["channel"]) == (1, "open", "email")
    assert thread["last_message"]["content"] == "Yes, please"


def test_answers_as_a_lead_are_refused_in_production(app, ada, lead):
    app.settings = dataclasses.replace(app.settings, environment="production")
    answer = ada.post(f"/leads/{lead}/inbound-test", {"channel": "email", "content": "Yes"})
    assert answer.status_code == 403


def test_events_say_what_happened_by_whom(ada, lead):
    events = ada.get("/events", lead_id=lead, name=LeadCreated.name).json["items"]
    assert [event["lead_id"] for event in events] == [lead]
    assert events[0]["actor"].startswith("token:")
    assert events[0]["data"]["source"] == "api"


def test_flows_show_their_steps(ada, rita, acme):
    flow = perform(flows.ensure_default_flow)
    listed = ada.get("/flows").json["items"]
    assert [row["id"] for row in listed] == [flow.id]
    steps = ada.get(f"/flows/{flow.id}").json["steps"]
    assert [(step["type"], step["day"], step["time"], step["time_type"]) for step in steps] == [
        ("email", 0, None, "immediately"),
        ("text", 1, "09:00", "specific"),
        ("email", 2, "14:00", "specific"),
    ]
    assert rita.get(f"/flows/{flow.id}").status_code == 404
    assert rita.get("/flows").json["items"] == []


def test_nothing_of_acme_is_seen_or_touched_by_rival(ada, rita, lead, cast):
    ada.post("/messages", {"lead_id": lead, "channel": "email", "subject": "Hi", "content": "Hi"})
    before = _fingerprint(cast.acme.id)
    assert rita.get(f"/leads/{lead}").status_code == 404
    assert rita.patch(f"/leads/{lead}", {"company": "Rival"}).status_code == 404
    message = {"lead_id": lead, "channel": "email", "subject": "Hi", "content": "Hi"}
    assert rita.post("/messages", message).status_code == 404
    assert rita.post("/schedule", {**message, "scheduled_time": "2026-12-01T09:00:00Z"}).status_code == 404
    assert rita.post(f"/leads/{lead}/inbound-test", {"channel": "email", "content": "Hi"}).status_code == 404
    for path in ("/leads", "/messages", "/conversations", "/flows"):
        assert rita.get(path).json == {"items": [], "next": None}
    assert rita.get("/messages", lead_id=lead).json["items"] == []
    assert rita.get("/events", lead_id=lead).json["items"] == []
    assert _fingerprint(cast.acme.id) == before


def _fingerprint(organization_id: str) -> list:
    """All rows of the tables the API writes, of one organization."""
    db.session.rollback()
    names = ("leads", "contact_points", "inquiries", "messages", "conversations", "events", "remembered_answers")
    tables = [db.metadata.tables[name] for name in names]
    with tenancy.everyone():
        return [
            db.session.execute(select(table).where(table.c.organization_id == organization_id)).all()
            for table in tables
        ]
