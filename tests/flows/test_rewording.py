"""New words of a step hold from the save on, and reach its waiting copies in small steps, however many there are."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from leadcrm.adapters.ports import TryLater
from leadcrm.conversations.models import Message, RewordedStep
from leadcrm.conversations.operations import plan_messages
from leadcrm.core import clock
from leadcrm.core.db import db, perform
from leadcrm.flows import jobs, operations
from leadcrm.flows.operations import rewording
from tests.conversations.conftest import FakeTransport, make_due
from tests.flows.conftest import messages_of
from tests.flows.test_changing import data_of, fresh

MANY = 3_000


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(rewording, "CHUNK", 2)


@pytest.fixture
def crowd(flow, new_lead, small_chunks):
    """Five leads inside the flow; their welcome is due, the other messages wait."""
    return [new_lead() for _ in range(5)]


def edit(step, content: str) -> operations.Rewording:
    step = fresh(step)
    return perform(operations.edit_step, step, data_of(step, content=content), step.revision)


def reword() -> int:
    return jobs.drain_rewordings(lambda: False)


def words(crowd, number: int) -> list[str]:
    return [messages_of(lead)[number].content for lead in crowd]


@contextmanager
def rewritten_by_transaction():
    """How many rows of messages each transaction that commits inside has changed."""
    rows, open_rows = [], [0]

    def count(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("UPDATE messages"):
            open_rows[0] += cursor.rowcount

    def note(connection):
        if open_rows[0]:
            rows.append(open_rows[0])
        open_rows[0] = 0

    event.listen(db.engine, "after_cursor_execute", count)
    event.listen(db.engine, "commit", note)
    try:
        yield rows
    finally:
        event.remove(db.engine, "after_cursor_execute", count)
        event.remove(db.engine, "commit", note)


def test_thousands_are_rewritten_chunk_by_chunk_and_none_by_the_save(steps, new_lead):
    lead, later = new_lead(), clock.now() + timedelta(days=1)
    copy = {"lead_id": lead.id, "channel": "sms", "content": "Old", "origin": "flow", "step_id": steps.text.id}
    perform(plan_messages, [copy | {"intent_key": f"copy {n}", "scheduled_for": later} for n in range(MANY - 1)])
    with rewritten_by_transaction() as rows:
        assert edit(steps.text, "New") == operations.Rewording(rewording.CHUNK, more=True)
        assert rows == []
        assert reword() == MANY // rewording.CHUNK
    assert rows == [rewording.CHUNK] * (MANY // rewording.CHUNK)
    contents = db.session.scalars(select(Message.content).where(Message.step_id == steps.text.id)).all()
    assert contents == ["New"] * MANY
    assert db.session.scalar(select(RewordedStep)) is None


def test_what_leaves_between_two_chunks_says_the_new_words(steps, crowd):
    edit(steps.welcome, "New")
    _, behind = operations.copies_behind(steps.welcome.id)
    perform(operations.go_on_rewording, steps.welcome.id, behind[:2])
    assert words(crowd, 0).count("New") == 2
    transport = FakeTransport()
    transport.drain()
    assert [mail.text.startswith("New") for mail in transport.sent] == [True] * 5
    assert (reword(), words(crowd, 0)) == (0, ["New"] * 5)


@pytest.mark.parametrize("chunk", [2, 5], ids=["by the worker", "by the save"])
def test_what_was_claimed_before_the_save_says_the_new_words(steps, crowd, monkeypatch, chunk):
    monkeypatch.setattr(rewording, "CHUNK", chunk)
    transport = FakeTransport([lambda outgoing: edit(steps.welcome, "New")])
    transport.drain()
    assert [mail.text.startswith("New") for mail in transport.sent] == [False] + [True] * 4
    assert {message.status for lead in crowd for message in messages_of(lead)[:1]} == {"sent"}


def test_what_was_tried_before_the_save_says_again_what_it_said(steps, crowd):
    transport = FakeTransport([TryLater("451 greylisted")])
    transport.drain(lambda: not transport.answers)
    [tried] = [message for lead in crowd for message in messages_of(lead) if message.tries]
    edit(steps.welcome, "New")
    make_due(tried)
    transport.drain()
    assert sorted(mail.text.startswith("New") for mail in transport.sent) == [False] + [True] * 4


def test_a_worker_that_ends_in_between_leaves_the_rest_to_the_next(steps, crowd):
    edit(steps.text, "New")
    answers = iter([False, False, True, True])
    assert jobs.drain_rewordings(lambda: next(answers)) == 1
    assert words(crowd, 1).count("New") == 2
    assert reword() == 2
    assert (words(crowd, 1), reword()) == (["New"] * 5, 0)


def test_the_last_of_two_edits_wins(steps, crowd):
    edit(steps.text, "Second")
    revision, behind = operations.copies_behind(steps.text.id)
    perform(operations.go_on_rewording, steps.text.id, behind[:2])
    edit(steps.text, "Third")
    perform(operations.end_rewording, steps.text.id, revision)
    reword()
    assert words(crowd, 1) == ["Third"] * 5


def test_an_edit_of_few_ends_the_work_of_the_edit_before(steps, crowd, monkeypatch):
    edit(steps.text, "Second")
    monkeypatch.setattr(rewording, "CHUNK", 5)
    assert edit(steps.text, "Third") == operations.Rewording(5)
    assert (reword(), words(crowd, 1)) == (0, ["Third"] * 5)


def test_an_edit_that_leaves_the_words_leaves_the_copies(steps, crowd):
    with rewritten_by_transaction() as rows:
        assert perform(operations.edit_step, steps.text, data_of(steps.text, day=4), 1) == operations.Rewording()
    assert (rows, reword()) == ([], 0)


def test_what_was_put_aside_by_a_switch_comes_back_with_the_new_words(steps, crowd, monkeypatch):
    perform(operations.set_step_enabled, steps.text, False)
    edit(steps.text, "New")
    assert perform(operations.set_step_enabled, steps.text, True).resumed == 5
    reword()
    assert words(crowd, 1) == ["New"] * 5
