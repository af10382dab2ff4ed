"""Leads, then messages, then threads: whoever waits for one holds none that come later, so nobody deadlocks."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from leadcrm.adapters.ports import Refused
from leadcrm.conversations import incoming_mail, operations
from leadcrm.conversations.models import Conversation, Message
from leadcrm.conversations.operations.opting_out import answer_opt_out_question
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.leads.models import Lead
from tests.conversations.conftest import FakeTransport, again, plan
from tests.conversations.reports import report
from tests.databases import only_on

pytestmark = only_on("postgresql", "SQLite has one writer at a time")
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def elsewhere(app, cast):
    """`elsewhere(work)`: in another thread and session, and only left when it is done."""
    with ThreadPoolExecutor(1) as pool:

        def run(work):
            def there():
                with app.app_context(), tenancy.organization(cast.acme.id):
                    return work()

            return pool.submit(there)

        yield run


@contextmanager
def holding(model, *which) -> Iterator[None]:
    """Inside, these rows are ours."""
    with writing() as session:
        session.execute(select(model.id).where(*which).with_for_update())
        yield


def until_somebody_waits() -> None:
    for _ in range(200):
        if db.session.scalar(WAITING):
            return
        time.sleep(0.01)
    raise AssertionError("Nobody waits.")


def take_at_once(model, *which) -> None:
    assert db.session.execute(select(model.id).where(*which).with_for_update(nowait=True)).all()


def test_who_finishes_a_call_waits_for_the_lead_with_empty_hands(jane, elsewhere):
    message, (leaving, go) = plan(jane), (threading.Event(), threading.Event())

    def call(outgoing) -> None:
        leaving.set()
        assert go.wait(5)

    drained = elsewhere(FakeTransport([call]).drain)
    assert leaving.wait(5)
    with holding(Lead, Lead.id == jane.id):
        go.set()
        until_somebody_waits()
        take_at_once(Message, Message.id == message.id)
        take_at_once(Conversation, Conversation.lead_id == jane.id)
    drained.result()
    assert perform(get_or_404, Message, message.id).status == "sent"


def test_who_takes_a_stop_in_waits_for_messages_before_the_thread(jane, elsewhere):
    message = plan(jane)
    stop = ("email", "jane@example.com", "STOP", "<stop@example.com>", clock.now())
    with holding(Message, Message.id == message.id):
        received = elsewhere(lambda: perform(operations.receive, *stop))
        until_somebody_waits()
        take_at_once(Conversation, Conversation.lead_id == jane.id)
    received.result()


def test_who_confirms_an_opt_out_waits_for_messages_before_the_thread(jane, elsewhere):
    message = plan(jane)
    unsure = ("email", "jane@example.com", "Sent from my phone", "<unsure@example.com>", clock.now())
    perform(operations.receive, *unsure, subject="Unsubscribe")
    thread_id = db.session.scalars(select(Conversation.id)).one()

    def confirm() -> None:
        perform(answer_opt_out_question, get_or_404(Conversation, thread_id), wants_out=True)

    with holding(Message, Message.id == message.id):
        confirmed = elsewhere(confirm)
        until_somebody_waits()
        take_at_once(Conversation, Conversation.id == thread_id)
    confirmed.result()


def come_back(sent: Message) -> None:
    said = incoming_mail.read(report(sent.external_id)).report
    perform(operations.take_report, said, None)


def test_who_takes_a_bounce_in_waits_for_messages_before_the_thread(jane, elsewhere):
    sent = plan(jane)
    FakeTransport().drain()
    sent, waiting = again(sent), plan(jane, "later", scheduled_for=clock.now() + timedelta(days=1))
    with holding(Message, Message.id == waiting.id):
        bounced = elsewhere(lambda: come_back(sent))
        until_somebody_waits()
        take_at_once(Conversation, Conversation.lead_id == jane.id)
    bounced.result()


def test_who_is_refused_waits_for_messages_before_the_thread(jane, elsewhere):
    refused, waiting = plan(jane), plan(jane, "later", scheduled_for=clock.now() + timedelta(days=1))
    with holding(Message, Message.id == waiting.id):
        drained = elsewhere(FakeTransport([Refused("550 5.1.1 no such user", "550")]).drain)
        until_somebody_waits()
        take_at_once(Conversation, Conversation.lead_id == jane.id)
    drained.result()
    assert (again(refused).status, again(waiting).status) == ("failed", "skipped")
