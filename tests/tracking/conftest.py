"""Mails that were sent some time ago, and the programs people read them with."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from leadcrm.conversations.models import Message
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, writing
from leadcrm.core.drains import drain_events
from leadcrm.core.models import EventRow
from leadcrm.identity.models import Organization
from leadcrm.leads.models import Lead
from leadcrm.tracking.jobs import drain_engagements
from leadcrm.tracking.models import Engagement
from tests.conversations.conftest import FakeTransport, make_lead, plan

BROWSER = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
}
WORDS = "Hi {first_name|there}, see https://shop.example/pricing?a=1&b=2 and https://shop.example/demo."


@pytest.fixture
def jane(acme) -> Lead:
    return make_lead(email="jane@leads.example", phone="+12125550123")


@pytest.fixture
def reader(app) -> FlaskClient:
    """A person's browser, with no cookie of ours."""
    return app.test_client()


def organize(organization: Organization, **columns) -> None:
    """Set columns of the organization."""
    with writing() as session:
        session.execute(update(Organization).where(Organization.id == organization.id).values(**columns))


def send(lead: Lead, key: str = "one", **arguments) -> tuple[Message, str, str]:
    """A mail of a flow that has left: its message, text and HTML."""
    message = plan(lead, key, **{"content": WORDS, "origin": "flow", **arguments})
    transport = FakeTransport()
    transport.drain()
    db.session.rollback()
    return get_or_404(Message, message.id), transport.sent[0].text, transport.sent[0].html


def later(seconds: int = 60) -> None:
    """The business's clock goes on: the mail has been read meanwhile."""
    clock.move(int(clock._offset.total_seconds()) + seconds)


def settle() -> int:
    """As if the time of weighing had come, then let the facts be reacted to."""
    with tenancy.everyone(), writing() as session:
        session.execute(
            update(Engagement)
            .where(Engagement.settles_at.is_not(None))
            .values(settles_at=clock.real_now() - timedelta(seconds=1))
        )
    settled = drain_engagements(lambda: False)
    drain_events(lambda: False)
    db.session.rollback()
    db.session.expire_all()
    return settled


def facts(name: str) -> list[dict]:
    """What facts of this name tell, oldest first."""
    db.session.rollback()
    with tenancy.everyone():
        rows = db.session.scalars(select(EventRow).where(EventRow.name == name).order_by(EventRow.id))
        return [row.told for row in rows]


def engagements() -> list[tuple[str, str, str]]:
    """(kind, state, doubt) of everything noted."""
    db.session.rollback()
    with tenancy.everyone():
        rows = db.session.scalars(select(Engagement).order_by(Engagement.at, Engagement.id))
        return [(row.kind, row.state, row.doubt) for row in rows]
