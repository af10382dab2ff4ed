"""A rule considers each fact once, acts or says why not, and never runs in circles."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.automations import actions, doing, engine, operations, queries
from leadcrm.automations.models import AutomationRun
from leadcrm.automations.operations import AutomationData
from leadcrm.automations.wording import sentence
from leadcrm.conversations import operations as conversations
from leadcrm.core import clock, events
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.models import EventRow
from leadcrm.flows import operations as flows
from leadcrm.flows.models import Enrolment
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.events import LeadCreated
from leadcrm.leads.models import Lead
from leadcrm.notifications.models import Notification
from leadcrm.tasks.models import Task
from tests.automations.conftest import NOTE, drain, drain_everything, messages_of, notes_of, runs_of, wait
from tests.flows.campaigns import HELLO
from tests.flows.campaigns import data as campaign_data

TASK = {"kind": "create_task", "title": "Call {them}", "to": "owner", "due_seconds": 7200}
BAD_URLS = (
    "",
    "http://hooks.example.com",
    "ftp://hooks.example.com",
    "https://",
    "https://user:pw@hooks.example.com",
    "https://hooks.example.com:8443",
    "https://hooks.example.com:port",
    "https://[::1",
    "https://hooks.example.com/#part",
    "https://hooks.example.com/a b",
    "https://höoks.example.com",
    "https://hooks.example.com/" + "x" * 500,
)


def fresh(lead) -> Lead:
    db.session.rollback()
    return db.session.scalars(select(Lead).where(Lead.id == lead.id).execution_options(populate_existing=True)).one()


def test_a_rule_without_delay_acts_with_the_event_and_logs_it(rule, new_lead):
    automation = rule()
    lead = new_lead()
    [run] = runs_of(automation)
    assert (run.state, run.reason, run.lead_id) == ("done", "", lead.id)
    assert run.details == [{"kind": "create_note", "state": "done", "text": "The note was written"}]
    assert notes_of(lead) == ["Look at this one"]
    actors = dict(db.session.execute(select(EventRow.name, EventRow.actor).where(EventRow.lead_id == lead.id)).all())
    assert actors["note.added"] == f"automation:{automation.id}"
    assert "automation.ran" in actors


def test_the_same_fact_is_considered_once(rule, new_lead):
    automation = rule()
    lead = new_lead()
    [run] = runs_of(automation)
    with writing(), events.caused_by(run.event_id, 0):
        engine.consider(LeadCreated(lead_id=lead.id, source="website"))
    assert len(runs_of(automation)) == 1
    assert len(notes_of(lead)) == 1


def test_an_unmet_condition_is_said_in_words(rule, new_lead):
    automation = rule(conditions=[{"field": "source", "op": "is", "value": "Import"}])
    lead = new_lead()
    [run] = runs_of(automation)
    assert (run.state, run.reason) == ("skipped", "Not the case: source is Import")
    assert notes_of(lead) == []


def test_a_delayed_rule_waits_and_looks_again(rule, new_lead, monkeypatch):
    automation = rule(actions=[wait(600), NOTE], conditions=[{"field": "status", "op": "is", "value": "new"}])
    stays, changes = new_lead(), new_lead()
    assert {run.state for run in runs_of(automation)} == {"waiting"}
    assert drain_everything() == 0
    perform(leads.change_status, changes, "qualified")
    due = clock.now() + timedelta(seconds=600)
    monkeypatch.setattr(clock, "now", lambda: due)
    assert drain_everything() == 2
    outcomes = {run.lead_id: (run.state, run.reason) for run in runs_of(automation)}
    assert outcomes == {stays.id: ("done", ""), changes.id: ("skipped", "Not the case: status is New")}
    assert notes_of(stays)
    assert not notes_of(changes)
    assert drain_everything() == 0


def test_switched_off_while_waiting_means_skipped(rule, new_lead, monkeypatch):
    automation = rule(actions=[wait(60), NOTE])
    new_lead()
    perform(operations.set_automation_enabled, automation, False)
    due = clock.now() + timedelta(seconds=61)
    monkeypatch.setattr(clock, "now", lambda: due)
    drain_everything()
    [run] = runs_of(automation)
    assert (run.state, run.reason) == ("skipped", "The automation was switched off while this waited")


def test_a_rule_that_is_off_or_deleted_considers_nothing(rule, new_lead):
    off, gone = rule(), rule()
    perform(operations.set_automation_enabled, off, False)
    perform(operations.delete_automation, gone)
    new_lead()
    assert runs_of(off) == runs_of(gone) == []


def test_two_rules_that_feed_each_other_stop_with_a_clear_message(rule, new_lead):
    def flip(old: str, new: str):
        return rule(
            trigger="lead.status_changed",
            conditions=[{"field": "status", "op": "is", "value": old}],
            actions=[{"kind": "set_field", "field": "status", "value": new}],
        )

    there, back = flip("qualified", "contacted"), flip("contacted", "qualified")
    lead = new_lead()
    perform(leads.change_status, lead, "qualified")
    drain()
    done = [run.depth for run in (*runs_of(there), *runs_of(back)) if run.state == "done"]
    assert sorted(done) == [0, 1, 2]
    stopped = [run for run in (*runs_of(there), *runs_of(back)) if run.depth == 3]
    assert [run.state for run in stopped] == ["skipped"] * 2
    assert {run.reason for run in stopped} == {
        "Stopped: 3 automations in a row led to this event, which looks like a loop"
    }
    assert fresh(lead).status == "contacted"


def test_automatic_replies_start_nothing(rule, new_lead):
    automation = rule(trigger="message.received")
    new_lead()
    perform(conversations.receive, "email", "naledi0@example.com", "Out of office", "m", clock.now(), automatic=True)
    drain()
    assert runs_of(automation)[0].reason == "An automatic reply, not the lead"


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("status", "qualified", lambda lead: lead.status),
        ("priority", "high", lambda lead: lead.priority),
        ("source", "Partner", lambda lead: lead.source),
        ("interest", "A villa", lambda lead: lead.interest),
        ("score", "+30", lambda lead: f"+{lead.score}"),
    ],
)
def test_set_field(rule, new_lead, field, value, shown):
    automation = rule(actions=[{"kind": "set_field", "field": field, "value": value}])
    assert shown(fresh(new_lead())) == value
    assert runs_of(automation)[0].state == "done"


def test_set_owner_and_tags(rule, new_lead, cast):
    rule(actions=[
        {"kind": "set_field", "field": "owner", "value": cast.ben.id},
        {"kind": "set_field", "field": "add_tag", "value": "Hot"},
        {"kind": "set_field", "field": "remove_tag", "value": "cold"},
    ])  # fmt: skip
    lead = fresh(new_lead(tags=["Cold", "Buyer"]))
    assert lead.owner_id == cast.ben.id
    assert [tag.name for tag in lead.tags] == ["Buyer", "Hot"]


def test_nothing_to_change_is_skipped_with_a_reason(rule, new_lead):
    automation = rule(actions=[{"kind": "set_field", "field": "add_tag", "value": "buyer"}])
    new_lead(tags=["Buyer"])
    [run] = runs_of(automation)
    assert (run.state, run.reason) == ("skipped", "Nothing to change: the tags: add buyer")


def test_a_refused_action_fails_alone_and_keeps_its_reason(rule, new_lead):
    automation = rule(
        trigger="lead.tagged", actions=[{"kind": "set_field", "field": "status", "value": "qualified"}, NOTE]
    )
    lead = new_lead()
    with writing() as session:
        session.scalars(select(Lead).where(Lead.id == lead.id)).one().status = "converted"
    perform(leads.set_tags, lead, ["A"])
    drain()
    [run] = runs_of(automation)
    assert run.state == "failed"
    assert run.reason == "A lead becomes converted, or ceases to be, only by conversion."
    assert [line["state"] for line in run.details] == ["failed", "done"]
    assert notes_of(lead) == [NOTE["body"]]


def test_an_unexpected_error_is_tried_again_and_then_given_up(rule, new_lead, monkeypatch):
    automation, other = rule(), rule()
    broken = {"left": 9}

    def explode(action, occasion):
        if occasion.rule_id == automation.id and broken["left"]:
            broken["left"] -= 1
            raise RuntimeError("the roof is on fire")
        return doing.Outcome("done", "fine")

    monkeypatch.setattr(doing, "do", explode)
    new_lead()
    assert runs_of(other)[0].state == "done"
    [run] = runs_of(automation)
    assert (run.state, run.tries) == ("waiting", 1)
    start = clock.now()
    for hour in range(1, 6):
        monkeypatch.setattr(clock, "now", lambda hour=hour: start + timedelta(hours=hour))
        drain_everything()
    [run] = runs_of(automation)
    assert (run.state, run.tries) == ("failed", 5)
    assert run.reason == "Gave up after 5 tries: the roof is on fire"


def test_a_run_that_cannot_begin_is_put_off_and_the_others_are_done(rule, new_lead):
    """As after an update that gave an event a field which older facts lack."""
    automation, other = rule(actions=[wait(60), NOTE]), rule(trigger="lead.assigned")
    lead = new_lead()
    [waiting] = runs_of(automation)
    an_hour_ago = clock.now() - timedelta(hours=1)
    with writing() as session:
        fact = EventRow(name="lead.assigned", data={}, lead_id=lead.id)
        session.add(fact)
        session.flush()
        old = AutomationRun(
            automation_id=other.id, event_id=fact.id, lead_id=lead.id, state="waiting", due_at=an_hour_ago
        )
        session.add(old)
        session.get_one(AutomationRun, waiting.id).due_at = an_hour_ago + timedelta(seconds=1)
    assert drain_everything() == 2
    [done], [put_off] = runs_of(automation), runs_of(other)
    assert (done.state, put_off.state, put_off.tries) == ("done", "waiting", 1)
    assert put_off.due_at > clock.now()


def test_a_task_is_added_once_for_whom_and_by_when_the_rule_says(rule, new_lead, cast):
    automation = rule(actions=[TASK, TASK | {"title": "Later", "to": "nobody", "due_seconds": 0}])
    new_lead(owner_id=cast.ben.id)
    assert [line["text"] for line in runs_of(automation)[0].details] == [
        "The task “Call {them}” was added", "The task “Later” was added",
    ]  # fmt: skip
    soon, later = db.session.scalars(select(Task).order_by(Task.due_at)).all()
    assert (soon.title, soon.assignee_id, soon.origin) == ("Call {them}", cast.ben.id, "automation")
    assert abs(soon.due_at - clock.now() - timedelta(hours=2)) < timedelta(minutes=1)
    assert later.assignee_id is None
    assert later.due_at > soon.due_at + timedelta(days=1), "by the priority of the lead"


def test_leads_enter_and_leave_flows(rule, new_lead, acme):
    flow = perform(flows.create_flow, "Nurture")
    words = {"type": "email", "name": "One", "content": "Hi", "subject": "Hi", "day": 1, "time": None}
    perform(flows.add_step, flow, flows.StepData(**words))
    enters = rule(trigger="lead.tagged", actions=[{"kind": "enrol", "flow_id": flow.id}])
    leaves = rule(trigger="note.added", actions=[{"kind": "leave_flow", "flow_id": flow.id}])
    lead = new_lead()
    perform(leads.set_tags, lead, ["off"])
    drain()
    perform(flows.set_flow_enabled, flow, True)
    perform(leads.set_tags, lead, ["on"])
    drain()
    perform(leads.set_tags, lead, ["again"])
    drain()
    assert [run.details[0]["text"] for run in runs_of(enters)] == [
        "The flow “Nurture” is off", "Entered the flow “Nurture”", "The lead is or was in the flow “Nurture”",
    ]  # fmt: skip
    assert [message.status for message in messages_of(lead)] == ["scheduled"]
    for _ in range(2):
        perform(leads.add_note, lead, "Hi", None)
        drain()
    assert [run.details[0]["text"] for run in runs_of(leaves)] == [
        "Left the flow “Nurture”", "The lead is not in the flow “Nurture”",
    ]  # fmt: skip
    [message] = messages_of(lead)
    assert (message.status, message.reason) == ("skipped", "Taken out by an automation")


def test_only_the_campaign_lets_leads_into_its_flow(rule, new_lead, acme, monkeypatch):
    campaign = perform(flows.draft_campaign, campaign_data(message=HELLO))
    enters, leaves = ({"kind": kind, "flow_id": campaign.flow_id} for kind in ("enrol", "leave_flow"))
    with pytest.raises(DomainError, match="only the campaign lets leads in"):
        rule(actions=[enters])
    rule(trigger="note.added", actions=[leaves])
    assert campaign.flow_id not in queries.flow_names()
    monkeypatch.setattr(actions, "_entered", lambda index, flow_id, names: flow_id)  # a rule from before
    old = rule(actions=[enters])
    lead = new_lead()
    [run] = runs_of(old)
    words = "“Campaign: Autumn” belongs to a campaign, and only the campaign lets leads in."
    assert (run.state, run.reason, messages_of(lead)) == ("failed", words, [])
    assert "let them enter the flow “Campaign: Autumn”" in sentence(old, queries.names())


def test_notify_owner_role_and_person_once(rule, new_lead, cast):
    rule(actions=[
        {"kind": "notify", "to": "owner", "text": "Yours"},
        {"kind": "notify", "to": "role:manager", "text": "Managers"},
        {"kind": "notify", "to": f"user:{cast.mia.id}", "text": "Mia"},
    ])  # fmt: skip
    new_lead(owner_id=cast.ben.id)
    told = db.session.execute(select(Notification.user_id, Notification.title).where(Notification.icon == "zap")).all()
    assert sorted(told) == sorted(
        [(cast.ben.id, "Yours (Naledi)"), (cast.max.id, "Managers (Naledi)"), (cast.mia.id, "Mia (Naledi)")]
    )


def test_nobody_to_notify_is_skipped(rule, new_lead):
    automation = rule(actions=[{"kind": "notify", "to": "owner", "text": "Yours"}])
    new_lead()
    assert runs_of(automation)[0].reason.startswith("Nobody to notify")


def test_a_template_goes_out_or_says_why_not(rule, new_lead):
    words = {"name": "Offer", "channel": "email", "subject": "For {company}", "content": "Hi"}
    template = perform(conversations.save_template, None, **words)
    automation = rule(actions=[{"kind": "send_template", "template_id": template.id}])
    fits, hole, unreachable = new_lead(company="Acme"), new_lead(), new_lead(email=None, phone="+12125550001")
    states = {run.lead_id: (run.state, run.reason) for run in runs_of(automation)}
    assert states[fits.id] == ("done", "")
    assert states[hole.id] == ("failed", "“Offer” needs company, which this lead does not have")
    assert states[unreachable.id] == ("skipped", "The lead has no email address")
    [message] = messages_of(fits)
    assert (message.origin, message.automation_id, message.subject) == ("automation", automation.id, "For {company}")
    perform(conversations.archive_template, template)
    new_lead(company="Acme")
    assert runs_of(automation)[-1].reason == "The template was deleted"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"trigger": "lead.exploded"}, "trigger"),
        ({"trigger": "quiet.no_reply"}, "quiet"),
        ({"trigger": "quiet.no_reply", "quiet_seconds": 59}, "quiet"),
        ({"trigger": "quiet.no_activity", "quiet_seconds": 91 * 86_400}, "quiet"),
        ({"actions": [NOTE, wait(59), NOTE]}, "actions-1"),
        ({"actions": [wait(91 * 86_400), NOTE]}, "actions-0"),
        ({"actions": [{"kind": "wait", "seconds": "600"}, NOTE]}, "actions-0"),
        ({"actions": [{"kind": "wait", "amount": "2", "unit": "years"}, NOTE]}, "actions-0"),
        ({"actions": [NOTE, wait(600)]}, "actions-1"),
        ({"actions": [{"kind": "enrol", "flow_id": "nobody's"}]}, "actions-0"),
        ({"actions": [TASK | {"title": " "}]}, "actions-0"),
        ({"actions": [TASK | {"to": "role:manager"}]}, "actions-0"),
        ({"actions": [TASK | {"due_seconds": 91 * 86_400}]}, "actions-0"),
        ({"actions": [TASK | {"amount": "soon", "unit": "days"}]}, "actions-0"),
        *[({"actions": [{"kind": "webhook", "url": url}]}, "actions-0") for url in BAD_URLS],
        ({"actions": []}, "actions-0"),
        ({"actions": [NOTE, {"kind": "launch"}]}, "actions-1"),
        ({"actions": [{"kind": "send_template", "template_id": "nobody's"}]}, "actions-0"),
        ({"actions": [{"kind": "create_note", "body": " "}]}, "actions-0"),
        ({"actions": [{"kind": "create_note", "body": "x" * 5001}]}, "actions-0"),
        *[
            ({"actions": [{"kind": "set_field", "field": "score", "value": value}]}, "actions-0")
            for value in ("0", "101", "-101", "+-5", "1e1", "٣", "")
        ],
        ({"actions": [{"kind": "set_field", "field": "status", "value": "converted"}]}, "actions-0"),
        ({"actions": [{"kind": "set_field", "field": "owner", "value": "rita"}]}, "actions-0"),
        ({"actions": [{"kind": "set_field", "field": "add_tag", "value": "x" * 41}]}, "actions-0"),
        ({"actions": [{"kind": "notify", "to": "role:provider", "text": "Hi"}]}, "actions-0"),
        ({"actions": [{"kind": "notify", "to": "owner", "text": ""}]}, "actions-0"),
        ({"actions": [NOTE] * 21}, "actions-20"),
        ({"conditions": [{"field": "status", "op": "is", "value": "x"}]}, "conditions-0"),
        ({"conditions": {"any": [{"all": [{"field": "status", "op": "is", "value": "x"}]}]}}, "conditions-0-0"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_place(rule, change, field):
    with pytest.raises(DomainError) as refusal:
        rule(**change)
    assert refusal.value.field == field


def test_names_are_taken_once_and_free_again_after_deletion(rule):
    first = rule(name="Same")
    with pytest.raises(DomainError):
        rule(name="Same")
    perform(operations.delete_automation, first)
    rule(name="Same")
    with pytest.raises(DomainError):
        perform(operations.restore_automation, first)


def test_a_stale_edit_is_refused(rule):
    automation = rule()
    data = AutomationData(name="Renamed", trigger="lead.created", actions=[NOTE])
    revision = automation.revision
    perform(operations.edit_automation, automation, data, revision)
    with pytest.raises(Conflict):
        perform(operations.edit_automation, automation, data, revision)


def test_nobody_hears_of_a_lead_they_may_not_see(rule, new_lead, cast):
    to_reps, to_ben, to_managers = (
        rule(actions=[{"kind": "notify", "to": to, "text": "Look"}])
        for to in ("role:rep", f"user:{cast.ben.id}", "role:manager")
    )
    new_lead(owner_id=cast.rosa.id)
    told = db.session.scalars(select(Notification.user_id).where(Notification.icon == "zap")).all()
    assert sorted(told) == sorted([cast.rosa.id, cast.max.id])
    assert runs_of(to_reps)[0].details[0]["text"] == "1 notified"
    assert runs_of(to_ben)[0].reason.endswith("they do not see the lead")
    assert runs_of(to_managers)[0].state == "done"


def test_what_is_for_an_owner_who_left_is_not_lost(rule, new_lead, cast):
    rule(actions=[
        {"kind": "create_task", "title": "Call", "to": "owner", "due_seconds": 0},
        {"kind": "notify", "to": "owner", "text": "Yours"},
    ])  # fmt: skip
    lead = perform(leads.create_lead, LeadData(first_name="Naledi", owner_id=cast.ben.id), by=None)
    with writing() as session:
        session.get_one(User, cast.ben.id).disabled_at = clock.now()
    drain()
    [task] = db.session.scalars(select(Task).where(Task.lead_id == lead.id))
    told = db.session.scalars(select(Notification.user_id).where(Notification.icon == "zap")).all()
    assert task.assignee_id is None
    assert sorted(told) == sorted([cast.ada.id, cast.max.id])


def test_who_is_archived_enters_no_flow(rule, new_lead):
    lead, flow = new_lead(), perform(flows.create_flow, "Nurture")
    perform(flows.set_flow_enabled, flow, True)
    automation = rule(trigger="lead.archived", actions=[{"kind": "enrol", "flow_id": flow.id}])
    perform(leads.archive_lead, lead)
    drain()
    assert (runs_of(automation)[0].state, runs_of(automation)[0].reason) == ("skipped", "The lead is archived")
    assert db.session.scalars(select(Enrolment).where(Enrolment.flow_id == flow.id)).all() == []


def test_a_tag_typed_with_two_blanks_is_the_tag_with_one(rule, new_lead):
    """As tags are kept: else it is added for ever, never found and never taken away."""
    has_it = [{"field": "tag", "op": "is", "value": "big  buyer"}]
    adds = rule(trigger="note.added", actions=[{"kind": "set_field", "field": "add_tag", "value": "big  buyer"}])
    removes = rule(
        trigger="lead.edited",
        conditions=has_it,
        actions=[{"kind": "set_field", "field": "remove_tag", "value": "big  buyer"}],
    )
    lead = new_lead()
    for _ in range(2):
        perform(leads.add_note, lead, "Hi", None)
        drain()
    assert [run.state for run in runs_of(adds)] == ["done", "skipped"]
    perform(leads.set_field, lead, "interest", "a villa")
    drain()
    assert [run.state for run in runs_of(removes)] == ["done"]
    assert fresh(lead).tags == []
