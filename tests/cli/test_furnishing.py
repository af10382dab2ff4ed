"""A new organization can greet its first lead."""

from sqlalchemy import select

from leadcrm.automations.models import Automation
from leadcrm.conversations.models import Template
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.flows.models import Flow
from leadcrm.furnishing import found_organization, furnish


def test_a_new_organization_is_furnished_once(app):
    organization = perform(found_organization, name="New", slug="new", timezone="UTC", country="US", currency="USD")
    with tenancy.organization(organization.id):
        perform(furnish)
        [flow] = db.session.scalars(select(Flow)).all()
        assert [(step.day, step.enabled) for step in flow.steps] == [(0, True), (1, True), (2, True)]
        assert [row.name for row in db.session.scalars(select(Automation))] == ["Welcome New Leads"]
        assert {row.purpose for row in db.session.scalars(select(Template))} >= {"welcome", "follow_up"}
