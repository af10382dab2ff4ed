"""Leads with addresses, and a transport that answers as it is told."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from leadcrm.adapters.ports import OutgoingEmail, OutgoingText, Sent
from leadcrm.conversations import delivery, operations
from leadcrm.conversations.models import Message
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.identity.models import Organization
from leadcrm.leads.models import ContactPoint, Lead
from tests.conversations.mails import SECRET

KINDS = {"email": "email", "phone": "phone"}


def make_lead(
    first_name: str = "Jane", *, email: str | None = None, phone: str | None = None, identifies: bool = True, **columns
) -> Lead:
    """A lead of the organization in scope, reachable at the addresses given; `identifies` as nobody else."""
    points = [
        ContactPoint(kind=kind, value=value, identifies=identifies)
        for kind, value in (("email", email), ("phone", phone))
        if value is not None
    ]
    columns = {"timezone": "America/New_York", "last_name": "Doe", "name": f"{first_name} Doe", **columns}
    with writing() as session:
        lead = Lead(first_name=first_name, contact_points=points, **columns)
        session.add(lead)
    return lead


def plan(lead: Lead, key: str = "one", **arguments) -> Message:
    """One planned message to the lead, by e-mail and due now unless said otherwise."""
    known = {"channel": "email", "subject": "Hello", "content": "Hi {first_name|there}", "origin": "manual"}
    return perform(operations.plan_message, lead_id=lead.id, intent_key=key, **{**known, **arguments})


def again(message: Message) -> Message:
    """The message as it is in the database now."""
    db.session.rollback()
    db.session.expire_all()
    return get_or_404(Message, message.id)


def make_due(message: Message) -> None:
    """As if the waiting time of a scheduled or held message were over."""
    _set(message, due_at=clock.now() - timedelta(seconds=1))


def end_lease(message: Message) -> None:
    """As if its holder had died long ago."""
    _set(message, lease_until=clock.real_now() - timedelta(seconds=1))


def _set(message: Message, **values) -> None:
    with writing() as session:
        session.execute(update(Message).where(Message.id == message.id).values(**values))


@dataclass
class FakeTransport:
    """Accepts everything, or answers each send with the next of `answers`: an exception to raise, or a function."""

    answers: list[BaseException | Callable] = field(default_factory=list)
    is_sandbox: bool = False
    sent: list[OutgoingEmail | OutgoingText] = field(default_factory=list)
    opened: int = 0

    @contextmanager
    def open(self) -> Iterator["FakeTransport"]:
        self.opened += 1
        yield self

    def send(self, outgoing: OutgoingEmail | OutgoingText) -> Sent:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, BaseException):
            raise answer
        if callable(answer):
            answer(outgoing)
        self.sent.append(outgoing)
        return Sent(f"provider-{len(self.sent)}")

    def drain(self, should_stop: Callable[[], bool] = lambda: False) -> int:
        return delivery.drain(should_stop, lambda channel: self)


def drain_side_by_side(app: Flask, workers: int = 4) -> list[FakeTransport]:
    """As many drains at once, each in a thread of its own; what each of them sent."""
    transports = [FakeTransport() for _ in range(workers)]

    def drain(transport: FakeTransport) -> None:
        with app.app_context():
            transport.drain()

    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(drain, transports))
    return transports


@pytest.fixture
def mail_door(app) -> FlaskClient:
    """May hand mail in by the webhook."""
    app.settings = replace(app.settings, email_webhook_secret=SECRET)
    return app.test_client()


@pytest.fixture
def client(mail_door, cast) -> FlaskClient:
    """May hand mail in by the webhook. Only Acme uses the installation's address."""
    with tenancy.everyone(), writing() as session:
        other = update(Organization).where(Organization.id == cast.rival.id)
        session.execute(other.values(mail_from="rita@rival.test"))
    return mail_door


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def jane(acme) -> Lead:
    return make_lead(email="jane@example.com", phone="+12125550123")
