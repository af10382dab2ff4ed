"""The verbs of tasks: what they change, what they refuse, what they record, what can be taken back."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.core.drains import drain_events
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.models import EventRow
from leadcrm.leads import operations as leads
from leadcrm.tasks import operations
from leadcrm.tasks.data import TaskData
from leadcrm.tasks.models import Task
from leadcrm.tasks.queries import waiting_count
from tests.tasks.conftest import acting, again

MOMENTS = timedelta(minutes=1)


def facts() -> list[str]:
    named = select(EventRow.name).where(EventRow.name.startswith("task."))
    return [name.removeprefix("task.") for name in db.session.scalars(named.order_by(EventRow.id))]


@pytest.mark.parametrize(
    ("priority", "kind", "due_in"),
    [("high", "call", timedelta(hours=2)), ("medium", "email", timedelta(hours=24)), ("low", "other", timedelta(7))],
)
def test_what_is_not_said_follows_from_the_leads_priority(lead, priority, kind, due_in):
    perform(leads.set_field, lead, "priority", priority)
    task = perform(operations.create_task, lead, title="Get in touch")
    assert (task.priority, task.kind) == (priority, kind)
    assert abs(task.due_at - clock.now() - due_in) < MOMENTS
    assert facts() == ["created"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"kind": "fax"}, "kind"),
        ({"priority": "urgent"}, "priority"),
        ({"note": "x" * 5001}, "note"),
        ({"assignee_id": "nobody"}, "assignee_id"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(lead, said, field):
    with pytest.raises(DomainError) as refusal:
        perform(operations.create_task, lead, **{"title": "Call", **said})
    assert refusal.value.field == field
    assert db.session.scalar(select(func.count(Task.id))) == 0


def test_only_a_colleague_who_sees_the_lead_gets_its_tasks(lead, cast, add):
    for stranger in (cast.rita, cast.pat):
        with pytest.raises(DomainError):
            add(assignee=stranger)
    assert add(assignee=cast.ben).assignee_id == cast.ben.id
    perform(leads.assign_lead, lead, cast.rosa.id)
    with pytest.raises(DomainError, match="does not see this lead"):
        add(assignee=cast.ben)


def test_a_lead_in_the_archive_gets_no_task(lead, add):
    perform(leads.archive_lead, lead)
    with pytest.raises(DomainError, match="archive"):
        add()


def test_a_machine_that_asks_twice_gets_one_task(app, acme, lead):
    barrier, made = threading.Barrier(4), []

    def ask() -> None:
        with app.app_context(), tenancy.organization(acme.id):
            barrier.wait()
            task = perform(operations.create_task, lead, title="Call", origin="automation", intent_key="run:1:0")
            made.append(task.id)
            db.session.remove()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert facts() == ["created"]


def test_a_machine_without_a_key_is_refused_by_the_database(lead):
    with pytest.raises(IntegrityError):
        perform(operations.create_task, lead, title="Call", origin="flow")


def test_an_edit_says_what_changed_and_a_stale_one_is_refused(add, cast):
    task = add("Call back", note="Mornings")
    acting(cast.ada, operations.edit_task, task, TaskData(title="Call  today", priority="high", kind=task.kind))
    assert (again(task).title, again(task).priority, task.note) == ("Call today", "high", "Mornings")
    told = db.session.scalars(select(EventRow).where(EventRow.name == "task.edited")).one().told
    assert told["fields"] == ["title", "priority"]
    assert (told["what"], told["old_what"], told["old_note"]) == ("Call today", "Call back", "")
    with pytest.raises(Conflict):
        perform(operations.edit_task, task, TaskData(title="Other"), revision=1)
    perform(operations.edit_task, task, TaskData(title="Call today"), revision=1)  # says what is there
    assert facts() == ["created", "edited"]


def test_each_end_comes_once(add, cast):
    task = add()
    assert acting(cast.ben, operations.complete_task, task, cast.ben)
    assert acting(cast.ada, operations.complete_task, task, cast.ada) is None
    assert perform(operations.cancel_task, task) is None
    assert perform(operations.snooze_task, task, clock.now() + timedelta(1)) is None
    done = again(task)
    assert (done.state, done.done_by_id) == ("done", cast.ben.id)
    assert done.done_at is not None
    assert facts() == ["created", "completed"]
    perform(operations.reopen_task, task)
    perform(operations.cancel_task, task)
    assert (again(task).state, task.done_at) == ("canceled", None)


def test_a_task_is_put_off_only_to_a_time_that_is_still_to_come(add):
    task = add()
    with pytest.raises(DomainError):
        perform(operations.snooze_task, task, clock.now())
    until = clock.now() + timedelta(days=2)
    perform(operations.snooze_task, task, until)
    assert again(task).due_at == until


VERBS = {
    "complete": lambda task, cast: operations.complete_task(task, cast.ada),
    "cancel": lambda task, cast: operations.cancel_task(task),
    "snooze": lambda task, cast: operations.snooze_task(task, clock.now() + timedelta(days=3)),
    "edit": lambda task, cast: operations.edit_task(
        task, TaskData(title="Other", note="Else", kind="meeting", due_at=clock.now(), assignee_id=cast.max.id)
    ),
}
KEPT = ("title", "note", "kind", "priority", "due_at", "state", "assignee_id", "done_at", "done_by_id")


def shown(task: Task) -> tuple:
    return tuple(getattr(again(task), name) for name in KEPT)


@pytest.mark.parametrize("name", VERBS)
def test_what_was_done_last_is_taken_back_and_only_that(add, cast, name):
    task = add(assignee=cast.ben)
    before = shown(task)
    result = acting(cast.ada, VERBS[name], task, cast)
    made = result if isinstance(result, list) else [result]
    assert shown(task) != before
    assert acting(cast.max, operations.undo, made, cast.max) == 0, "another person's deed"
    assert acting(cast.ada, operations.undo, made, cast.ada) == len(made)
    assert shown(task) == before
    assert acting(cast.ada, operations.undo, made, cast.ada) == 0, "it is not the last word any more"


def test_taking_back_a_new_task_cancels_it_and_taking_back_a_reopening_closes_it_again(add, cast, lead):
    task = acting(cast.ada, operations.create_task, lead, title="Call")
    made = db.session.scalar(select(func.max(EventRow.id)).where(EventRow.name == "task.created"))
    assert acting(cast.ada, operations.undo, [made], cast.ada) == 1
    assert again(task).state == "canceled"
    reopened = acting(cast.ada, operations.reopen_task, task)
    assert acting(cast.ada, operations.undo, [reopened], cast.ada) == 1
    assert again(task).state == "canceled"


def test_nothing_is_taken_back_on_a_lead_one_no_longer_sees(add, cast, lead):
    task = add()
    fact = acting(cast.ben, operations.complete_task, task, cast.ben)
    perform(leads.assign_lead, lead, cast.rosa.id)
    assert acting(cast.ben, operations.undo, [fact], cast.ben) == 0


def test_open_tasks_go_with_the_lead_to_its_new_owner(add, cast, lead):
    perform(leads.assign_lead, lead, cast.ada.id)
    drain_events(lambda: False)
    old, nobodys, managers, done = add(assignee=cast.ada), add(), add(assignee=cast.max), add(assignee=cast.ada)
    perform(operations.complete_task, done, cast.ada)
    perform(leads.assign_lead, lead, cast.rosa.id)
    drain_events(lambda: False)
    assert again(old).assignee_id == again(nobodys).assignee_id == cast.rosa.id
    assert again(managers).assignee_id == cast.max.id, "Max sees every lead"
    assert again(done).assignee_id == cast.ada.id


def test_a_task_of_someone_who_no_longer_sees_the_lead_goes_with_it(add, cast, lead):
    task = add(assignee=cast.ben)
    perform(leads.assign_lead, lead, cast.rosa.id)
    drain_events(lambda: False)
    assert again(task).assignee_id == cast.rosa.id


def test_a_reps_number_counts_no_task_for_a_lead_they_do_not_see(add, lead, cast):
    add("Call", assignee=cast.ben, minutes=-5)
    assert waiting_count(cast.ben, clock.now()) == 1
    perform(leads.assign_lead, lead, cast.max.id)  # whose listener has not passed the task on yet
    assert waiting_count(cast.ben, clock.now()) == 0
