"""Flows with their steps and leads inside survive the migrations that open more ways into them and count delays."""

from pathlib import Path

from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select

from leadcrm import create_app
from leadcrm.conversations.models import Message
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.events import record
from leadcrm.flows import operations
from leadcrm.flows.events import LeadDelayed
from leadcrm.flows.models import Enrolment, Flow, FlowStep
from leadcrm.identity.models import Organization
from leadcrm.settings import ROOT
from tests.conftest import make_settings
from tests.conversations.conftest import make_lead

MIGRATIONS = str(ROOT / "migrations")
BEFORE = "0005"
TABLES = (Flow, FlowStep, Enrolment, Message)


def test_what_was_there_is_there(databases, tmp_path: Path):
    url = databases.create()
    with create_app(make_settings(url, tmp_path)).app_context(), tenancy.everyone():
        acme = db.session.scalars(select(Organization.id).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme):
            flow = perform(operations.ensure_default_flow)
            perform(operations.enrol, make_lead(email="jane@example.com"), flow)
            before = _counts()
            assert all(before)
            _disconnect()
            downgrade(MIGRATIONS, BEFORE)
            _disconnect()
            upgrade(MIGRATIONS)
            assert _counts() == before
            perform(operations.create_flow, "Later", "disqualified")
        _disconnect()
    databases.drop(url)


def test_what_pauses_put_off_is_counted_from_their_facts(databases, tmp_path: Path):
    url = databases.create()
    with create_app(make_settings(url, tmp_path)).app_context(), tenancy.everyone():
        acme = db.session.scalars(select(Organization.id).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme):
            flow = perform(operations.ensure_default_flow)
            passages = [perform(operations.enrol, make_lead(email=f"{name}@example.com"), flow) for name in "ab"]
            ids = [passage.id for passage in passages]
            for days in (3, 4):
                perform(_pause, passages[0], days)
            _disconnect()
            downgrade(MIGRATIONS, "0029")
            _disconnect()
            upgrade(MIGRATIONS)
            assert dict(db.session.execute(select(Enrolment.id, Enrolment.days_behind)).all()) == {ids[0]: 7, ids[1]: 0}
        _disconnect()
    databases.drop(url)


def _pause(passage: Enrolment, days: int) -> None:
    record(LeadDelayed(lead_id=passage.lead_id, flow_id=passage.flow_id, enrolment_id=passage.id, days=days))


def _counts() -> list[int]:
    return [db.session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def _disconnect() -> None:
    db.session.remove()
    db.engine.dispose()
