"""Waits and silences: a run keeps its place, looks again before it goes on, and a stretch is acted on once."""

from datetime import timedelta

import pytest
from sqlalchemy import select, true

from leadcrm.automations import doing, jobs, operations, queries, silences
from leadcrm.automations.models import AutomationRun
from leadcrm.automations.operations import AutomationData
from leadcrm.automations.trying import try_out
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.events import MessageReceived, MessageSent
from leadcrm.conversations.jobs import drain_messages
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.core.events import record
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from tests.automations.conftest import (
    NOTE,
    drain,
    drain_everything,
    messages_of,
    notes_of,
    runs_of,
    say,
    wait,
    we_wrote,
)

HOUR = 3600


def note(body: str) -> dict:
    return {"kind": "create_note", "body": body}


def test_actions_go_on_after_each_wait_where_they_stood(rule, new_lead, later):
    automation = rule(actions=[note("one"), wait(HOUR), note("two"), wait(2 * HOUR), note("three")])
    lead = new_lead()
    [run] = runs_of(automation)
    assert (run.state, run.position, notes_of(lead)) == ("waiting", 2, ["one"])
    later(1.01)
    assert drain_everything() == 1
    [run] = runs_of(automation)
    assert (run.state, run.position, notes_of(lead)) == ("waiting", 4, ["one", "two"])
    assert run.due_at == clock.now() + timedelta(hours=2)
    later(2.01)
    assert drain_everything() == 1
    [run] = runs_of(automation)
    assert (run.state, run.reason, run.actions, notes_of(lead)) == ("done", "", [], ["one", "two", "three"])
    assert len(run.details) == 3


def test_what_is_under_way_goes_on_with_the_actions_it_began_with(rule, new_lead, later):
    automation = rule(actions=[note("one"), wait(HOUR), note("two")])
    lead = new_lead()
    data = AutomationData(name="New words", trigger="lead.created", actions=[note("other")])
    perform(operations.edit_automation, automation, data, automation.revision)
    later(2)
    drain_everything()
    assert notes_of(lead) == ["one", "two"]


def test_a_reply_ends_a_wait_for_one_and_no_other(rule, new_lead, later):
    stops = rule(actions=[note("one"), wait(HOUR, stops_on_reply=True), note("two")])
    goes_on = rule(actions=[wait(HOUR), note("three")])
    lead = new_lead()
    later(0.5)
    say(lead)
    later(1)
    drain_everything()
    [run] = runs_of(stops)
    assert (run.state, run.reason) == ("done", "The lead replied while this waited")
    assert runs_of(goes_on)[0].state == "done"
    assert sorted(notes_of(lead)) == ["one", "three"]


def test_an_out_of_office_is_no_reply(rule, new_lead, later):
    rule(actions=[wait(HOUR, stops_on_reply=True), note("two")])
    lead = new_lead()
    say(lead, "I am away", automatic=True)
    later(1.5)
    drain_everything()
    assert notes_of(lead) == ["two"]


