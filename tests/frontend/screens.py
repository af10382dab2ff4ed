"""Every screen of the application as an address in the demo office, for whoever goes through all of them."""

from flask import Flask
from sqlalchemy import select

from leadcrm.automations.models import Automation
from leadcrm.conversations.models import Conversation
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.flows.models import Flow, FlowStep
from leadcrm.identity.models import Organization
from leadcrm.leads.models import Lead

SCREENS = {
    "leads": "/leads",
    "leads filtered": "/leads?status=qualified&q=a",
    "leads without a match": "/leads?q=zzzzzzzz",
    "lead in the panel": "/leads?open={lead}",
    "lead page": "/leads/{lead}",
    "personal data": "/leads/{lead}/personal-data",
    "erasure": "/leads/{lead}/erasure",
    "new lead": "/leads/new",
    "inbox": "/inbox?queue=all",
    "thread": "/inbox?queue=all&c={conversation}",
    "search": "/inbox?q=the",
    "tasks": "/tasks",
    "tasks of the team": "/tasks?view=team",
    "tasks done": "/tasks?view=done",
    "new task": "/tasks/new?lead={lead}",
    "lead's tasks": "/leads/{lead}/tasks",
    "templates": "/templates",
    "template form": "/templates/new",
    "flows": "/flows",
    "flow": "/flows/{flow}",
    "flow step": "/flows/{flow}?new=1",
    "flow numbers": "/flows/{flow}/steps/{step}/leads?what=sent",
    "flows of a lead": "/leads/{lead}/flows",
    "flow history": "/flows/{flow}/versions",
    "flow publishing": "/flows/{flow}/publishing",
    "flow name": "/flows/{flow}/name",
    "automations": "/automations",
    "automation": "/automations/{automation}",
    "run log": "/automations/runs",
    "notifications": "/notifications",
    "profile": "/settings",
    "security": "/settings/security",
    "organization": "/settings/organization",
    "team": "/settings/team",
    "tokens": "/settings/tokens",
    "sandbox": "/sandbox",
    "not found": "/leads/nobody",
    "kit": "/_kit",
}
SIGNED_OUT = {"sign in": "/login", "forgotten password": "/password/reset"}


def addresses(office: Flask) -> dict[str, str]:
    """Ids of Acme's rows that the addresses above name."""
    with office.app_context():
        with tenancy.everyone():
            acme = db.session.scalars(select(Organization).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme.id):
            newest = select(Conversation.id).order_by(Conversation.last_message_at.desc())
            return {
                "lead": db.session.scalar(select(Conversation.lead_id).order_by(Conversation.last_message_at.desc()))
                or db.session.scalar(select(Lead.id)),
                "conversation": db.session.scalar(newest),
                "flow": db.session.scalar(select(Flow.id)),
                "step": db.session.scalar(select(FlowStep.id).order_by(FlowStep.day)),
                "automation": db.session.scalar(select(Automation.id)),
            }
