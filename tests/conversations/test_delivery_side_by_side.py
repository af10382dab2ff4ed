"""Several drains at once, in threads and in processes: everything goes out, nothing twice."""

import multiprocessing
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from leadcrm import create_app
from leadcrm.conversations import delivery, operations
from leadcrm.conversations.models import Attempt, Message
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.errors import Conflict
from tests.conversations.conftest import FakeTransport, drain_side_by_side, make_lead, plan

MESSAGES = 120


@pytest.fixture
def planned(cast) -> int:
    """Messages of two organizations, all due."""
    for organization in (cast.acme, cast.rival):
        with tenancy.organization(organization.id):
            leads = [make_lead(email=f"{organization.slug}{n}@example.com") for n in range(MESSAGES // 2)]
            for lead in leads:
                plan(lead, f"key {lead.id}")
    return MESSAGES


def outcome() -> tuple[Counter, int]:
    db.session.rollback()
    with tenancy.everyone():
        statuses = Counter(db.session.scalars(select(Message.status)))
        return statuses, db.session.scalar(select(func.count()).select_from(Attempt))


def test_drains_in_threads_share_the_work(app, planned):
    transports = drain_side_by_side(app)
    said = Counter(mail.message_id for transport in transports for mail in transport.sent)
    assert len(said) == planned
    assert set(said.values()) == {1}
    assert outcome() == (Counter(sent=planned), planned)


def drain_in_process(settings, said) -> None:
    app = create_app(settings)
    with app.app_context():
        transport = FakeTransport()
        transport.drain()
        said.put([mail.message_id for mail in transport.sent])


def test_drains_in_processes_share_the_work(app, settings, planned):
    context = multiprocessing.get_context("spawn")
    said = context.Queue()
    workers = [context.Process(target=drain_in_process, args=(settings, said)) for _ in range(3)]
    for worker in workers:
        worker.start()
    ids = [message_id for _ in workers for message_id in said.get(timeout=60)]
    for worker in workers:
        worker.join(30)
    assert len(ids) == len(set(ids)) == planned
    assert outcome() == (Counter(sent=planned), planned)


def test_canceling_beside_a_drain_either_stops_it_or_is_refused(app, cast, acme):
    """Whatever a person is told is what happens."""
    messages = [plan(make_lead(email=f"lead{n}@example.com"), f"key {n}") for n in range(40)]
    transport, organization_id = FakeTransport(), cast.acme.id

    def drain() -> None:
        with app.app_context():
            transport.drain()

    def cancel(message: Message) -> bool:
        with app.app_context(), tenancy.organization(organization_id):
            try:
                return perform(operations.cancel_message, message).status == "canceled"
            except Conflict:
                return False

    with ThreadPoolExecutor(4) as threads:
        drained = threads.submit(drain)
        canceled = list(threads.map(cancel, reversed(messages)))
        drained.result()

    assert len(transport.sent) == len(messages) - sum(canceled)
    assert delivery.sweep() == 0
