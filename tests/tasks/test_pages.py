"""Pages of tasks: my day, the team's, a lead's; adding, changing and closing by forms."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from leadcrm.core import clock
from leadcrm.core.db import db, perform
from leadcrm.core.values import new_id
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.tasks import operations
from leadcrm.tasks.models import Task
from leadcrm.tasks.wording import by_day
from tests.conftest import count_queries
from tests.tasks.conftest import again

NEW_YORK = ZoneInfo("America/New_York")
FORM = {"title": "Call back", "kind": "call", "priority": "high", "due": "2031-01-02T09:30"}


@pytest.fixture
def ada(sign_in, cast):
    return sign_in(cast.ada)


def titles(page) -> list[str]:
    return re.findall(r"data-open>(.*?)</a>", page.text)


def number(page) -> str:
    """What stands beside “Tasks” in the sidebar."""
    return re.search(r'id="task-count">(.*?)<', page.text).group(1)


def undo_of(answer) -> str:
    return re.search(r'hx-post="(/tasks/undo[^"]*)"', answer.text).group(1)


def test_my_day_is_grouped_and_counted(ada, cast, add):
    clock.move((clock.now().astimezone(NEW_YORK).replace(hour=12) - clock.now()).total_seconds())
    add("Late", minutes=-90, assignee=cast.ada)
    add("Soon", minutes=60, assignee=cast.ada)
    add("Next week", minutes=7 * 24 * 60, assignee=cast.ada)
    add("Ben's", assignee=cast.ben)
    add("Nobody's")
    page = ada.get("/tasks")
    headings = re.findall(r"<h2>(\w+)</h2>", page.text)
    assert [words for words in headings if words in ("Overdue", "Today", "Coming")] == ["Overdue", "Today", "Coming"]
    assert titles(page) == ["Late", "Soon", "Next week"]
    assert number(page) == "2"
    assert titles(ada.get("/tasks?view=team")) == ["Late", "Soon", "Ben&#39;s", "Nobody&#39;s", "Next week"]


def test_a_rep_sees_of_the_team_only_tasks_of_leads_he_sees(sign_in, cast, add):
    data = LeadData(first_name="Oliver", owner_id=cast.rosa.id)
    add("Rosa's", of=perform(leads.create_lead, data, by=None), assignee=cast.rosa)
    add("Open to all", assignee=cast.rosa)
    assert titles(sign_in(cast.ben).get("/tasks?view=team")) == ["Open to all"]
    assert titles(sign_in(cast.max).get("/tasks?view=team")) == ["Rosa&#39;s", "Open to all"]


def test_tasks_of_leads_in_the_archive_are_not_in_the_way(ada, cast, add, lead):
    add(assignee=cast.ada, minutes=-5)
    perform(leads.archive_lead, lead)
    page = ada.get("/tasks")
    assert "Nothing to do" in page.text
    assert number(page) == ""


def test_days_are_the_readers_not_the_servers():
    now = clock.now().replace(hour=3, minute=0)  # 22 or 23 o'clock of the day before in New York
    tasks = [Task(title=str(hours), due_at=now + timedelta(hours=hours)) for hours in (-1, 0.5, 4)]
    grouped = by_day(tasks, now, NEW_YORK)
    assert [(words, [task.title for task in group]) for words, group in grouped] == [
        ("Overdue", ["-1"]), ("Today", ["0.5"]), ("Coming", ["4"]),
    ]  # fmt: skip


def test_a_task_is_added_once_however_often_its_form_is_sent(ada, cast, lead):
    form = {**FORM, "lead_id": lead.id, "assignee_id": cast.ben.id, "form_key": new_id()}
    answers = [ada.post("/tasks", data=form, hx=True) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    task = db.session.scalars(select(Task)).one()
    assert (task.lead_id, task.assignee_id, task.kind, task.priority) == (lead.id, cast.ben.id, "call", "high")
    assert f"{task.due_at.astimezone(NEW_YORK):%Y-%m-%d %H:%M}" == "2031-01-02 09:30", "by Ada's clock"
    assert "tasks-changed" in answers[0].headers["HX-Trigger"]
    ada.post(undo_of(answers[0]), hx=True)
    assert again(task).state == "canceled"


def test_an_empty_time_follows_the_priority(ada, lead):
    ada.post("/tasks", data={**FORM, "due": "", "lead_id": lead.id})
    task = db.session.scalars(select(Task)).one()
    assert timedelta(hours=1, minutes=59) < task.due_at - clock.now() <= timedelta(hours=2)


def test_the_lead_is_found_by_what_was_typed_when_it_is_the_only_one(ada, lead):
    assert ada.post("/tasks", data={**FORM, "q": "naledi"}).status_code == 303
    perform(leads.create_lead, LeadData(first_name="Naledi", last_name="Other"), by=None)
    answer = ada.post("/tasks", data={**FORM, "q": "naledi"})
    assert answer.status_code == 422
    assert "Choose a lead from the list." in answer.text
    assert db.session.scalar(select(func.count(Task.id))) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "Say what is to be done."),
        ({"due": "tomorrow"}, "Choose a date and a time."),
        ({"due": "0001-01-01T00:00"}, "This is too far from now."),
        ({"due": "9999-12-31T23:59"}, "This is too far from now."),
        ({"lead_id": ""}, "Say for which lead."),
        ({"lead_id": "019c1f6e-7c1a-7b52-9d9e-3f1f5f2b7a10"}, "Say for which lead."),
    ],
)
@pytest.mark.parametrize("hx", [False, True])
def test_what_makes_no_sense_is_said_beside_it_and_nothing_typed_is_lost(ada, lead, wrong, words, hx):
    answer = ada.post("/tasks", data={**FORM, "lead_id": lead.id, "note": "Kept words", **wrong}, hx=hx)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Kept words" in answer.text
    assert db.session.scalar(select(func.count(Task.id))) == 0


def test_an_edit_keeps_the_seconds_that_the_form_does_not_show(ada, add):
    task = add("Call back")
    form = dict(re.findall(r'name="(title|due|revision)"[^>]* value="([^"]*)"', ada.get(f"/tasks/{task.id}/edit").text))
    due_at = task.due_at
    answer = ada.post(f"/tasks/{task.id}", data={**FORM, **form, "title": "Call today", "priority": "low"}, hx=True)
    assert answer.status_code == 200
    assert (again(task).title, task.priority, task.due_at) == ("Call today", "low", due_at)
    ada.post(undo_of(answer), hx=True)
    assert again(task).title == "Call back"


def test_an_edit_keeps_an_hour_that_the_clock_shows_twice(ada, add, lead):
    """New York's 1:30 of 2 November 2031 comes at 5:30 and, put back, again at 6:30 UTC: the form shows both alike."""
    again_half_past_one = datetime(2031, 11, 2, 6, 30, tzinfo=UTC)
    task = perform(operations.create_task, lead, title="Call", due_at=again_half_past_one)
    assert "2031-11-02T01:30" in ada.get(f"/tasks/{task.id}/edit").text
    ada.post(f"/tasks/{task.id}", data=FORM | {"due": "2031-11-02T01:30", "note": "At last"})
    assert (again(task).note, again(task).due_at) == ("At last", again_half_past_one)