def test_progress_and_effects_commit_together(rule, new_lead, later, monkeypatch):
    """A worker that dies in the middle of a stretch leaves nothing of it: it is done again, once."""
    automation = rule(actions=[wait(HOUR), note("one"), note("two")])
    lead = new_lead()
    later(2)
    real, calls = doing.do, []

    def dies_at_the_second(action, occasion):
        calls.append(action["body"])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(action, occasion)

    monkeypatch.setattr(doing, "do", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        drain_everything()
    db.session.rollback()
    assert notes_of(lead) == []
    assert (runs_of(automation)[0].state, runs_of(automation)[0].position) == ("waiting", 1)
    monkeypatch.setattr(doing, "do", real)
    drain_everything()
    assert notes_of(lead) == ["one", "two"]
    assert drain_everything() == 0


@pytest.fixture
def no_reply(rule):
    return rule(trigger="quiet.no_reply", quiet_seconds=48 * HOUR)


def test_no_reply_for_two_days_acts_once_for_the_whole_stretch(no_reply, new_lead, later):
    lead = new_lead()
    we_wrote(lead, "flow")
    later(24)
    we_wrote(lead)
    later(24.5)
    drain_everything()
    [run] = runs_of(no_reply)
    assert (run.state, notes_of(lead)) == ("done", [NOTE["body"]])
    we_wrote(lead)
    later(72)
    drain_everything()
    assert len(runs_of(no_reply)) == 1, "the same stretch"


def test_a_reply_in_between_is_the_reason_and_begins_a_new_stretch(no_reply, new_lead, later):
    lead = new_lead()
    we_wrote(lead)
    later(47)
    say(lead)
    later(2)
    drain_everything()
    [run] = runs_of(no_reply)
    assert (run.state, run.reason, notes_of(lead)) == ("skipped", "The lead replied in the meantime", [])
    we_wrote(lead)
    later(49)
    drain_everything()
    assert [run.state for run in runs_of(no_reply)] == ["skipped", "done"]


def test_the_stretch_has_a_key_that_the_database_holds(no_reply, new_lead):
    lead = new_lead()
    we_wrote(lead)
    [run] = runs_of(no_reply)
    twin = {"automation_id": no_reply.id, "lead_id": lead.id, "quiet_since": run.quiet_since}
    with pytest.raises(Exception, match=r"(?i)unique"), writing() as session:
        session.add(AutomationRun(**twin, state="waiting", due_at=clock.now()))


def test_conditions_are_looked_at_when_the_silence_is_over(rule, new_lead, later):
    automation = rule(
        trigger="quiet.no_reply", quiet_seconds=HOUR, conditions=[{"field": "status", "op": "is", "value": "new"}]
    )
    lead = new_lead()
    we_wrote(lead, "flow")
    perform(leads.change_status, lead, "qualified")
    later(2)
    drain_everything()
    assert runs_of(automation)[0].reason == "Not the case: status is New"


def test_a_lead_waits_for_an_answer_until_a_person_gives_one(rule, new_lead, later):
    automation = rule(trigger="quiet.no_answer", quiet_seconds=HOUR)
    ignored, answered = new_lead(), new_lead()
    for lead in (ignored, answered):
        say(lead)
    later(0.5)
    we_wrote(answered)
    we_wrote(ignored, "flow")  # what a flow says is no answer
    later(1)
    drain_everything()
    outcomes = {run.lead_id: (run.state, run.reason) for run in runs_of(automation)}
    assert outcomes == {
        ignored.id: ("done", ""), answered.id: ("skipped", "The lead was answered in the meantime"),
    }  # fmt: skip


@pytest.fixture
def quiet(rule):
    return rule(trigger="quiet.no_activity", quiet_seconds=7 * 24 * HOUR)


def look() -> int:
    begun = jobs.look_for_quiet_leads()
    drain_everything()
    return begun


def test_leads_that_fall_quiet_are_found_once_each_time(quiet, new_lead, later):
    lead = new_lead()
    assert look() == 0
    later(7 * 24 + 1)
    assert (look(), look()) == (1, 0)
    assert [run.state for run in runs_of(quiet)] == ["done"]
    say(lead)
    later(7 * 24 + 1)
    assert (look(), look()) == (1, 0)
    assert notes_of(lead) == [NOTE["body"]] * 2


def test_leads_that_were_quiet_before_there_was_a_rule_are_left_alone(rule, new_lead, later):
    new_lead()
    later(30 * 24)
    rule(trigger="quiet.no_activity", quiet_seconds=24 * HOUR)
    later(1)
    assert look() == 0


def test_what_happened_between_finding_and_acting_is_the_reason(quiet, new_lead, later):
    lead = new_lead()
    later(7 * 24 + 1)
    assert jobs.look_for_quiet_leads() == 1
    later(0.1)
    say(lead)
    drain_everything()
    assert runs_of(quiet)[0].reason == "There was activity in the meantime"


def test_thousands_that_fall_quiet_in_one_moment_are_all_found(quiet, new_lead, later, monkeypatch):
    monkeypatch.setattr(silences, "BATCH", 3)
    moment = clock.now()
    many = [new_lead() for _ in range(10)]
    with writing() as session:
        for lead in session.scalars(select(Lead)):
            lead.last_activity_at = moment
    later(7 * 24 + 1)
    assert (look(), look()) == (10, 0)
    assert {run.lead_id for run in runs_of(quiet)} == {lead.id for lead in many}


def test_a_rule_that_watches_keeps_its_revision(quiet, later):
    later(1)
    look()
    before = quiet.revision
    db.session.rollback()
    db.session.refresh(quiet)
    assert quiet.revision == before
    assert quiet.watched_from == clock.now()


def test_off_it_watches_nothing_and_on_again_from_then_on(quiet, new_lead, later):
    new_lead()
    perform(operations.set_automation_enabled, quiet, False)
    later(7 * 24 + 1)
    assert look() == 0
    perform(operations.set_automation_enabled, quiet, True)
    later(1)
    assert look() == 0


def test_a_silence_that_was_made_longer_is_waited_out(no_reply, new_lead, later):
    lead = new_lead()
    we_wrote(lead)
    data = AutomationData(no_reply.name, "quiet.no_reply", 72 * HOUR, actions=[NOTE])
    perform(operations.edit_automation, no_reply, data, no_reply.revision)
    later(49)
    drain_everything()
    assert (runs_of(no_reply)[0].state, notes_of(lead)) == ("waiting", [])
    later(24)
    drain_everything()
    assert (runs_of(no_reply)[0].state, notes_of(lead)) == ("done", [NOTE["body"]])


@pytest.mark.parametrize(
    ("trigger", "seconds"), [("quiet.no_answer", 48 * HOUR), ("quiet.no_activity", 48 * HOUR), ("lead.created", 0)]
)
@pytest.mark.parametrize("replied", [False, True])
def test_a_silence_of_another_kind_than_the_rule_now_waits_for_is_skipped(
    no_reply, new_lead, later, trigger, seconds, replied
):
    lead = new_lead()
    if replied:
        say(lead)
    we_wrote(lead)
    data = AutomationData(no_reply.name, trigger, seconds, actions=[NOTE])
    perform(operations.edit_automation, no_reply, data, no_reply.revision)
    later(49)
    drain_everything()
    [run] = runs_of(no_reply)
    assert (run.state, run.reason) == ("skipped", "The automation starts from something else by now")
    assert notes_of(lead) == []


def test_what_was_answered_before_it_was_heard_of_begins_no_silence(no_reply, rule, new_lead, later):
    """The worker was away for a while: what broke the silence stands in the facts already."""
    no_answer = rule(trigger="quiet.no_answer", quiet_seconds=HOUR)
    written_to, wrote = new_lead(), new_lead()
    perform(record, MessageSent(lead_id=written_to.id, message_id="gone", channel="email", origin="flow"))
    perform(record, MessageReceived(lead_id=wrote.id, message_id="come", channel="email", origin="inbound"))
    later(0.1)
    perform(record, MessageReceived(lead_id=written_to.id, message_id="come", channel="email", origin="inbound"))
    perform(record, MessageSent(lead_id=wrote.id, message_id="gone", channel="email", origin="manual"))
    drain()
    later(49)
    drain_everything()
    assert [(run.lead_id, run.state) for run in runs_of(no_reply)] == [(wrote.id, "done")]
    assert [(run.lead_id, run.state) for run in runs_of(no_answer)] == [(written_to.id, "done")]


def test_nobody_waits_for_a_reply_to_the_confirmation_of_an_opt_out(no_reply, new_lead, later):
    lead = new_lead(email=None, phone="+12125550001")
    perform(conversations.receive, "sms", "+12125550001", "STOP", "x1", clock.now())
    drain_messages(lambda: False)
    drain()
    assert [message.status for message in messages_of(lead) if message.direction == "outbound"] == ["sent"]
    later(49)
    drain_everything()
    assert (runs_of(no_reply), notes_of(lead)) == ([], [])
    data = AutomationData("", "quiet.no_reply", HOUR, actions=[NOTE])
    [trial] = try_out(operations.checked(data), queries.names(), lambda owner_id: true())
    assert trial.reason == "It confirmed an opt-out, and nobody waits for a reply to that"
