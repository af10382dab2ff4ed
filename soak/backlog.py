"""Many messages due at once, written in bulk: load, not evidence."""

from leadcrm.conversations.operations import plan_messages
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.leads.models import Lead
from soak.places import Office
from soak.stage import Stage


def pile_up(office: Office, leads: dict[str, str], subjects: list[str]) -> None:
    """A mail with each subject to each of the leads (e-mail → id), due now."""
    plans = [
        {
            "lead_id": lead,
            "channel": "email",
            "subject": subject,
            "content": "One of many.",
            "origin": "api",
            "intent_key": f"pile:{lead}:{subject}",
        }
        for subject in subjects
        for lead in leads.values()
    ]

    def write(say) -> None:
        with tenancy.everyone():
            organization_id = db.session.get(Lead, plans[0]["lead_id"]).organization_id
        with tenancy.organization(organization_id):
            perform(plan_messages, plans)

    Stage(office).run(write)
