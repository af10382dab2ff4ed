"""A rule is held against what happened lately, says what it would have done, and does nothing."""

import pytest
from sqlalchemy import select, true

from leadcrm.automations import operations, queries
from leadcrm.automations.operations import AutomationData
from leadcrm.automations.trying import MOST_EVENTS, ONCE, try_out
from leadcrm.conversations import operations as conversations
from leadcrm.core import clock
from leadcrm.core.db import Base, db, perform, writing
from leadcrm.flows import operations as flows
from leadcrm.flows.models import Flow
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from tests.automations.conftest import NOTE, drain, drain_everything, runs_of, say, wait, we_wrote
from tests.automations.test_pages import FORM


def tried(**changes):
    data = {"name": "", "trigger": "lead.created", "actions": [NOTE]}
    return try_out(operations.checked(AutomationData(**(data | changes))), queries.names(), lambda owner_id: true())


def everything() -> dict[str, list]:
    """Every row of every table."""
    db.session.rollback()
    connection = db.session.connection()
    return {
        table.name: sorted(map(repr, connection.execute(select(*table.c)).all()))
        for table in Base.metadata.sorted_tables
    }


@pytest.fixture
def everything_to_do(acme):
    words = {"name": "Offer", "channel": "email", "subject": "For {company}", "content": "Hi"}
    template = perform(conversations.save_template, None, **words)
    flow = perform(flows.create_flow, "Nurture")
    return [
        {"kind": "send_template", "template_id": template.id},
        NOTE,
        wait(7200),
        {"kind": "notify", "to": "role:manager", "text": "Look"},
        *[
            {"kind": "set_field", "field": field, "value": value}
            for field, value in (("status", "qualified"), ("score", "+5"), ("add_tag", "hot"), ("remove_tag", "cold"))
        ],
        {"kind": "enrol", "flow_id": flow.id},
        {"kind": "create_task", "title": "Call", "to": "nobody", "due_seconds": 3600},
        {"kind": "webhook", "url": "https://hooks.example.com/x"},
    ]


def test_it_says_what_every_action_would_do_and_writes_nothing(new_lead, everything_to_do):
    whole = new_lead(company="Acme", tags=["Cold"])
    perform(flows.set_flow_enabled, db.session.scalars(select(Flow)).one(), True)
    before = everything()
    [trial] = tried(actions=everything_to_do)
    assert everything() == before
    assert (trial.fires, trial.subject.id, trial.title) == (True, whole.id, "Lead created")
    assert [(outcome.state, outcome.text) for outcome in trial.outcomes] == [
        ("would", "Send “Offer”"),
        ("would", "Write the note"),
        ("would", "Wait 2 hours, then look at the conditions again"),
        ("would", "Notify 1 of the team"),
        ("would", "Change the status to qualified"),
        ("would", "Change the score by +5"),
        ("would", "Change the tags: add hot"),
        ("would", "Change the tags: remove cold"),
        ("would", "Let them enter the flow “Nurture”"),
        ("would", "Add the task “Call”"),
        ("would", "Call the webhook at hooks.example.com"),
    ]


def test_it_says_why_an_action_would_not_be_done(new_lead, everything_to_do):
    new_lead(email=None, phone="+12125550001")
    outcomes = tried(actions=[everything_to_do[0], everything_to_do[-4]])[0].outcomes
    assert [(outcome.state, outcome.text) for outcome in outcomes] == [
        ("skipped", "The lead has no email address"),
        ("skipped", "Nothing to change: the tags: remove cold"),
    ]


def test_what_it_says_is_what_then_happens(rule, new_lead, everything_to_do):
    """The same code decides: whether by trying or by doing."""
    actions = [action for action in everything_to_do if action["kind"] != "wait"]
    conditions = {"any": [{"field": "company", "op": "is_set"}, {"field": "phone", "op": "is_set"}]}
    made = [new_lead(company="Acme"), new_lead(email=None, phone="+12125550001"), new_lead()]
    said = {trial.subject.id: trial for trial in tried(trigger="lead.edited", actions=actions, conditions=conditions)}
    assert said == {}
    automation = rule(trigger="lead.edited", actions=actions, conditions=conditions)
    for lead in made:
        perform(leads.set_field, lead, "interest", "a villa")
    said = {trial.subject.id: trial for trial in tried(trigger="lead.edited", actions=actions, conditions=conditions)}
    drain()
    for run in runs_of(automation):
        trial = said[run.lead_id]
        assert trial.fires is (run.state != "skipped")
        assert trial.reason == ("" if trial.fires else run.reason)
        assert ["done" if one.state == "would" else one.state for one in trial.outcomes] == [
            line["state"] for line in run.details
        ]
    assert len(said) == 3


