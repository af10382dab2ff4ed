"""Short ways to rules and leads."""

import pytest
from sqlalchemy import select

from leadcrm.automations import operations
from leadcrm.automations.models import AutomationRun
from leadcrm.automations.operations import AutomationData
from leadcrm.conversations.models import Message
from leadcrm.core.db import db, perform
from leadcrm.core.drains import drain_events
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData

NOTE = {"kind": "create_note", "body": "Look at this one"}


@pytest.fixture
def new_lead(acme):
    """`new_lead(source=…)` types in a lead and lets everything react."""
    numbers = iter(range(1000))

    def create(**changes):
        data = {"first_name": "Naledi", "email": f"naledi{next(numbers)}@example.com", "source": "website"}
        lead = perform(leads.create_lead, LeadData(**(data | changes)), by=None)
        drain()
        return lead

    return create


@pytest.fixture
def rule(acme):
    """`rule(trigger=…, conditions=…, actions=…)` makes an automation."""
    numbers = iter(range(1000))

    def create(**changes):
        data = {"name": f"Rule {next(numbers)}", "trigger": "lead.created", "actions": [NOTE]}
        return perform(operations.create_automation, AutomationData(**(data | changes)))

    return create


def drain() -> None:
    """Let every listener do its work."""
    drain_events(lambda: False)


def runs_of(automation) -> list[AutomationRun]:
    """The rule's runs, oldest first."""
    db.session.rollback()
    statement = select(AutomationRun).where(AutomationRun.automation_id == automation.id)
    newest = statement.order_by(AutomationRun.created_at, AutomationRun.id).execution_options(populate_existing=True)
    return list(db.session.scalars(newest))


def messages_of(lead) -> list[Message]:
    db.session.rollback()
    statement = select(Message).where(Message.lead_id == lead.id).execution_options(populate_existing=True)
    return list(db.session.scalars(statement.order_by(Message.scheduled_for, Message.id)))
