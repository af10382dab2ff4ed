"""Who hears of tasks: whoever is given one by somebody else, and whoever has one that falls due, each once."""

from datetime import timedelta

import pytest

from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.core.drains import drain_events
from leadcrm.leads import operations as leads
from leadcrm.notifications import queries
from leadcrm.tasks import operations
from leadcrm.tasks.data import TaskData
from leadcrm.tasks.jobs import tell_of_due_tasks
from tests.tasks.conftest import acting


def titles(person) -> list[str]:
    return [row.title for row in queries.notifications_of(person).items]


def drain() -> None:
    drain_events(lambda: False)


def test_whoever_is_given_a_task_hears_of_it_unless_they_took_it(lead, cast):
    acting(cast.ada, operations.create_task, lead, title="Call", assignee_id=cast.ben.id)
    acting(cast.ada, operations.create_task, lead, title="Email", assignee_id=cast.ada.id)
    drain()
    assert titles(cast.ben) == ["New task: Call"]
    assert titles(cast.ada) == []


def test_a_task_that_changes_hands_is_told_to_the_new_hands(lead, cast):
    task = acting(cast.ada, operations.create_task, lead, title="Call", assignee_id=cast.ada.id)
    acting(cast.ada, operations.edit_task, task, TaskData(assignee_id=cast.max.id))
    drain()
    assert titles(cast.max) == ["New task: Call"]


def test_a_task_that_went_on_or_was_done_meanwhile_is_not_news(lead, cast):
    task = acting(cast.ada, operations.create_task, lead, title="Call", assignee_id=cast.ben.id)
    acting(cast.ada, operations.edit_task, task, TaskData(assignee_id=cast.max.id))
    acting(cast.ada, operations.complete_task, task, cast.ada)
    drain()
    assert titles(cast.ben) == titles(cast.max) == []


def test_with_the_lead_come_its_tasks_in_one_notice(lead, cast, add):
    perform(leads.assign_lead, lead, cast.ben.id)
    drain()
    add(assignee=cast.ben)
    drain()
    acting(cast.ada, leads.assign_lead, lead, cast.rosa.id)
    drain()
    drain()
    assert titles(cast.rosa) == ["Naledi Khumalo is your lead now"]


def test_what_falls_due_is_told_once(cast, add):
    add("Call back", minutes=-1, assignee=cast.ben)
    add("Later", minutes=5, assignee=cast.ben)
    for _ in range(2):
        tell_of_due_tasks()
    due = [title for title in titles(cast.ben) if title.startswith("Due")]
    assert due == ["Due: Call back (Naledi Khumalo)"]


def test_what_was_put_off_is_told_again_when_its_new_time_comes(cast, add):
    task = add("Call back", minutes=-1, assignee=cast.ben)
    tell_of_due_tasks()
    perform(operations.snooze_task, task, clock.now() + timedelta(minutes=30))
    tell_of_due_tasks()
    assert len(titles(cast.ben)) == 1
    clock.move(3600)
    tell_of_due_tasks()
    assert titles(cast.ben) == ["Due: Call back (Naledi Khumalo)"] * 2


@pytest.mark.parametrize("end", ["complete", "cancel", "archive"])
def test_what_is_closed_or_put_away_is_not_told(cast, add, lead, end):
    task = add(minutes=-1, assignee=cast.ben)
    match end:
        case "complete":
            perform(operations.complete_task, task, cast.ada)
        case "cancel":
            perform(operations.cancel_task, task)
        case "archive":
            perform(leads.archive_lead, lead)
    tell_of_due_tasks()
    assert titles(cast.ben) == []


def test_what_fell_due_in_the_archive_is_told_when_the_lead_comes_back(cast, add, lead):
    add("Told before", minutes=-2, assignee=cast.ben)
    tell_of_due_tasks()
    add("Call back", minutes=-1, assignee=cast.ben)
    perform(leads.archive_lead, lead)
    tell_of_due_tasks()
    perform(leads.restore_lead, lead)
    drain()
    tell_of_due_tasks()
    due = [title for title in titles(cast.ben) if title.startswith("Due")]
    assert due == ["Due: Call back (Naledi Khumalo)", "Due: Told before (Naledi Khumalo)"]


def test_a_task_without_hands_is_told_to_the_leads_owner_else_to_the_managers(cast, add, lead):
    add("Nobody's", minutes=-2)
    tell_of_due_tasks()
    assert titles(cast.ada) == titles(cast.max) == ["Due: Nobody's (Naledi Khumalo)"]
    perform(leads.assign_lead, lead, cast.ben.id)
    add("Ben's lead", minutes=-1)
    tell_of_due_tasks()
    assert titles(cast.ben)[0] == "Due: Ben's lead (Naledi Khumalo)"
    assert len(titles(cast.ada)) == 1


def test_a_crash_between_telling_and_the_end_of_the_transaction_tells_nobody_and_forgets_nothing(
    cast, add, monkeypatch
):
    add("Call back", minutes=-1, assignee=cast.ben)
    with monkeypatch.context() as patched:
        patched.setattr("leadcrm.tasks.operations.telling.notify", lambda *_, **__: 1 / 0)
        tell_of_due_tasks()
    assert titles(cast.ben) == []
    tell_of_due_tasks()
    assert len(titles(cast.ben)) == 1