def test_the_second_of_two_people_sees_what_the_first_saved(ada, add):
    task = add("Call back")
    ada.post(f"/tasks/{task.id}", data={**FORM, "title": "First", "revision": "1"})
    answer = ada.post(f"/tasks/{task.id}", data={**FORM, "title": "Second", "revision": "1"}, hx=True)
    assert answer.status_code == 409
    assert "First" in answer.text
    assert "Second" in answer.text
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', answer.text).group(1)
    assert ada.post(f"/tasks/{task.id}", data={**FORM, "title": "Second", "revision": revision}).status_code == 303
    assert again(task).title == "Second"


def test_the_second_of_two_people_sees_to_whom_the_first_gave_it(ada, add, cast):
    task = add("Call back", assignee=cast.ada)
    mine = FORM | {"kind": "email", "assignee_id": cast.ada.id, "revision": "1"}
    ada.post(f"/tasks/{task.id}", data=FORM | {"assignee_id": cast.max.id, "revision": "1"})
    answer = ada.post(f"/tasks/{task.id}", data=mine, hx=True)
    rows = re.findall(
        r'diff-row"><span class="diff-label">([^<]*)<.*?</span>([^<]*)</del>.*?</span>([^<]*)</ins>', answer.text
    )
    assert rows == [("Kind", "Call", "Email"), ("Who does it", "Max", "Ada")]


