"""Pages of tasks: my day, the team's, a lead's; one task added, changed, done."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_login import current_user

from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.core.errors import Conflict, DomainError, NotFound
from leadcrm.core.forms import differences
from leadcrm.core.recent import facts_named
from leadcrm.core.values import new_id
from leadcrm.core.web import add_errors, fragment, go, is_partial, local_path, render, user_zone
from leadcrm.core.zones import wall_time
from leadcrm.identity import queries as identity
from leadcrm.identity.permissions import me
from leadcrm.leads import queries as leads
from leadcrm.leads.data import Filters
from leadcrm.leads.models import Lead
from leadcrm.tasks import operations, queries, wording
from leadcrm.tasks.forms import SnoozeForm, TaskForm
from leadcrm.tasks.models import Task

blueprint = Blueprint("tasks", __name__)

CHANGED = "tasks-changed, messages-changed, close-dialog"  # lists of tasks and the timeline on the page look again
MOST_LEADS = 8
SHOWN_IN_CONFLICT = ("title", "kind", "due", "priority", "assignee_id", "note")
MORNING = time(9, 0)


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    return {"wording": wording, "now": clock.now()}


@blueprint.get("/tasks")
def index() -> Response:
    """`?view=` mine, team or done; `?cursor=` goes on."""
    view = request.args.get("view")
    view = view if view in queries.VIEWS else "mine"
    cursor = request.args.get("cursor")
    page = queries.task_page(me(), view, cursor)
    groups = [("", page.items)] if view == "done" else wording.by_day(page.items, clock.now(), user_zone())
    context = {"view": view, "listing": page, "groups": groups, "presets": _presets(), "cursor": cursor}
    if is_partial():
        return fragment("tasks/list.swap.html", waiting=waiting_count(), **context)
    return render("tasks/index.html", "tasks/_list.html", **context)


@blueprint.get("/leads/<lead_id>/tasks")
def of_lead(lead_id: str) -> Response:
    """A lead's tasks, for its page."""
    lead = leads.visible_lead(me(), lead_id)
    still_open, closed = queries.tasks_of_lead(lead.id)
    context = {"lead": lead, "still_open": still_open, "closed": closed, "presets": _presets()}
    return render("tasks/of_lead.html", "tasks/_of_lead.html", **context)


@blueprint.get("/tasks/new")
def new() -> Response:
    """Asks what is to be done; `?lead=` says for whom."""
    lead_id = request.args.get("lead")
    lead = leads.visible_lead(me(), lead_id) if lead_id else None
    known = {"lead_id": lead.id, "priority": lead.priority} if lead else {}
    return _form_page(TaskForm(form_key=new_id(), assignee_id=current_user.id, **known), lead=lead)


@blueprint.get("/tasks/leads")
def leads_to_choose() -> Response:
    """Leads that `q` finds, else those with the latest news, as options."""
    return fragment("tasks/_leads.html", leads=leads.lead_list(me(), Filters(q=_typed()), limit=MOST_LEADS).items)


@blueprint.post("/tasks")
def create() -> Response:
    form = TaskForm(request.form)
    form.offer_people(identity.staff())
    is_valid, lead = form.validate(), _asked_lead(form)
    if not is_valid or lead is None:
        return _form_page(form, lead=lead, status=422)
    try:
        task, fact = perform(_create, lead, form)
    except DomainError as error:
        add_errors(form, error)
        return _form_page(form, lead=lead, status=422)
    return _changed(f"Task added for {task.lead.name}.", [fact], back=f"/leads/{lead.id}?tab=tasks")


@blueprint.get("/tasks/<task_id>/edit")
def edit(task_id: str) -> Response:
    task = queries.visible_task(me(), task_id)
    back = local_path(request.args.get("back"), "/tasks")
    return _form_page(TaskForm.of(task, user_zone(), back=back), task=task, lead=task.lead)


@blueprint.post("/tasks/<task_id>")
def update(task_id: str) -> Response:
    task, form = queries.visible_task(me(), task_id), TaskForm(request.form)
    form.offer_people(identity.staff(), task)
    if not form.validate():
        return _form_page(form, task=task, lead=task.lead, status=422)
    revision = int(form.revision.data) if form.revision.data else None
    try:
        facts = perform(operations.edit_task, task, form.data_of(task, user_zone()), revision)
    except DomainError as error:
        return _refused(form, task_id, error)
    return _changed("Saved.", facts)


@blueprint.post("/tasks/<task_id>/completion")
def complete(task_id: str) -> Response:
    task = queries.visible_task(me(), task_id)
    fact = perform(operations.complete_task, task, me())
    return _changed(f"Done: {task.title}", [fact])


@blueprint.post("/tasks/<task_id>/reopening")
def reopen(task_id: str) -> Response:
    task = queries.visible_task(me(), task_id)
    fact = perform(operations.reopen_task, task)
    return _changed(f"Open again: {task.title}", [fact])


