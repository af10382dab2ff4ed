"""No page, fragment, call of the API or job reads a growing table from end to end."""

import pytest
from sqlalchemy import select, true

from leadcrm.automations import jobs as automations
from leadcrm.automations import operations, queries
from leadcrm.automations.operations import AutomationData
from leadcrm.automations.triggers import TRIGGERS
from leadcrm.automations.trying import try_out
from leadcrm.conversations.condition_fields import LEAD_FIELDS
from leadcrm.conversations.queries import facts_of, unread_count
from leadcrm.core import clock
from leadcrm.core.db import db, is_postgresql, perform
from leadcrm.identity.models import User
from leadcrm.timetable import LANES, TIMETABLE
from tests.plans import plan_of, remembered
from tests.scale.conftest import Office
from tests.scale.reading import CROWDED, GROWING, whole_reads
from tests.strangers.cases import CASES, ask, routes

READS = ("SELECT", "WITH", "UPDATE", "DELETE")
ASKED = [name for name in CASES if name.startswith("GET")]


def assert_looked_up(office: Office, seen: list) -> None:
    """Every statement finds its rows by an index; told that a table has two rows, SQLite rightly reads both."""
    tables = CROWDED if office.is_told and not is_postgresql() else GROWING
    for statement, parameters in dict(seen).items():
        plan = whole_reads(statement, parameters, tables)
        assert not plan, f"{statement}\n{parameters}\n\n{plan}"


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("caller", ["ada", "ben"])
def test_a_page_is_looked_up(office, name, caller):
    asked = ask(routes(office.app)[name], name, office.names)
    with remembered(*READS) as seen:
        for hx in (False, True):
            assert office.callers[caller].send(asked, hx=hx).status_code < 500
    assert_looked_up(office, seen)


JOBS = {work.__name__: work for lane in LANES.values() for work in lane}


@pytest.mark.parametrize("name", [*JOBS, *(job.name for job in TIMETABLE)])
def test_work_is_looked_up(office, name):
    with remembered(*READS) as seen:
        if name in JOBS:
            JOBS[name](lambda: False)
        else:
            next(job for job in TIMETABLE if job.name == name).run()
    assert_looked_up(office, seen)


@pytest.mark.parametrize("role", ["owner", "rep"])
def test_what_is_unread_is_read_in_the_order_of_its_index(office, role):
    """The sidebar asks for it on every page; at 100,000 leads nobody's threads alone took 100 ms to sort."""
    reader = db.session.scalars(select(User).where(User.role == role).limit(1)).one()
    with remembered("SELECT") as seen:
        unread_count(reader)
    plan = plan_of(*seen[-1], without=("bitmapscan",))
    assert "ix_conversations_answered" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE FOR" not in plan


def quiet_for_a_day(trigger: str) -> AutomationData:
    quiet = 86_400 if trigger.startswith("quiet.") else 0
    return AutomationData(f"When {trigger}", trigger, quiet, actions=[{"kind": "create_note", "body": "Look"}])


@pytest.mark.parametrize("trigger", ["lead.created", "quiet.no_reply", "quiet.no_answer", "quiet.no_activity"])
def test_a_rule_is_tried_out_by_index(office, trigger):
    assert trigger in TRIGGERS
    with remembered("SELECT") as seen:
        try_out(operations.checked(quiet_for_a_day(trigger)), queries.names(), lambda owner_id: true())
    assert_looked_up(office, seen)


def test_quiet_leads_are_looked_for_by_index(office):
    rule = perform(operations.create_automation, quiet_for_a_day("quiet.no_activity"))
    with remembered(*READS) as seen:
        automations.look_for_quiet_leads()
    perform(operations.delete_automation, rule)
    assert any("last_activity_at" in statement for statement, _ in seen)
    assert_looked_up(office, seen)


def test_facts_are_gathered_by_index(office):
    with remembered("SELECT") as seen:
        facts_of([office.names["lead"]], clock.now())
    assert len(dict(seen)) == 7 <= len(LEAD_FIELDS)
    assert_looked_up(office, seen)
