"""Who is disqualified enters the flow made for that: after leaving all others, and never twice by itself."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from leadcrm.conversations import operations as conversations
from leadcrm.core import clock
from leadcrm.core.db import db, perform
from leadcrm.core.errors import DomainError
from leadcrm.core.events import acting_as
from leadcrm.flows import operations
from leadcrm.flows.models import Enrolment
from leadcrm.flows.operations import StepData
from leadcrm.leads import operations as leads
from tests.flows.conftest import drain, messages_of
from tests.flows.test_leaving import convert, reply


@pytest.fixture
def later(acme):
    """Six months after disqualification."""
    flow = perform(operations.create_flow, "Six months later", "disqualified")
    perform(operations.add_step, flow, StepData("email", "Again", "Has anything changed?", 180, time(10), subject="Hi"))
    perform(operations.set_flow_enabled, flow, True)
    return flow


def passages(lead) -> dict[str, tuple[str, str]]:
    """State and reason by flow."""
    db.session.rollback()
    rows = select(Enrolment.flow_id, Enrolment.state, Enrolment.exit_reason).where(Enrolment.lead_id == lead.id)
    return {row.flow_id: (row.state, row.exit_reason) for row in db.session.execute(rows)}


def disqualify(lead) -> None:
    perform(leads.change_status, lead, "unqualified", "No budget")
    drain()


def requalify(lead) -> None:
    perform(leads.change_status, lead, "contacted")
    drain()


def test_it_begins_when_the_other_flow_ends_and_its_days_count_from_then(flow, later, new_lead):
    lead = new_lead(timezone="Europe/London")
    disqualify(lead)
    assert passages(lead) == {flow.id: ("exited", "The lead was disqualified"), later.id: ("running", "")}
    waiting = [message for message in messages_of(lead) if message.status == "scheduled"]
    assert [message.scheduled_for.date() for message in waiting] == [(clock.now() + timedelta(days=180)).date()]


def test_the_exit_that_comes_late_does_not_end_it(flow, later, new_lead):
    """The two listeners are debts of their own: the exit's may be paid after the other one's."""
    lead = new_lead()
    perform(operations.enrol, lead, later)
    disqualify(lead)
    assert passages(lead)[later.id] == ("running", "")


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        (requalify, "The lead was qualified again"),
        (convert, "The lead was qualified again"),
        (reply, "The lead replied"),
        (
            lambda lead: (perform(conversations.opt_out, lead.id, "sms", "+12125550000", "replied_stop"), drain()),
            "The lead opted out",
        ),
    ],
)
def test_each_way_out_ends_it(later, new_lead, way, reason):
    lead = new_lead()
    disqualify(lead)
    way(lead)
    assert passages(lead)[later.id] == ("exited", reason)
    assert {message.status for message in messages_of(lead) if message.direction == "outbound"} == {"skipped"}


def test_a_slip_costs_nothing_and_nobody_hears_the_whole_of_it_again(flow, later, new_lead):
    lead = new_lead()
    disqualify(lead)
    before = [(message.id, message.scheduled_for) for message in messages_of(lead) if message.status == "scheduled"]
    requalify(lead)
    assert passages(lead)[flow.id] == ("running", ""), "the welcome goes on"
    disqualify(lead)
    again = [(message.id, message.scheduled_for) for message in messages_of(lead) if message.status == "scheduled"]
    assert again == before
    assert passages(lead)[later.id] == ("running", "")


def test_who_replied_after_being_qualified_again_is_not_taken_back(later, new_lead):
    lead = new_lead()
    disqualify(lead)
    requalify(lead)
    reply(lead)
    disqualify(lead)
    assert passages(lead)[later.id] == ("exited", "The lead was qualified again")


def test_who_is_qualified_again_before_anybody_reacts_does_not_enter(later, new_lead):
    lead = new_lead()
    perform(leads.change_status, lead, "unqualified", "No budget")
    perform(leads.change_status, lead, "contacted")
    drain()
    assert later.id not in passages(lead)


def archive_and_restore(lead, cast) -> None:
    perform(leads.archive_lead, lead)
    drain()
    perform(leads.restore_lead, lead)
    drain()


def take_out_and_undo(lead, cast) -> None:
    passage = select(Enrolment.id).where(Enrolment.lead_id == lead.id, Enrolment.state == "running")
    with acting_as(f"user:{cast.ada.id}"):
        facts = perform(operations.end_passages, db.session.scalars(passage).all(), "Taken out of the flow by hand")
    assert perform(operations.undo_endings, facts, cast.ada) == 1


@pytest.mark.parametrize("slip", [archive_and_restore, take_out_and_undo])
def test_who_was_put_away_or_taken_out_by_a_slip_hears_of_us_after_the_six_months(later, new_lead, cast, slip):
    lead = new_lead()
    disqualify(lead)
    slip(lead, cast)
    assert passages(lead) == {later.id: ("running", "")}
    assert [message.status for message in messages_of(lead)] == ["scheduled"]


def test_who_is_qualified_again_while_put_away_does_not_come_back_into_it(later, new_lead):
    lead = new_lead()
    disqualify(lead)
    perform(leads.archive_lead, lead)
    drain()
    requalify(lead)
    perform(leads.restore_lead, lead)
    drain()
    assert passages(lead)[later.id] == ("exited", "The lead was archived")


def test_one_such_flow_may_be_on(later):
    other = perform(operations.create_flow, "Another", "disqualified")
    with pytest.raises(DomainError, match="already takes in disqualified leads"):
        perform(operations.set_flow_enabled, other, True)
    by_hand = [perform(operations.create_flow, f"Nurture {n}", "manual") for n in range(2)]
    for flow in by_hand:
        perform(operations.set_flow_enabled, flow, True)
