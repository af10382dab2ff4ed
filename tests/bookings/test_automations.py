"""Rules that start from meetings, and look at whether there is one."""

import pytest

from leadcrm.automations import operations as automations
from leadcrm.automations.operations import AutomationData
from leadcrm.bookings import operations
from leadcrm.conversations import conditions
from leadcrm.core.db import perform
from leadcrm.leads import operations as leads
from tests.automations.conftest import drain, runs_of
from tests.bookings.conftest import at

NOTE = {"kind": "create_note", "body": "Prepare the brochure"}
TAG = {"kind": "set_field", "field": "add_tag", "value": "brochure"}
HAS_A_MEETING = {"all": [{"field": "meeting", "op": "yes", "value": None}]}


@pytest.mark.parametrize("trigger", ["booking.made", "booking.moved", "booking.canceled"])
def test_a_rule_starts_when_a_meeting_is_made_moved_or_canceled(acme, book, lead, trigger):
    rule = perform(automations.create_automation, AutomationData("Brochure", trigger, actions=[NOTE]))
    booking, _ = book(at(10))
    book(at(11))
    perform(operations.cancel, booking)
    drain()
    [run] = runs_of(rule)
    assert (run.state, run.lead_id) == ("done", lead.id)


def test_a_rule_may_ask_for_a_meeting(acme, book, lead, new_lead):
    data = AutomationData("Brochure", "note.added", conditions=HAS_A_MEETING, actions=[TAG])
    rule = perform(automations.create_automation, data)
    book(at(10))
    without = new_lead("Thabo")
    for person in (lead, without):
        perform(leads.add_note, person, "Asked for the brochure", None)
        drain()
    assert {run.lead_id: run.state for run in runs_of(rule)} == {lead.id: "done", without.id: "skipped"}


def test_the_condition_reads_as_a_sentence():
    assert conditions.sentence(HAS_A_MEETING, {}) == "the lead has booked a meeting"