def test_conditions_and_the_guard_against_loops_are_said(new_lead, later):
    lead = new_lead()
    conditions = [{"field": "source", "op": "is", "value": "Import"}]
    assert tried(conditions=conditions)[0].reason == "Not the case: source is Import"
    say(lead, "Out of office", automatic=True)
    assert tried(trigger="message.received")[0].reason == "An automatic reply, not the lead"
    later(1)
    say(lead, "Is Saturday OK?")
    about_saturday = [{"field": "message", "op": "contains", "value": "saturday"}]
    assert [trial.fires for trial in tried(trigger="message.received", conditions=about_saturday)] == [True, False]


def test_silences_are_looked_back_at(new_lead, later):
    replied, silent = new_lead(), new_lead()
    for lead in (replied, silent):
        we_wrote(lead)
    assert {trial.reason for trial in tried(trigger="quiet.no_reply", quiet_seconds=3600)} == {"It still waits"}
    later(0.5)
    say(replied)
    later(1)
    reasons = {trial.subject.id: trial.reason for trial in tried(trigger="quiet.no_reply", quiet_seconds=3600)}
    assert reasons == {replied.id: "The lead replied in the meantime", silent.id: ""}
    [trial] = tried(trigger="quiet.no_activity", quiet_seconds=4500)
    assert (trial.subject.id, trial.fires) == (silent.id, True)


def test_only_the_newest_are_looked_at(new_lead):
    newest = [new_lead() for _ in range(MOST_EVENTS + 2)][::-1]
    assert [trial.subject.id for trial in tried()] == [lead.id for lead in newest][:MOST_EVENTS]
    assert tried(trigger="lead.restored") == []


def test_the_button_tests_what_is_typed(mia, new_lead):
    lead = new_lead(first_name="Zanele")
    perform(leads.set_tags, lead, ["buyer"])
    form = FORM | {"conditions-0-op": "at_most", "name": ""}
    before = everything()
    shown = mia.post("/automations/test", data=form, hx=True)
    assert shown.status_code == 200
    assert "Zanele" in shown.text
    assert "Would act" in shown.text
    assert "Change the status to qualified" in shown.text
    page = mia.post("/automations/test", data=form)
    assert "Would act" in page.text
    assert 'value="Call them"' in page.text
    refused = mia.post("/automations/test", data=form | {"conditions-0-value": "many"}, hx=True)
    assert refused.status_code == 422
    assert "a number from 0 to 100" in refused.text
    db.session.rollback()
    after = everything()
    assert {name for name in before if before[name] != after[name]} <= {"user_sessions"}


def test_a_rule_that_was_never_tested_shows_no_results(mia, rule):
    assert 'id="trials"' in mia.get("/automations/new").text
    assert "Test results" not in mia.get(f"/automations/{rule().id}").text


def test_it_says_what_a_rule_of_another_feature_would_refuse(rule, new_lead, cast):
    """An opt-out, an owner who left: the run fails, and so does the test."""
    words = {"name": "Offer", "channel": "email", "subject": "For you", "content": "Hi"}
    template = perform(conversations.save_template, None, **words)
    actions = [
        {"kind": "send_template", "template_id": template.id},
        {"kind": "set_field", "field": "owner", "value": cast.mia.id},
    ]
    automation = rule(trigger="lead.edited", actions=actions)
    columns = operations.checked(AutomationData(name="", trigger="lead.edited", actions=actions))
    lead = new_lead(email="stop@example.com")
    perform(conversations.opt_out, lead.id, "email", "stop@example.com", "unsubscribed")
    with writing() as session:
        session.get_one(User, cast.mia.id).disabled_at = clock.now()
    perform(leads.set_field, lead, "interest", "a villa")
    [trial] = try_out(columns, queries.names(), lambda owner_id: true())
    drain()
    [run] = runs_of(automation)
    assert [line["state"] for line in run.details] == ["failed"] * 2
    assert [(one.state, one.text) for one in trial.outcomes] == [(one["state"], one["text"]) for one in run.details]


@pytest.mark.parametrize(("trigger", "says"), [("quiet.no_reply", we_wrote), ("quiet.no_answer", say)])
def test_a_silence_with_several_messages_would_be_acted_on_once(rule, new_lead, later, trigger, says):
    automation = rule(trigger=trigger, quiet_seconds=3600)
    lead = new_lead()
    for _ in range(3):
        says(lead)
        later(0.1)
    later(2)
    drain_everything()
    assert [run.state for run in runs_of(automation)] == ["done"]
    assert [trial.reason for trial in tried(trigger=trigger, quiet_seconds=3600)] == [ONCE, ONCE, ""]
