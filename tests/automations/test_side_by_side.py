"""Two workers that hear of two facts of one lead, or of one account, in the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, OpportunityData
from leadcrm.automations import engine
from leadcrm.automations.models import AutomationRun
from leadcrm.core import events, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import EventRow
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from tests.databases import only_on

A_MOMENT = 0.5  # seconds that a transaction stays open for another to run into it


@pytest.fixture
def of_an_account(rule):
    """The name of two facts that a rule acts on."""
    rule(trigger="opportunity.created", actions=[{"kind": "account_health", "points": "+5"}])
    account = perform(accounts.create_account, AccountData(name="Karoo Estates"))
    for name in ("Flats", "Shop"):
        perform(accounts.create_opportunity, account, OpportunityData(name=name))
    return "opportunity.created"


@pytest.fixture
def of_a_lead(rule):
    rule(trigger="lead.status_changed")
    lead = perform(leads.create_lead, LeadData(first_name="Jo", email="jo@mail.example"), by=None)
    for status in ("contacted", "qualified"):
        perform(leads.change_status, lead, status)
    return "lead.status_changed"


@only_on("postgresql", "SQLite has one writer at a time")
@pytest.mark.parametrize("facts", ["of_a_lead", "of_an_account"])
def test_a_rule_acts_on_both_at_once(app, acme, monkeypatch, request, facts):
    named = select(EventRow).where(EventRow.name == request.getfixturevalue(facts))
    rows = db.session.scalars(named.order_by(EventRow.id)).all()
    begin = engine._begin_all

    def linger(*arguments):
        begun = begin(*arguments)
        threading.Event().wait(A_MOMENT)
        return begun

    monkeypatch.setattr(engine, "_begin_all", linger)

    def consider(row: EventRow) -> None:
        with app.app_context(), tenancy.organization(acme.id), writing(), events.caused_by(row.id, row.depth):
            engine.consider(events.restore(row))

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(consider, rows))
    db.session.rollback()
    assert db.session.scalars(select(AutomationRun.state)).all() == ["done", "done"]
