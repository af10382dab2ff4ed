"""Short ways to lead through flows."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from leadcrm.bookings import operations as bookings
from leadcrm.bookings.queries import free_slots
from leadcrm.conversations.models import Message
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.drains import drain_events
from leadcrm.flows import operations, queries
from leadcrm.flows.models import Enrolment
from leadcrm.flows.operations import StepData
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from tests.flows.campaigns import HELLO


@pytest.fixture
def flow(acme):
    """Acme's shipped flow."""
    return perform(operations.ensure_default_flow)


@pytest.fixture
def steps(flow):
    """The shipped steps: `steps.welcome`, `steps.text`, `steps.reminder`."""
    return SimpleNamespace(**dict(zip(("welcome", "text", "reminder"), queries.steps_of(flow.id), strict=True)))


@pytest.fixture
def new_lead(acme):
    """`new_lead(timezone=…)` types in a lead that can be written to on all channels and lets everything react."""
    numbers = iter(range(1000))

    def create(**changes):
        number = next(numbers)
        data = {
            "first_name": "Naledi",
            "email": f"naledi{number}@example.com",
            "phone": f"+1212555{number:04}",
            "timezone": "America/New_York",
        }
        lead = perform(leads.create_lead, LeadData(**(data | changes)), by=None)
        drain()
        return lead

    return create


@pytest.fixture
def drip(acme):
    """A flow that greets at once and writes again on the third day."""
    flow = perform(operations.create_flow, "Drip", "manual")
    perform(operations.add_step, flow, HELLO)
    perform(operations.add_step, flow, StepData("email", "Later", "Hi", 3, None, subject="Later"))
    perform(operations.set_flow_enabled, flow, True)
    return flow


@pytest.fixture
def mia(sign_in, cast, acme):
    """Marketing runs campaigns."""
    return sign_in(cast.mia)


def drain() -> None:
    """Let every listener do its work."""
    drain_events(lambda: False)


def book_soon(lead_id: str) -> None:
    """A meeting with Rosa, at the first hour that is free."""
    rosa = db.session.scalars(select(User).where(User.realtor_id.is_not(None), User.name == "Rosa")).one()
    slot, *_ = free_slots(rosa, clock.now(), clock.now() + timedelta(days=14))
    bookings.book(get_or_404(Lead, lead_id), rosa, slot.start)


def messages_of(lead) -> list[Message]:
    """The lead's messages in the order of their time."""
    db.session.rollback()
    statement = select(Message).where(Message.lead_id == lead.id).execution_options(populate_existing=True)
    return list(db.session.scalars(statement.order_by(Message.scheduled_for, Message.id)))


def enrolment_of(lead) -> Enrolment:
    db.session.rollback()
    statement = select(Enrolment).where(Enrolment.lead_id == lead.id).execution_options(populate_existing=True)
    return db.session.scalars(statement).one()
