"""The demo office behind the browser: look something up in it, and make something happen to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select

from leadcrm.conversations import operations
from leadcrm.conversations.models import Conversation
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.values import new_id
from leadcrm.identity.models import Organization
from leadcrm.leads import operations as lead_operations
from leadcrm.leads import queries as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead


@contextmanager
def inside_acme(office: Flask) -> Iterator[None]:
    """Acme's scope, in the application that is being served."""
    with office.app_context():
        with tenancy.everyone():
            acme = db.session.scalars(select(Organization).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme.id):
            yield


def thread_id(office: Flask, name: str, channel: str = "email") -> str:
    """The conversation with the lead of that name."""
    with inside_acme(office):
        statement = select(Conversation.id).join(Lead, Lead.id == Conversation.lead_id)
        return db.session.scalars(statement.where(Lead.name == name, Conversation.channel == channel)).one()


def lead_writes(office: Flask, name: str, text: str, channel: str = "email") -> None:
    """A message of the lead comes in, as by the webhook's drain."""
    with inside_acme(office):
        lead_id = db.session.scalars(select(Lead.id).where(Lead.name == name)).one()
        sender = leads.address_of([lead_id], channel)[lead_id]
        perform(operations.receive, channel, sender, text, new_id(), clock.now())


def capture(office: Flask, first_name: str, source: str) -> None:
    """A lead comes in by itself."""
    with inside_acme(office):
        data = LeadData(first_name=first_name, email=f"{first_name.lower()}@leads.test", source=source)
        perform(lead_operations.capture_lead, data, realtor=None)
