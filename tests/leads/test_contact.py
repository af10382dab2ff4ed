"""A lead is contacted once a person's words have left the house, not when a machine's have."""

import pytest

from leadcrm.conversations import operations as conversations
from leadcrm.conversations.jobs import drain_messages
from leadcrm.core import events
from leadcrm.core.db import db, perform
from leadcrm.leads import operations
from leadcrm.leads.data import LeadData


@pytest.mark.parametrize(("origin", "status"), [("manual", "contacted"), ("flow", "new"), ("automation", "new")])
def test_what_a_person_sends_makes_a_new_lead_contacted(acme, cast, origin, status):
    lead = perform(operations.create_lead, LeadData(first_name="A", email="a@b.example"), by=None)
    perform(
        conversations.plan_message,
        lead_id=lead.id, channel="email", content="Hello", subject="Hello", origin=origin, intent_key="test",
    )  # fmt: skip
    drain_messages(lambda: False)
    db.session.refresh(lead)
    assert lead.status == status


def test_a_status_set_by_hand_stays(acme, cast):
    lead = perform(operations.create_lead, LeadData(first_name="A", email="a@b.example"), by=None)
    with events.acting_as(f"user:{cast.ada.id}"):
        perform(operations.change_status, lead, "qualified")
        perform(operations.change_status, lead, "new")
    perform(
        conversations.plan_message,
        lead_id=lead.id, channel="email", content="Hello", subject="Hello", origin="manual", intent_key="test",
    )  # fmt: skip
    drain_messages(lambda: False)
    db.session.refresh(lead)
    assert lead.status == "new"
