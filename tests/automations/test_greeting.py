"""One hello: the flow's welcome step and “Welcome New Leads” never both greet, whoever comes first."""

import pytest
from sqlalchemy import select

from leadcrm.automations import operations
from leadcrm.conversations.models import Message
from leadcrm.core import events
from leadcrm.core.db import db, perform
from leadcrm.flows import operations as flows
from leadcrm.leads.events import LeadCreated
from leadcrm.reactions import REACTIONS
from tests.automations.conftest import messages_of, runs_of


@pytest.fixture
def shipped(acme):
    """Flow and automation as an organization gets them."""
    return perform(flows.ensure_default_flow), perform(operations.ensure_default_automation)


def hellos(lead) -> list[Message]:
    return [message for message in messages_of(lead) if message.intent_key == f"greeting:{lead.id}"]


@pytest.fixture(params=["flow first", "automation first"])
def order(request, app):
    order = REACTIONS[LeadCreated]
    events.subscribe({**REACTIONS, LeadCreated: order if request.param == "flow first" else order[::-1]})
    yield request.param
    events.subscribe(REACTIONS)


def test_exactly_one_greeting_leaves_in_either_order(order, shipped, new_lead):
    lead = new_lead()
    assert len(hellos(lead)) == 1
    leaving = [message for message in messages_of(lead) if message.status == "scheduled" and message.channel == "email"]
    assert len(leaving) == 2, "the greeting and the flow's reminder"
    [run] = runs_of(shipped[1])
    if order == "flow first":
        assert hellos(lead)[0].origin == "flow"
        assert (run.state, run.reason) == ("skipped", "The flow “New lead” already greets this lead")
    else:
        assert hellos(lead)[0].origin == "automation"
        skipped = [
            message for message in messages_of(lead) if message.status == "skipped" and message.channel == "email"
        ]
        assert [message.reason for message in skipped] == ["The lead was greeted before"]


def test_with_the_flow_off_the_automation_greets(shipped, new_lead):
    flow, automation = shipped
    perform(flows.set_flow_enabled, flow, False)
    lead = new_lead()
    [message] = messages_of(lead)
    assert (message.origin, message.status) == ("automation", "scheduled")
    assert runs_of(automation)[0].state == "done"


def test_with_the_automation_off_the_flow_greets(shipped, new_lead):
    perform(operations.set_automation_enabled, shipped[1], False)
    [hello] = hellos(new_lead())
    assert hello.origin == "flow"


def test_the_default_is_made_once_and_not_again_after_deletion(shipped):
    automation = shipped[1]
    assert (automation.name, automation.trigger, automation.enabled) == ("Welcome New Leads", "lead.created", True)
    perform(operations.delete_automation, automation)
    assert perform(operations.ensure_default_automation).id == automation.id
    assert db.session.scalars(select(type(automation).name)).all() == ["Welcome New Leads"]