def test_next_week_is_not_tomorrow_on_a_sunday(ada, add, cast):
    task = add(assignee=cast.ada)
    now = clock.now().astimezone(NEW_YORK)
    clock.move(timedelta(days=6 - now.weekday()).total_seconds())
    days = {}
    for preset in ("tomorrow", "week"):
        ada.post(f"/tasks/{task.id}/snooze", data={"preset": preset}, hx=True)
        days[preset] = again(task).due_at.astimezone(NEW_YORK).date()
    assert days["week"] - days["tomorrow"] == timedelta(days=7)


@pytest.mark.parametrize("verb", ["completion", "cancellation", "snooze"])
def test_one_click_and_one_click_back(ada, add, cast, verb):
    task = add(assignee=cast.ada)
    before = (task.state, task.due_at)
    answer = ada.post(f"/tasks/{task.id}/{verb}", data={"preset": "week"}, hx=True)
    assert answer.status_code == 200
    assert (again(task).state, task.due_at) != before
    ada.post(undo_of(answer), hx=True)
    assert (again(task).state, task.due_at) == before


def test_without_scripts_a_click_leads_back_to_the_list(ada, add, cast):
    task = add(assignee=cast.ada)
    answer = ada.post(f"/tasks/{task.id}/completion", data={"back": "/tasks?view=team"})
    assert (answer.status_code, answer.location) == (303, "/tasks?view=team")
    assert titles(ada.get("/tasks?view=done")) == ["Call back"]
    ada.post(f"/tasks/{task.id}/reopening", data={"back": "https://elsewhere.test/"})
    assert again(task).state == "open"


def test_an_unknown_pause_is_refused(ada, add):
    assert ada.post(f"/tasks/{add().id}/snooze", data={"preset": "year"}, hx=True).status_code == 422


def test_a_leads_page_has_its_tasks(ada, add, lead):
    done = add("Done already")
    perform(operations.complete_task, done, None)
    add("Still open")
    assert f'hx-get="/leads/{lead.id}/tasks"' in ada.get(f"/leads/{lead.id}?tab=tasks").text
    assert titles(ada.get(f"/leads/{lead.id}/tasks", hx=True)) == ["Still open", "Done already"]


def test_the_list_costs_the_same_with_many_tasks(ada, cast, add):
    add(assignee=cast.ada)
    ada.get("/tasks")
    with count_queries() as few:
        ada.get("/tasks")
    for number in range(20):
        add(f"Task {number}", assignee=cast.ada)
    with count_queries() as many:
        ada.get("/tasks")
    assert len(many) == len(few) <= 6


def test_the_sidebar_stops_counting_at_99(ada, cast, lead):
    def many() -> None:
        for number in range(120):
            operations.create_task(lead, title=str(number), due_at=clock.now(), assignee_id=cast.ada.id)

    perform(many)
    assert number(ada.get("/notifications")) == "99+"


def test_the_pages_go_on_where_they_ended(ada, cast, lead):
    def many() -> None:
        for number in range(60):
            due_at = clock.now() + timedelta(minutes=number)
            operations.create_task(lead, title=f"Task {number}", due_at=due_at, assignee_id=cast.ada.id)

    perform(many)
    first = ada.get("/tasks")
    further = re.search(r'href="(/tasks\?[^"]*cursor=[^"]*)"', first.text).group(1).replace("&amp;", "&")
    assert titles(first) + titles(ada.get(further)) == [f"Task {number}" for number in range(60)]
    assert ada.get("/tasks?cursor=nonsense").status_code == 400
