"""A switch holds at once and is carried out in small steps, however many messages wait."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.adapters.ports import TryLater
from leadcrm.conversations.models import WithheldStep
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.core.events import acting_as
from leadcrm.flows import jobs, operations, queries
from leadcrm.flows.models import FlowSettling, FlowStep
from leadcrm.flows.operations import settling
from leadcrm.notifications.models import Notification
from tests.conversations.conftest import FakeTransport, make_due
from tests.flows.conftest import messages_of


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(settling, "CHUNK", 2)


@pytest.fixture
def crowd(flow, new_lead):
    """Five leads inside the flow; their welcome is due, the other messages wait."""
    return [new_lead() for _ in range(5)]


def settle() -> int:
    return jobs.drain_settlings(lambda: False)


def statuses(crowd, number: int) -> list[str]:
    return sorted(messages_of(lead)[number].status for lead in crowd)


def told() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Notification.title).order_by(Notification.id)))


def test_the_switch_takes_a_chunk_and_the_worker_the_rest(cast, flow, steps, crowd):
    with acting_as(f"user:{cast.ada.id}"):
        effect = perform(operations.set_step_enabled, steps.text, False)
    assert effect == operations.Effect(skipped=2, goes_on=True)
    assert statuses(crowd, 1) == ["scheduled"] * 3 + ["skipped"] * 2
    assert (settle(), settle()) == (2, 0)
    assert statuses(crowd, 1) == ["skipped"] * 5
    assert told() == [f"{flow.name}: of the waiting messages 5 will not be sent"]
    assert db.session.scalar(select(FlowSettling)) is None


def test_no_transaction_changes_more_than_a_chunk(steps, crowd):
    perform(operations.set_step_enabled, steps.text, False)
    left = [statuses(crowd, 1).count("scheduled")]
    while perform(operations.go_on_settling, steps.text.flow_id):
        left.append(statuses(crowd, 1).count("scheduled"))
    assert left == [3, 1]


def test_what_waits_does_not_leave_meanwhile(steps, crowd):
    perform(operations.set_step_enabled, steps.welcome, False)
    transport = FakeTransport()
    transport.drain()
    assert transport.sent == []
    assert [messages_of(lead)[0].reason for lead in crowd] == ["The step was switched off"] * 5


def test_what_comes_back_from_its_way_later_does_not_leave_either(steps, new_lead):
    """Its sending was seen by neither the switch nor the worker that settled it."""
    lead = new_lead()

    def switched_unseen(outgoing):
        with writing() as session:
            session.add(WithheldStep(step_id=steps.welcome.id, reason="The step was switched off"))
        raise TryLater("451 greylisted")

    FakeTransport([switched_unseen]).drain()
    make_due(messages_of(lead)[0])
    transport = FakeTransport()
    transport.drain()
    assert (transport.sent, messages_of(lead)[0].status) == ([], "skipped")


def test_switching_on_again_takes_all_back_before_and_after_settling(steps, crowd):
    perform(operations.set_step_enabled, steps.text, False)
    perform(operations.set_step_enabled, steps.text, True)
    settle()
    assert statuses(crowd, 1) == ["scheduled"] * 5
    perform(operations.set_step_enabled, steps.text, False)
    settle()
    assert perform(operations.set_step_enabled, steps.text, True) == operations.Effect(resumed=2, goes_on=True)
    settle()
    assert statuses(crowd, 1) == ["scheduled"] * 5
    assert told() == [], "nobody did it by hand"


def test_what_falls_due_while_it_is_taken_back_is_not_lost(steps, crowd, monkeypatch):
    perform(operations.set_step_enabled, steps.text, False)
    settle()
    perform(operations.set_step_enabled, steps.text, True)
    later = max(messages_of(lead)[1].scheduled_for for lead in crowd) + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    settle()
    assert statuses(crowd, 1) == ["scheduled"] * 5


def test_a_whole_flow_is_settled_step_by_step(flow, steps, crowd):
    assert perform(operations.set_flow_enabled, flow, False) == operations.Effect(skipped=2, goes_on=True)
    transport = FakeTransport()
    transport.drain()
    settle()
    assert transport.sent == []
    assert [statuses(crowd, number) for number in range(3)] == [["skipped"] * 5] * 3
    perform(operations.set_step_enabled, steps.reminder, False)
    perform(operations.set_flow_enabled, flow, True)
    settle()
    assert statuses(crowd, 1) == ["scheduled"] * 5
    assert statuses(crowd, 2) == ["skipped"] * 5


def test_a_stopping_worker_leaves_the_rest_to_the_next(steps, crowd):
    perform(operations.set_step_enabled, steps.text, False)
    assert jobs.drain_settlings(lambda: True) == 0
    assert settle() == 2


def test_a_deleted_steps_messages_are_withheld_and_brought_back(steps, crowd):
    perform(operations.delete_step, steps.welcome)
    transport = FakeTransport()
    transport.drain()
    assert transport.sent == []
    step = db.session.scalars(select(FlowStep).where(FlowStep.id == steps.welcome.id)).one()
    perform(operations.restore_step, step)
    assert db.session.scalar(select(WithheldStep)) is None


def test_a_flow_that_cannot_be_settled_does_not_hold_up_the_next(cast, steps, crowd, monkeypatch, caplog):
    perform(operations.set_step_enabled, steps.text, False)
    flows = [(cast.rival.id, "a flow that is gone"), (cast.acme.id, steps.text.flow_id)]
    monkeypatch.setattr(queries, "flows_to_settle", lambda: flows)
    assert settle() == 2
    assert "a flow that is gone" in caplog.text
    assert statuses(crowd, 1) == ["skipped"] * 5
