"""Everything that happens to a lead can start a rule, or it is said why not; and costs nothing while no rule waits."""

import dataclasses

import pytest
from sqlalchemy import func, select

from leadcrm.automations import demand, operations
from leadcrm.automations.models import SILENT_TRIGGERS, Automation
from leadcrm.automations.triggers import EXCLUDED, GROUPS, SILENCES, STARTED_BY, TRIGGERS
from leadcrm.core import events
from leadcrm.core.db import db, perform
from leadcrm.core.models import Debt
from leadcrm.leads import operations as leads
from tests.automations.conftest import drain, runs_of


def test_every_fact_about_a_lead_starts_rules_or_says_why_not():
    about_leads = {
        name for name, fact in events.known().items() if "lead_id" in {field.name for field in dataclasses.fields(fact)}
    }
    assert about_leads == STARTED_BY | EXCLUDED.keys()
    assert not STARTED_BY & EXCLUDED.keys()
    assert all(EXCLUDED.values())


def test_every_trigger_stands_in_a_group_once_and_fits_its_column():
    offered = [name for names in GROUPS.values() for name in names]
    assert sorted(offered) == sorted(TRIGGERS)
    assert tuple(SILENCES) == SILENT_TRIGGERS
    assert all(len(name) <= Automation.trigger.type.length for name in TRIGGERS)


@pytest.mark.parametrize("trigger", ["note.added", "lead.archived", "lead.edited", "lead.scored"])
def test_a_fact_that_few_rules_start_from_is_considered_when_one_does(rule, new_lead, trigger):
    automation = rule(trigger=trigger, actions=[{"kind": "set_field", "field": "add_tag", "value": "seen"}])
    lead = new_lead()
    for verb, *arguments in (
        (leads.add_note, "Hi", None),
        (leads.set_field, "interest", "a villa"),
        (leads.add_to_score, 10),
        (leads.archive_lead,),
    ):
        perform(verb, lead, *arguments)
        drain()
    [run] = runs_of(automation)
    assert (run.state, run.details[0]["text"]) == ("done", "Changed the tags: add seen")


def test_nothing_is_owed_for_such_a_fact_while_no_rule_waits_for_it(rule, new_lead):
    def owed() -> int:
        db.session.rollback()
        return db.session.scalar(select(func.count(Debt.id)))

    automation = rule(trigger="note.added")
    lead = new_lead()
    perform(leads.set_field, lead, "interest", "a villa")
    assert owed() == 0
    perform(leads.add_note, lead, "Hi", None)
    assert owed() == 1
    drain()
    perform(operations.set_automation_enabled, automation, False)
    perform(leads.add_note, lead, "Hi", None)
    assert owed() == 0


def test_what_another_process_switched_on_is_heard_of_soon(rule, new_lead, monkeypatch):
    lead = new_lead()
    perform(leads.add_note, lead, "Hi", None)  # asked for, and remembered
    monkeypatch.setattr(demand, "forget", lambda: None)
    automation = rule(trigger="note.added", actions=[{"kind": "set_field", "field": "add_tag", "value": "seen"}])
    moment = demand.time.monotonic() + demand.REMEMBERED_SECONDS
    monkeypatch.setattr(demand.time, "monotonic", lambda: moment)
    perform(leads.add_note, lead, "Hi again", None)
    drain()
    [run] = runs_of(automation)
    assert run.state == "done"
