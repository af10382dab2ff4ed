"""Tasks as screens and the API read them; only those of leads the person may see."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import contains_eager, joinedload

from leadcrm.core.db import MADE_ONCE, asked_id, db
from leadcrm.core.errors import NotFound
from leadcrm.core.hints import sharper, told
from leadcrm.core.models import EventRow
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.identity.models import User
from leadcrm.identity.permissions import Reader, visible_leads_filter
from leadcrm.leads.models import Lead
from leadcrm.tasks.events import TaskCreated
from leadcrm.tasks.models import Task

VIEWS = ("mine", "team", "done")
MOST_COUNTED = 100
MOST_OF_LEAD = 100
MOST_CLOSED = 20

_soonest = Order("due", (Task.due_at, Task.id), descending=False)
_last_done = Order("done", (Task.done_at, Task.id))


def visible_task(user: User, task_id: str) -> Task:
    """A task of a lead the person may see. Raises NotFound for any other."""
    task = db.session.scalar(_seen_by(user).where(Task.id == asked_id(task_id)))
    if task is None:
        raise NotFound("We could not find that task.")
    return task


def task_page(user: User, view: str, cursor: str | None = None, limit: int = 50) -> Page[Task]:
    """Tasks of leads outside the archive: `mine` or the `team`'s that are open, soonest first; or what I have `done`,
    last first. Raises BadCursor.
    """
    seen = _seen_by(user).where(Lead.archived_at.is_(None))
    if view == "done":
        done = seen.where(sharper(Task.done_by_id == user.id), Task.done_at.is_not(None))
        return keyset_page(done, _last_done, cursor, limit)
    still_open = seen.where(Task.state == "open")
    if view == "mine":
        still_open = still_open.where(Task.assignee_id == user.id)
    return keyset_page(still_open, _soonest, cursor, limit)


def tasks_of_lead(lead_id: str) -> tuple[Sequence[Task], Sequence[Task]]:
    """What is to be done for a lead, soonest first, and what was closed last; with the people's names."""
    of_lead = select(Task).where(Task.lead_id == lead_id).options(joinedload(Task.assignee), joinedload(Task.done_by))
    still_open = of_lead.where(Task.state == "open").order_by(Task.due_at, Task.id).limit(MOST_OF_LEAD)
    closed = of_lead.where(Task.state != "open").order_by(Task.due_at.desc(), Task.id.desc()).limit(MOST_CLOSED)
    return db.session.scalars(still_open).all(), db.session.scalars(closed).all()


def listed(user: User, state: str, filters: dict[str, str | None], cursor: str | None, limit: int) -> Page[Task]:
    """The API's list: tasks in a state, soonest first; `filters` may name `lead_id` and `assignee_id`.

    Raises BadCursor.
    """
    criteria = (getattr(Task, name) == value for name, value in filters.items())
    return keyset_page(_seen_by(user).where(Task.state == state, *criteria), _soonest, cursor, limit)


@lru_cache
def waiting_of_role(role: str) -> Select:
    """How many of the `reader`'s tasks fall due before `until`, up to 100: a number that every page shows."""
    mine = _open_until(Reader(role), bindparam("reader"), bindparam("until")).limit(told(MOST_COUNTED))
    return select(func.count()).select_from(mine.subquery()).execution_options(**MADE_ONCE)


def waiting_count(user: User, until: datetime) -> int:
    """The same number for one person."""
    return db.session.scalar(waiting_of_role(user.role), {"reader": user.id, "until": until}) or 0


def is_form_sent(form_key: str | None) -> bool:
    """Whether this rendering of a form has made its task already."""
    return bool(form_key) and db.session.scalar(select(Task.id).where(Task.intent_key == form_key)) is not None


def fact_of_making(task: Task) -> int:
    """The fact that says that the task, just made for its lead, was."""
    made = select(EventRow.id).where(EventRow.lead_id == task.lead_id, EventRow.name == TaskCreated.name)
    return db.session.scalars(made.order_by(EventRow.id.desc()).limit(1)).one()


def _open_until(reader: User | Reader, assignee_id: ColumnElement, until: ColumnElement) -> Select:
    return (
        select(Task.id)
        .join(Lead, Lead.id == Task.lead_id)
        .where(Task.assignee_id == assignee_id, Task.state == "open", Task.due_at < until)
        .where(Lead.archived_at.is_(None), visible_leads_filter(reader, Lead.owner_id))
    )


def _seen_by(user: User) -> Select:
    """With lead and assignee, which every line shows."""
    return (
        select(Task)
        .join(Task.lead)
        .where(visible_leads_filter(user, Lead.owner_id))
        .options(contains_eager(Task.lead), joinedload(Task.assignee))
    )
