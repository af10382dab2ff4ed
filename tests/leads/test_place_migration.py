"""Leads that were there before places were keep what they are, and go back again."""

from pathlib import Path

from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from leadcrm import create_app
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.identity.models import Organization
from leadcrm.leads import operations
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import ContactPoint, Lead
from leadcrm.settings import ROOT
from tests.conftest import make_settings

MIGRATIONS = str(ROOT / "migrations")
BEFORE = "0024"


def test_leads_survive_both_ways(databases, tmp_path: Path):
    url = databases.create()
    with create_app(make_settings(url, tmp_path)).app_context(), tenancy.everyone():
        acme = db.session.scalars(select(Organization.id).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme):
            said = {"city": "Cape Town", "country": "ZA", "email": "ann@example.com"}
            perform(operations.create_lead, LeadData(first_name="Ann", **said), by=None)
            perform(operations.create_lead, LeadData(first_name="Ben", timezone="Asia/Tokyo"), by=None)
        _disconnect()
        downgrade(MIGRATIONS, BEFORE)
        rows = db.session.execute(text("SELECT first_name, timezone, zone_source FROM leads ORDER BY first_name")).all()
        assert [tuple(row) for row in rows] == [
            ("Ann", "Africa/Johannesburg", "organization"),
            ("Ben", "Asia/Tokyo", "chosen"),
        ]
        _disconnect()
        upgrade(MIGRATIONS)
        _disconnect()
        with tenancy.organization(acme):
            ann, ben = db.session.scalars(select(Lead).order_by(Lead.first_name)).all()
            assert (ann.place, ben.place) == (("", ""), ("", ""))
            assert db.session.scalars(select(ContactPoint.lead_id)).all() == [ann.id]
            perform(operations.edit_lead, ann, LeadData(country="ZA"))
            assert (ann.country, ann.zone_source) == ("ZA", "address")
        _disconnect()
    databases.drop(url)


def _disconnect() -> None:
    db.session.remove()
    db.engine.dispose()
