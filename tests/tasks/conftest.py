"""Leads of Acme that everyone there may see, and tasks for them."""

from datetime import timedelta

import pytest

from leadcrm.core import clock, events
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.tasks import operations
from leadcrm.tasks.models import Task


@pytest.fixture
def lead(acme, cast):
    data = LeadData(first_name="Naledi", last_name="Khumalo", email="naledi@mail.example")
    return perform(leads.create_lead, data, by=None)


@pytest.fixture
def add(lead):
    """`add("Call", assignee=cast.ben, minutes=-5)` → a task due in so many minutes."""

    def make(title: str = "Call back", *, minutes: int = 60, assignee=None, of=lead, **more) -> Task:
        due_at = clock.now() + timedelta(minutes=minutes)
        given = assignee.id if assignee else None
        return perform(operations.create_task, of, title=title, due_at=due_at, assignee_id=given, **more)

    return make


def again(task: Task) -> Task:
    """The task as it is in the database now."""
    db.session.rollback()
    db.session.expire_all()
    return get_or_404(Task, task.id)


def acting(person, verb, *arguments, **named):
    """One verb, done by this person."""
    with events.acting_as(f"user:{person.id}"):
        return perform(verb, *arguments, **named)