@blueprint.post("/tasks/<task_id>/cancellation")
def cancel(task_id: str) -> Response:
    task = queries.visible_task(me(), task_id)
    fact = perform(operations.cancel_task, task)
    return _changed(f"Canceled: {task.title}", [fact])


@blueprint.post("/tasks/<task_id>/snooze")
def snooze(task_id: str) -> Response:
    """Put it off for an hour, to tomorrow morning or to next Monday's, by the person's own clock."""
    task, form = queries.visible_task(me(), task_id), SnoozeForm(request.form)
    if not form.validate():
        raise DomainError(form.preset.errors[0], "preset")
    fact = perform(operations.snooze_task, task, _presets()[form.preset.data])
    return _changed(f"Put off: {task.title}", [fact])


@blueprint.post("/tasks/undo")
def undo() -> Response:
    """Take back what the last toast said."""
    count = perform(operations.undo, facts_named(request.args.get("facts", "")), me())
    return _changed("Undone." if count else "Nothing to undo: it has changed since.")


def waiting_count() -> str:
    """The number beside “Tasks”: what falls due for the reader before the day is over, and what is overdue."""
    return count_words(queries.waiting_count(me(), end_of_day()))


def count_words(count: int) -> str:
    """Nothing for none; `99+` where the count stops."""
    return f"{queries.MOST_COUNTED - 1}+" if count == queries.MOST_COUNTED else str(count or "")


def end_of_day() -> datetime:
    """The next midnight on the reader's wall."""
    return wall_time(clock.now().astimezone(user_zone()).date() + timedelta(days=1), time.min, user_zone())


def _typed() -> str:
    return request.args.get("q", "").replace("\x00", "").strip()[:200]


def _asked_lead(form: TaskForm) -> Lead | None:
    """Whom the task is for: the chosen lead, else the only one that what was typed finds; else an error in the form."""
    try:
        if form.lead_id.data and not form.lead_id.errors:
            return leads.visible_lead(me(), form.lead_id.data)
    except NotFound:
        form.lead_id.data = ""
    typed = "" if form.q.errors else form.q.data or ""
    found = leads.lead_list(me(), Filters(q=typed), limit=2).items if typed else []
    if len(found) == 1:
        return leads.visible_lead(me(), found[0].id)
    form.q.errors = [*form.q.errors, "Choose a lead from the list." if typed else "Say for which lead."]
    return None


def _create(lead: Lead, form: TaskForm) -> tuple[Task, int | None]:
    """The task and the fact that it was made, None when this form was sent before."""
    key = form.form_key.data or None
    is_twin = queries.is_form_sent(key)
    task = operations.create_task(
        lead,
        title=form.title.data,
        kind=form.kind.data,
        due_at=form.due_at(user_zone()),
        priority=form.priority.data,
        assignee_id=form.assignee_id.data,
        note=form.note.data or "",
        intent_key=key,
    )
    return task, None if is_twin else queries.fact_of_making(task)


def _presets() -> dict[str, datetime]:
    """To when a task is put off by one click, by the person's own clock."""
    tomorrow = clock.now().astimezone(user_zone()).date() + timedelta(days=1)
    next_monday = tomorrow + timedelta(days=7 - tomorrow.weekday())  # on a Sunday not the same as tomorrow
    return {
        "hour": clock.now() + timedelta(hours=1),
        "tomorrow": wall_time(tomorrow, MORNING, user_zone()),
        "week": wall_time(next_monday, MORNING, user_zone()),
    }


def _refused(form: TaskForm, task_id: str, error: DomainError) -> Response:
    """The form with what was typed; after a colleague's change, saving again means "mine"."""
    task = queries.visible_task(me(), task_id)
    form.offer_people(identity.staff(), task)
    add_errors(form, error)
    theirs = []
    if isinstance(error, Conflict):
        held = TaskForm.of(task, user_zone())
        form.revision.data = held.revision.data
        theirs = differences(held, form, SHOWN_IN_CONFLICT)
    return _form_page(form, task=task, lead=task.lead, status=error.status, theirs=theirs)


def _form_page(
    form: TaskForm, *, task: Task | None = None, lead: Lead | None, status: int = 200, theirs=()
) -> Response:
    if form.assignee_id.choices is None:
        form.offer_people(identity.staff(), task)
    is_post = request.method == "POST"
    context = {"form": form, "task": task, "lead": lead, "theirs": theirs}
    return render(
        "tasks/form.html", "tasks/_form.html" if is_post else "tasks/_form_dialog.html", status=status, **context
    )


def _changed(toast: str, facts: Sequence[int | None] = (), *, back: str = "/tasks") -> Response:
    """A change's answer: a toast that can undo these facts, and events; without htmx, the page one came from."""
    if not is_partial():
        flash(toast, "success")
        return go(local_path(request.form.get("back"), back))
    known = ",".join(str(fact) for fact in facts if fact is not None)
    response = fragment(
        "tasks/changed.swap.html",
        toast=toast,
        undo=url_for("tasks.undo", facts=known) if known else None,
        waiting=waiting_count(),
    )
    response.headers["HX-Trigger"] = CHANGED
    return response
