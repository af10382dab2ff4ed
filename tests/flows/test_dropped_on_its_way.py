"""What a rule drops while it is on its way is not tried again when the other side did not take it."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from leadcrm.adapters.ports import OutcomeUnknown, TryLater
from leadcrm.conversations import delivery
from leadcrm.conversations import operations as conversations
from leadcrm.core.db import db, perform
from leadcrm.core.events import acting_as
from leadcrm.core.models import EventRow
from leadcrm.flows import operations
from leadcrm.leads import operations as leads
from tests.conversations.conftest import FakeTransport, end_lease
from tests.flows.conftest import drain, enrolment_of, messages_of


def not_taken(lead, happening: Callable[[], object]):
    """The lead's welcome after `happening` came during a call that the mail server put off."""

    def call(outgoing):
        happening()
        raise TryLater("451 greylisted")

    FakeTransport([call]).drain()
    return messages_of(lead)[0]


@pytest.mark.parametrize("way", ["The lead replied", "The step was switched off", "the lead is archived"])
def test_it_is_skipped_with_the_reason(flow, steps, new_lead, way):
    lead = new_lead()
    drop = {
        "The lead replied": lambda: perform(operations.exit_lead, lead.id, way),
        "The step was switched off": lambda: perform(operations.set_step_enabled, steps.welcome, False),
        "the lead is archived": lambda: perform(conversations.skip_waiting_of_lead, lead.id, way),
    }[way]

    welcome = not_taken(lead, drop)

    assert (welcome.status, welcome.reason, welcome.due_at) == ("skipped", way, None)
    newest = select(EventRow.name).where(EventRow.lead_id == lead.id).order_by(EventRow.id.desc()).limit(1)
    assert db.session.scalar(newest) == "message.canceled"


def test_also_when_the_worker_was_slower_than_its_lease(flow, new_lead):
    lead = new_lead()

    def exits_and_takes_too_long():
        perform(operations.exit_lead, lead.id, "The lead replied")
        end_lease(messages_of(lead)[0])
        delivery.sweep()

    assert not_taken(lead, exits_and_takes_too_long).status == "skipped"


def test_a_step_switched_on_again_in_time_is_tried_again(flow, steps, new_lead):
    def off_and_on():
        perform(operations.set_step_enabled, steps.welcome, False)
        perform(operations.set_step_enabled, steps.welcome, True)

    assert not_taken(new_lead(), off_and_on).status == "scheduled"


@pytest.mark.parametrize("way", ["by hand", "archived"])
def test_an_exit_taken_back_in_time_is_tried_again(flow, new_lead, cast, way):
    lead = new_lead()

    def out_and_in():
        if way == "archived":
            perform(leads.archive_lead, lead)
            drain()
            perform(leads.restore_lead, lead)
            drain()
        else:
            with acting_as(f"user:{cast.ada.id}"):
                facts = perform(operations.end_passages, [enrolment_of(lead).id], "The goal was reached")
            perform(operations.undo_endings, facts, cast.ada)

    assert not_taken(lead, out_and_in).status == "scheduled"
    assert enrolment_of(lead).state == "running"


def test_a_person_may_send_it_all_the_same(flow, new_lead):
    lead = new_lead()

    def exits_and_breaks_off(outgoing):
        perform(operations.exit_lead, lead.id, "The lead replied")
        raise OutcomeUnknown("the line went dead")

    transport = FakeTransport([exits_and_breaks_off])
    transport.drain()
    perform(conversations.resolve_unknown, messages_of(lead)[0], "resend")
    transport.answers = [TryLater("451 greylisted")]
    transport.drain()
    assert messages_of(lead)[0].status == "scheduled"
