"""What comes from outside is acted on as often as it comes; what rules do to each other ends, with a reason."""

import pytest

from leadcrm.automations import doing
from leadcrm.conversations import operations as conversations
from leadcrm.core import clock, events
from leadcrm.core.db import perform, writing
from leadcrm.flows import operations as flows
from leadcrm.leads import operations as leads
from tests.automations.conftest import NOTE, drain, messages_of, notes_of, runs_of

CALL = {"kind": "webhook", "url": "https://hooks.example.com/leads"}
SIX_TIMES = "Stopped: it ran 5 times for this lead within an hour, which looks like a loop"


def hear(times: int) -> None:
    for number in range(times):
        perform(conversations.receive, "email", "naledi0@example.com", "Hi", f"mail-{number}", clock.now())
        drain()


def flip_tags(lead, times: int, actor: str) -> None:
    for number in range(times):
        with writing(), events.acting_as(actor):
            leads.set_tags(lead, [f"tag {number}"])
        drain()


def states(automation) -> list[str]:
    return [run.state for run in runs_of(automation)]


def test_a_lead_who_writes_eight_times_an_hour_is_heard_eight_times(rule, new_lead):
    tells = rule(trigger="message.received", actions=[CALL, NOTE])
    then = rule(trigger="note.added", actions=[CALL])
    lead = new_lead()
    hear(8)
    assert states(tells) == states(then) == ["done"] * 8
    assert len(notes_of(lead)) == 8


def test_a_rule_writes_to_a_machine_that_answers_five_times_an_hour(rule, new_lead, later):
    template = perform(
        conversations.save_template, None, name="Thanks", channel="email", subject="Hi", content="Thanks"
    )
    send = {"kind": "send_template", "template_id": template.id}
    automation = rule(trigger="message.received", actions=[send, NOTE])
    lead = new_lead()
    hear(7)
    assert [run.reason for run in runs_of(automation)] == [""] * 5 + [doing.MACHINES] * 2
    assert len(notes_of(lead)) == 7
    assert sum(message.origin == "automation" for message in messages_of(lead)) == 5
    later(2)
    perform(conversations.receive, "email", "naledi0@example.com", "Hi again", "mail-later", clock.now())
    drain()
    assert runs_of(automation)[-1].reason == ""


def test_what_people_do_as_often_is_no_loop(rule, new_lead, cast):
    automation = rule(trigger="lead.tagged", actions=[CALL])
    flip_tags(new_lead(), 8, f"user:{cast.ben.id}")
    assert states(automation) == ["done"] * 8


def test_what_is_told_to_a_program_and_comes_back_by_our_api_stops(rule, new_lead):
    automation = rule(trigger="lead.tagged", actions=[CALL])
    listens = rule(trigger="lead.tagged", actions=[NOTE])
    flip_tags(new_lead(), 7, "token:abc")
    assert states(automation) == ["done"] * 5 + ["skipped"] * 2
    assert {run.reason for run in runs_of(automation)[5:]} == {SIX_TIMES}
    assert states(listens) == ["done"] * 7, "this rule tells nobody: it is no part of the circle"


def test_a_circle_through_two_rules_and_our_api_stops(rule, new_lead):
    """The first rule tells nobody itself; the second does, because of what the first did."""
    rule(trigger="lead.tagged", actions=[NOTE])
    tells = rule(trigger="note.added", actions=[CALL])
    flip_tags(new_lead(), 7, "token:abc")
    assert states(tells) == ["done"] * 5 + ["skipped"] * 2
    assert runs_of(tells)[-1].reason == SIX_TIMES


@pytest.mark.parametrize("actor", ["lead:1", "token:abc"])
def test_two_rules_that_undo_each_other_through_a_flow_end(rule, new_lead, acme, actor):
    flow = perform(flows.create_flow, "Nurture", "manual")
    perform(flows.set_flow_enabled, flow, True)
    begins = rule(trigger="lead.tagged", actions=[{"kind": "enrol", "flow_id": flow.id}])
    leaves = rule(trigger="flow.enrolled", actions=[{"kind": "leave_flow", "flow_id": flow.id}])
    tags = [{"kind": "set_field", "field": field, "value": "x"} for field in ("add_tag", "remove_tag")]
    again = rule(trigger="flow.exited", actions=tags)
    flip_tags(new_lead(), 1, actor)
    assert states(leaves) == states(again) == ["done"]
    assert states(begins) == ["done", "skipped", "skipped"]
    assert {run.reason for run in runs_of(begins)[1:]} == {
        "Stopped: 3 automations in a row led to this event, which looks like a loop"
    }
