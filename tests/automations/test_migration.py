"""Rules and their runs that were there before waits and groups go on as they were meant."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from leadcrm import create_app
from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData
from leadcrm.automations import operations
from leadcrm.automations.jobs import drain_runs
from leadcrm.automations.models import Automation, AutomationRun, WebhookCall
from leadcrm.automations.operations import AutomationData
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.drains import drain_events
from leadcrm.identity.models import Organization
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Note
from leadcrm.settings import ROOT
from tests.automations.conftest import NOTE, wait
from tests.conftest import make_settings

MIGRATIONS = str(ROOT / "migrations")
BEFORE = "0011"
CONDITIONS = [{"field": "source", "op": "is", "value": "Fair"}]


def test_what_was_there_goes_on(databases, tmp_path: Path, monkeypatch):
    url = databases.create()
    with create_app(make_settings(url, tmp_path)).app_context(), tenancy.everyone():
        acme = db.session.scalars(select(Organization.id).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme):
            for name, actions in (("At once", [NOTE]), ("Later", [wait(3600), NOTE])):
                perform(operations.create_automation, AutomationData(name, "lead.created", 0, CONDITIONS, actions))
            perform(leads.create_lead, LeadData(first_name="Ann", source="Fair"), by=None)
        drain_events(lambda: False)
        _disconnect()
        downgrade(MIGRATIONS, BEFORE)
        rules = db.session.execute(text("SELECT name, delay_seconds FROM automations ORDER BY name")).all()
        assert [tuple(row) for row in rules] == [("At once", 0), ("Later", 3600)]
        assert db.session.scalar(text("SELECT count(*) FROM automation_runs WHERE state = 'waiting'")) == 1
        _disconnect()
        upgrade(MIGRATIONS)
        _disconnect()
        at_once, later = db.session.scalars(select(Automation).order_by(Automation.name)).all()
        assert (at_once.conditions, at_once.actions) == ({"all": CONDITIONS}, [NOTE])
        assert (later.conditions, later.actions) == ({"all": CONDITIONS}, [wait(3600), NOTE])
        due = clock.now() + timedelta(seconds=3601)
        monkeypatch.setattr(clock, "now", lambda: due)
        assert drain_runs(lambda: False) == 1
        states = dict(db.session.execute(select(AutomationRun.automation_id, AutomationRun.state)).all())
        assert states == {at_once.id: "done", later.id: "done"}
        with tenancy.organization(acme):
            assert db.session.scalars(select(Note.body)).all() == [NOTE["body"]] * 2
        _disconnect()
    databases.drop(url)


def test_runs_without_a_lead_are_beyond_the_older_version_and_those_with_one_stay(databases, tmp_path: Path):
    url = databases.create()
    with create_app(make_settings(url, tmp_path)).app_context(), tenancy.everyone():
        acme = db.session.scalars(select(Organization.id).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme):
            for trigger in ("lead.created", "account.created"):
                call = {"kind": "webhook", "url": "https://hooks.example.com/x"}
                perform(operations.create_automation, AutomationData(trigger, trigger, 0, (), [call]))
            lead = perform(leads.create_lead, LeadData(first_name="Ann"), by=None)
            perform(accounts.create_account, AccountData(name="Karoo Estates"))
        drain_events(lambda: False)
        found = select(AutomationRun.lead_id, WebhookCall.lead_id).join(AutomationRun.calls)
        assert set(map(tuple, db.session.execute(found))) == {(lead.id, lead.id), (None, None)}
        _disconnect()
        downgrade(MIGRATIONS, "0028")
        assert db.session.scalars(text("SELECT lead_id FROM automation_runs")).all() == [lead.id]
        _disconnect()
        upgrade(MIGRATIONS)
        _disconnect()
        assert [tuple(row) for row in db.session.execute(found)] == [(lead.id, lead.id)]
        with pytest.raises(IntegrityError), writing() as session:
            session.execute(update(AutomationRun).values(lead_id=None))
        _disconnect()
    databases.drop(url)


def _disconnect() -> None:
    db.session.remove()
    db.engine.dispose()
