"""Putting a lead away, or out of the question, and taking that back costs nothing that is still ahead."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from leadcrm.core import clock
from leadcrm.core.db import db, perform
from leadcrm.core.events import acting_as
from leadcrm.flows import operations
from leadcrm.flows.jobs import finish_enrolments
from leadcrm.flows.models import Enrolment
from leadcrm.flows.operations import StepData
from leadcrm.leads import operations as leads
from leadcrm.leads.data import ConversionData
from tests.conversations.conftest import FakeTransport, plan
from tests.flows.campaigns import begun, work
from tests.flows.conftest import drain, enrolment_of, messages_of
from tests.flows.test_changing import data_of
from tests.flows.test_leaving import convert, receive

NIGHT = datetime(2026, 11, 25, 4, tzinfo=UTC)  # 23:00 in New York
MORNING = datetime(2026, 11, 25, 13, tzinfo=UTC)  # 8:00


@pytest.fixture
def put_away(flow, new_lead):
    """A lead of the flow, with a letter by hand for next week, in the archive."""
    lead = new_lead()
    plan(lead, "letter", scheduled_for=clock.now() + timedelta(days=7))
    perform(leads.archive_lead, lead)
    drain()
    assert {message.status for message in messages_of(lead)} == {"skipped"}
    return lead


@pytest.fixture
def manual(acme):
    """A flow that leads enter by hand, with one message in five days."""
    made = perform(operations.create_flow, "By hand", "manual")
    perform(operations.add_step, made, StepData("email", "Later", "Hi", 5, None, subject="Later"))
    perform(operations.set_flow_enabled, made, True)
    return made


def passages_of(lead, flow) -> list[Enrolment]:
    """Through this flow, the first first."""
    db.session.rollback()
    theirs = select(Enrolment).where(Enrolment.lead_id == lead.id, Enrolment.flow_id == flow.id)
    return list(db.session.scalars(theirs.order_by(Enrolment.number).execution_options(populate_existing=True)))


def restore(lead) -> None:
    perform(leads.restore_lead, lead)
    drain()


def statuses(lead) -> list[str]:
    return [message.status for message in messages_of(lead) if message.direction == "outbound"]


def test_what_is_still_ahead_will_be_sent(put_away):
    restore(put_away)
    assert statuses(put_away) == ["skipped", "scheduled", "scheduled", "scheduled"], "the welcome's time is past"
    assert enrolment_of(put_away).state == "running"
    assert {message.due_at == message.scheduled_for for message in messages_of(put_away)[1:]} == {True}


def test_a_step_that_was_switched_off_meanwhile_stays_off(put_away, steps):
    perform(operations.set_step_enabled, steps.text, False)
    restore(put_away)
    assert statuses(put_away) == ["skipped", "skipped", "scheduled", "scheduled"]


def test_a_step_that_was_edited_meanwhile_says_the_new_words(put_away, steps):
    perform(operations.edit_step, steps.text, data_of(steps.text, content="New"), steps.text.revision)
    restore(put_away)
    texts = [message for message in messages_of(put_away) if message.step_id == steps.text.id]
    assert [(message.status, message.content) for message in texts] == [("scheduled", "New")]


def test_whoever_wrote_meanwhile_stays_out_of_the_flow(put_away):
    receive(put_away)
    restore(put_away)
    assert statuses(put_away) == ["skipped", "skipped", "skipped", "scheduled"], "only the letter by hand"
    assert enrolment_of(put_away).state == "exited"


@pytest.mark.parametrize("way", ["archived", "disqualified"])
def test_an_answer_of_before_they_came_in_keeps_nobody_out(manual, new_lead, way):
    lead = new_lead()
    receive(lead)
    drain()
    perform(operations.enrol_by_hand, lead, manual)
    if way == "archived":
        perform(leads.archive_lead, lead)
        drain()
        perform(leads.restore_lead, lead)
    else:
        perform(leads.change_status, lead, "unqualified", "No budget")
        drain()
        perform(leads.change_status, lead, "new")
    drain()
    assert [(passage.state, passage.exit_reason) for passage in passages_of(lead, manual)] == [("running", "")]


@pytest.mark.parametrize("way", ["by itself", "by undoing"])
def test_who_has_come_in_anew_does_not_come_back_beside_that(manual, new_lead, cast, way):
    lead = new_lead()
    first = perform(operations.enrol_by_hand, lead, manual)
    if way == "by itself":
        perform(leads.change_status, lead, "unqualified", "No budget")
        drain()
    else:
        with acting_as(f"user:{cast.ada.id}"):
            facts = perform(operations.end_passages, [first.id], "The goal was reached")
    perform(operations.enrol_by_hand, lead, manual, again=True)
    if way == "by itself":
        perform(leads.change_status, lead, "new")
        drain()
    else:
        assert perform(operations.undo_endings, facts, cast.ada) == 0
    assert [passage.state for passage in passages_of(lead, manual)] == ["exited", "running"]


def test_what_a_switch_put_aside_before_comes_back_when_it_is_on_again(flow, new_lead, steps):
    lead = new_lead()
    perform(operations.set_step_enabled, steps.reminder, False)
    perform(leads.archive_lead, lead)
    drain()
    perform(operations.set_step_enabled, steps.reminder, True)
    restore(lead)
    assert statuses(lead) == ["skipped", "scheduled", "scheduled"]


def end_and_undo(lead, step, cast) -> None:
    with acting_as(f"user:{cast.ada.id}"):
        facts = perform(operations.end_passages, [enrolment_of(lead).id], "The goal was reached")
    perform(operations.undo_endings, facts, cast.ada)


def archive_and_restore(lead, step, cast) -> None:
    perform(leads.archive_lead, lead)
    drain()
    restore(lead)


def switch_off_and_on(lead, step, cast) -> None:
    perform(operations.set_step_enabled, step, False)
    perform(operations.set_step_enabled, step, True)


@pytest.mark.parametrize("slip", [end_and_undo, archive_and_restore, switch_off_and_on])
def test_what_waits_for_the_morning_is_still_ahead_at_night(flow, new_lead, steps, cast, monkeypatch, slip):
    monkeypatch.setattr(clock, "now", lambda: NIGHT)
    perform(operations.edit_step, steps.text, data_of(steps.text, day=0, time=None), steps.text.revision)
    lead = new_lead()
    FakeTransport().drain()
    text = next(message for message in messages_of(lead) if message.step_id == steps.text.id)
    assert (text.status, text.due_at) == ("held", MORNING)
    slip(lead, steps.text, cast)
    monkeypatch.setattr(clock, "now", lambda: MORNING)
    FakeTransport().drain()
    assert {message.status for message in messages_of(lead) if message.step_id == steps.text.id} == {"sent"}


@pytest.mark.parametrize("slip", [end_and_undo, archive_and_restore])
def test_a_customer_who_was_written_to_by_a_campaign_goes_on_hearing_it(drip, new_lead, cast, slip):
    lead = new_lead(source="fair")
    convert(lead)
    begun(drip)
    work()
    FakeTransport().drain()
    slip(lead, None, cast)
    assert enrolment_of(lead).state == "running"
    assert statuses(lead) == ["sent", "scheduled"]


@pytest.mark.parametrize("slip", [end_and_undo, archive_and_restore])
def test_who_has_become_a_customer_since_they_came_in_does_not_come_back(manual, new_lead, cast, slip):
    """Before anything reacted to it: what reacts finds nothing to end."""
    lead = new_lead()
    perform(operations.enrol_by_hand, lead, manual)
    perform(leads.change_status, lead, "qualified")
    perform(leads.convert_lead, lead, ConversionData(account_name="Acme"), by=None)
    slip(lead, None, cast)
    assert enrolment_of(lead).state == "exited"


def test_a_conversion_that_is_taken_back_lets_the_lead_in_again(manual, new_lead):
    lead = new_lead()
    perform(operations.enrol_by_hand, lead, manual)
    convert(lead)
    assert enrolment_of(lead).exit_reason == "The lead became a customer"
    perform(leads.undo_conversion, lead)
    drain()
    assert enrolment_of(lead).state == "running"


def test_long_afterwards_nothing_is_ahead(put_away, monkeypatch):
    later = clock.now() + timedelta(days=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    restore(put_away)
    assert set(statuses(put_away)) == {"skipped"}
    assert enrolment_of(put_away).state == "exited"
    assert finish_enrolments() == 0


def test_a_disqualification_that_is_taken_back_lets_the_lead_in_again(flow, new_lead):
    lead = new_lead()
    perform(leads.change_status, lead, "unqualified", "No budget")
    drain()
    assert set(statuses(lead)) == {"skipped"}
    perform(leads.change_status, lead, "new")
    drain()
    assert statuses(lead) == ["skipped", "scheduled", "scheduled"]
    assert enrolment_of(lead).state == "running"


def test_undone_before_anything_reacted_nothing_happens(flow, new_lead):
    lead = new_lead()
    perform(leads.archive_lead, lead)
    perform(leads.restore_lead, lead)
    drain()
    assert set(statuses(lead)) == {"scheduled"}
    assert enrolment_of(lead).state == "running"
