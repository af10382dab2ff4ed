"""Short ways to rules and leads."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.automations import operations
from leadcrm.automations.jobs import drain_runs
from leadcrm.automations.models import AutomationRun
from leadcrm.automations.operations import AutomationData
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.events import MessageSent
from leadcrm.conversations.models import Message
from leadcrm.core import clock, events, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.drains import drain_events
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Note

NOTE = {"kind": "create_note", "body": "Look at this one"}


def wait(seconds: int, *, stops_on_reply: bool = False) -> dict:
    """The action of standing still."""
    return {"kind": "wait", "seconds": seconds, "stops_on_reply": stops_on_reply}


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


@pytest.fixture
def mia(sign_in, cast, acme):
    """Marketing may write automations."""
    return sign_in(cast.mia)


@pytest.fixture
def later(monkeypatch):
    """`later(hours)` moves the clock on."""
    moved = {"hours": 0.0}

    def move(hours: float) -> None:
        moved["hours"] += hours
        moment = clock.real_now() + timedelta(hours=moved["hours"])
        monkeypatch.setattr(clock, "now", lambda: moment)

    return move


def say(lead, words: str = "Hi", **changes) -> None:
    """The lead writes to us."""
    address = next(point.value for point in lead.contact_points if point.kind == "email")
    perform(conversations.receive, "email", address, words, f"<{clock.now().timestamp()}@x>", clock.now(), **changes)
    drain()


def we_wrote(lead, origin: str = "manual") -> None:
    """A message of ours left."""
    fact = MessageSent(lead_id=lead.id, message_id="gone", channel="email", origin=origin)
    perform(events.record, fact)
    perform(leads.note_activity, lead.id, clock.now())
    drain()


def drain_everything() -> int:
    """Go on with all runs that are due, of whatever organization."""
    with tenancy.everyone():
        return drain_runs(lambda: False)


def notes_of(lead) -> list[str]:
    statement = select(Note.body).where(Note.lead_id == lead.id)
    return list(db.session.scalars(statement.order_by(Note.created_at, Note.id)))


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
