"""Writing automations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from leadcrm.automations import actions, conditions, queries
from leadcrm.automations.events import AutomationChanged
from leadcrm.automations.models import LONGEST_DELAY_SECONDS, Automation
from leadcrm.automations.triggers import TRIGGERS
from leadcrm.conversations.operations import ensure_default_templates, template_for
from leadcrm.core import clock
from leadcrm.core.db import db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record

WELCOME_NAME = "Welcome New Leads"


@dataclass(frozen=True)
class AutomationData:
    """What a person writes about a rule; conditions and actions as conditions.py and actions.py name them."""

    name: str
    trigger: str
    delay_seconds: int = 0
    conditions: Sequence[Mapping[str, Any]] = ()
    actions: Sequence[Mapping[str, Any]] = ()


def ensure_default_automation() -> Automation:
    """The shipped “Welcome New Leads”, on: made when the organization never had a rule of that name."""
    known = db.session.scalars(select(Automation).where(Automation.name == WELCOME_NAME).limit(1)).first()
    if known is not None:
        return known
    ensure_default_templates()
    welcome = template_for("welcome")
    action = {"kind": "send_template", "template_id": welcome.id}
    return create_automation(AutomationData(name=WELCOME_NAME, trigger="lead.created", actions=[action]))


def create_automation(data: AutomationData) -> Automation:
    """A new rule, on. Raises DomainError, naming `conditions` or `actions` and the row, when it makes no sense."""
    automation = Automation(enabled=True, **_checked(data, None))
    db.session.add(automation)
    db.session.flush()
    record(AutomationChanged(automation_id=automation.id, change="created"))
    return automation


def edit_automation(automation: Automation, data: AutomationData, revision: int) -> Automation:
    """Change a rule; runs that wait keep their time and follow the new words. Raises Conflict when stale."""
    automation = lock(automation)
    if automation.deleted_at is not None or automation.revision != revision:
        raise Conflict("Someone else changed this automation while you were writing. Yours is below, not yet saved.")
    for column, value in _checked(data, automation.id).items():
        setattr(automation, column, value)
    db.session.flush()
    record(AutomationChanged(automation_id=automation.id, change="edited"))
    return automation


def set_automation_enabled(automation: Automation, enabled: bool) -> Automation:
    """Switch it. Off, it considers nothing, and what waits is skipped when its time comes."""
    automation = lock(automation)
    if automation.enabled != enabled:
        automation.enabled = enabled
        record(AutomationChanged(automation_id=automation.id, change="enabled" if enabled else "disabled"))
    return automation


def delete_automation(automation: Automation) -> None:
    """Take it out of the list; its log stays and `restore_automation` brings it back."""
    automation = lock(automation)
    automation.deleted_at = clock.now()
    record(AutomationChanged(automation_id=automation.id, change="deleted"))


def restore_automation(automation: Automation) -> Automation:
    """Undo `delete_automation`. Raises DomainError when its name was taken since."""
    automation = lock(automation)
    _refuse_taken_name(automation.name, automation.id)
    automation.deleted_at = None
    record(AutomationChanged(automation_id=automation.id, change="restored"))
    return automation


def _checked(data: AutomationData, own_id: str | None) -> dict[str, Any]:
    _refuse_taken_name(data.name, own_id)
    if data.trigger not in TRIGGERS:
        raise DomainError("Choose what it starts from.", "trigger")
    if not 0 <= data.delay_seconds <= LONGEST_DELAY_SECONDS:
        raise DomainError("Wait at most 90 days.", "delay")
    users = queries.user_names()
    try:
        checked_conditions = conditions.check(data.conditions, frozenset(users))
        checked_actions = actions.check(data.actions, actions.Names(queries.template_names(), users))
    except conditions.BadCondition as error:
        raise DomainError(error.message, f"conditions-{error.index}") from error
    except actions.BadAction as error:
        raise DomainError(error.message, f"actions-{error.index}") from error
    return {
        "name": data.name,
        "trigger": data.trigger,
        "delay_seconds": data.delay_seconds,
        "conditions": checked_conditions,
        "actions": checked_actions,
    }


def _refuse_taken_name(name: str, own_id: str | None) -> None:
    taken = select(Automation.id).where(Automation.name == name, Automation.deleted_at.is_(None))
    if db.session.scalar(taken.where(Automation.id != (own_id or ""))) is not None:
        raise DomainError("Another automation has this name.", "name")
