"""Mails that are due now, in an office of their own."""

from sqlalchemy import insert

from bench import letters
from leadcrm.conversations import operations
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.values import new_id
from leadcrm.identity import operations as identity
from leadcrm.leads.models import ContactPoint, Lead


def new_organization() -> str:
    """Of each round's own: its leads have no history of earlier mails."""
    with tenancy.everyone():
        return perform(
            identity.create_organization,
            name=letters.ORGANIZATION,
            slug=f"bench-{new_id()}",
            timezone="UTC",
            country="US",
            currency="USD",
        ).id


def plan_mails(count: int) -> None:
    """As many leads of the organization in scope, each with a flow's mail due now."""
    organization_id = tenancy.current_id()
    ids = [new_id() for _ in range(count)]
    leads = [
        {
            "id": lead,
            "organization_id": organization_id,
            "name": letters.person(n),
            "first_name": letters.person(n),
            "timezone": "UTC",
        }
        for n, lead in enumerate(ids)
    ]
    points = [
        {
            "id": new_id(),
            "organization_id": organization_id,
            "lead_id": lead,
            "kind": "email",
            "value": letters.address(n),
        }
        for n, lead in enumerate(ids)
    ]
    db.session.execute(insert(Lead), leads)
    db.session.execute(insert(ContactPoint), points)
    operations.plan_messages(
        [
            {
                "lead_id": lead,
                "channel": "email",
                "subject": letters.SUBJECT,
                "content": letters.CONTENT,
                "origin": "flow",
                "intent_key": lead,
            }
            for lead in ids
        ]
    )
