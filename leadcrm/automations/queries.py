"""Reads of automations: what to consider, what a rule may look at, and the log."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from leadcrm.automations.models import Automation, AutomationRun
from leadcrm.conversations.models import Message, Template
from leadcrm.core.db import asked_id, db
from leadcrm.core.events import Event
from leadcrm.core.models import EventRow
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.flows.models import Flow, FlowStep
from leadcrm.identity import queries as identity
from leadcrm.identity.models import User
from leadcrm.leads.models import Lead

LOG_ORDER = Order("runs", (AutomationRun.created_at, AutomationRun.id))


def enabled_for(event_name: str) -> list[Automation]:
    """The automations that this fact starts, oldest first."""
    statement = select(Automation).where(
        Automation.trigger == event_name, Automation.enabled, Automation.deleted_at.is_(None)
    )
    return list(db.session.scalars(statement.order_by(Automation.created_at, Automation.id)))


def considered(event_id: int) -> set[str]:
    """Ids of the automations that have a run for this fact."""
    return set(db.session.scalars(select(AutomationRun.automation_id).where(AutomationRun.event_id == event_id)))


def recent_runs(lead_id: str, since: datetime) -> dict[str, int]:
    """How often each automation did something for this lead since then."""
    statement = (
        select(AutomationRun.automation_id, func.count(AutomationRun.id))
        .where(AutomationRun.lead_id == lead_id, AutomationRun.created_at >= since, AutomationRun.state == "done")
        .group_by(AutomationRun.automation_id)
    )
    return dict(db.session.execute(statement).all())


def event_row(event_id: int) -> EventRow:
    """The fact a run began with."""
    return db.session.scalars(select(EventRow).where(EventRow.id == event_id)).one()


def facts(lead: Lead, event: Event) -> dict[str, Any]:
    """What conditions are tested against, by field (conditions.FIELDS)."""
    kinds = {point.kind for point in lead.contact_points}
    return {
        "status": lead.status,
        "source": lead.source,
        "score": lead.score,
        "priority": lead.priority,
        "owner": lead.owner_id,
        "email": "email" in kinds,
        "phone": "phone" in kinds,
        "company": lead.company,
        "interest": lead.interest,
        "tag": [tag.name for tag in lead.tags],
        "channel": getattr(event, "channel", ""),
        "message": _message_text(getattr(event, "message_id", None)),
    }


def _message_text(message_id: str | None) -> str:
    if message_id is None:
        return ""
    return db.session.scalar(select(Message.content).where(Message.id == message_id)) or ""


def template(template_id: str) -> Template | None:
    """The template, unless it was put away."""
    statement = select(Template).where(Template.id == template_id, Template.archived_at.is_(None))
    return db.session.scalars(statement).one_or_none()


def templates() -> list[Template]:
    """Templates an automation may send."""
    return list(db.session.scalars(select(Template).where(Template.archived_at.is_(None)).order_by(Template.name)))


def greeting_key(lead_id: str) -> str:
    """The intent of a first hello: shared with the flow's greeting step, so that one of them leaves."""
    return f"greeting:{lead_id}"


def who_greeted(lead_id: str) -> str:
    """Why there is no second hello, in words."""
    greeting = (
        select(Message.origin, Flow.name)
        .outerjoin(FlowStep, FlowStep.id == Message.step_id)
        .outerjoin(Flow, Flow.id == FlowStep.flow_id)
        .where(Message.intent_key == greeting_key(lead_id))
    )
    origin, flow = db.session.execute(greeting).one()
    return f"The flow “{flow}” already greets this lead" if origin == "flow" else "This lead was greeted before"


def recipients(to: str, lead: Lead) -> list[str]:
    """Ids of the people `owner`, `role:<role>` or `user:<id>` stands for; nobody who may not sign in."""
    prefix, _, rest = to.partition(":")
    statement = select(User.id).where(User.disabled_at.is_(None))
    if prefix == "role":
        statement = statement.where(User.role == rest)
    else:
        statement = statement.where(User.id == (rest if prefix == "user" else lead.owner_id))
    return list(db.session.scalars(statement.order_by(User.id)))


def user_names() -> dict[str, str]:
    """Names of the team by id; providers are not of it."""
    return {user.id: user.name for user in identity.colleagues() if user.role != "provider"}


def template_names() -> dict[str, str]:
    """Names of the templates in use by id."""
    return {template.id: template.name for template in templates()}


def automation_list() -> list[Automation]:
    """All automations, by name."""
    statement = select(Automation).where(Automation.deleted_at.is_(None))
    return list(db.session.scalars(statement.order_by(Automation.name, Automation.id)))


def run_counts(since: datetime) -> dict[str, dict[str, int]]:
    """Per automation, how many runs of each state since then."""
    statement = (
        select(AutomationRun.automation_id, AutomationRun.state, func.count(AutomationRun.id))
        .where(AutomationRun.created_at >= since)
        .group_by(AutomationRun.automation_id, AutomationRun.state)
    )
    counts: dict[str, dict[str, int]] = {}
    for automation_id, state, number in db.session.execute(statement):
        counts.setdefault(automation_id, {})[state] = number
    return counts


def run_log(
    viewer_sees: Any, *, automation_id: str = "", lead_id: str = "", state: str = "", cursor: str | None = None
) -> Page[AutomationRun]:
    """Runs, newest first, with their automation and lead. `viewer_sees` is a criterion on the lead."""
    statement = (
        select(AutomationRun)
        .join(AutomationRun.lead)
        .where(viewer_sees)
        .options(contains_eager(AutomationRun.lead), joinedload(AutomationRun.automation))
    )
    filters = (
        (AutomationRun.automation_id, asked_id(automation_id)),
        (AutomationRun.lead_id, asked_id(lead_id)),
        (AutomationRun.state, state),
    )
    for column, value in filters:
        if value:
            statement = statement.where(column == value)
    return keyset_page(statement, LOG_ORDER, cursor)


def names_of(ids: Collection[str]) -> dict[str, str]:
    """Names of automations by id, also those that were deleted."""
    return dict(db.session.execute(select(Automation.id, Automation.name).where(Automation.id.in_(ids))).all())
