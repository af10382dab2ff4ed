"""Writing automations."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from leadcrm.automations import actions, demand, queries, webhooks
from leadcrm.automations.events import AutomationChanged
from leadcrm.automations.models import LONGEST_WAIT_SECONDS, Automation, AutomationRun
from leadcrm.automations.silences import NO_ACTIVITY
from leadcrm.automations.triggers import SHORTEST_SILENCE_SECONDS, SILENCES, TRIGGERS
from leadcrm.conversations import conditions
from leadcrm.conversations.condition_fields import FIELDS
from leadcrm.conversations.conditions import Condition, Group
from leadcrm.conversations.operations import ensure_default_templates, template_for
from leadcrm.core import clock
from leadcrm.core.db import after_commit, db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record

WELCOME_NAME = "Welcome New Leads"


@dataclass(frozen=True)
class AutomationData:
    """What a person writes about a rule; conditions and actions as conditions.py and actions.py name them.

    `quiet_seconds` is how long a silence lasts, for the triggers that are one, else 0.
    """

    name: str
    trigger: str
    quiet_seconds: int = 0
    conditions: Group | Sequence[Condition] = ()
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
    _refuse_taken_name(data.name, None)
    automation = Automation(enabled=True, **checked(data))
    _watch_from_now(automation)
    db.session.add(automation)
    db.session.flush()
    webhooks.ensure_secret(automation)
    _changed(automation, "created")
    return automation


def edit_automation(automation: Automation, data: AutomationData, revision: int) -> Automation:
    """Change a rule; runs in the middle go on as they began while its conditions hold. Raises Conflict when stale.

    A silence that is still waited for is the rule's own: it lasts as long as the rule says when it is over.
    """
    automation = lock(automation)
    if automation.deleted_at is not None or automation.revision != revision:
        raise Conflict("Someone else changed this automation while you were writing. Yours is below, not yet saved.")
    before = (automation.trigger, automation.quiet_seconds)
    _refuse_taken_name(data.name, automation.id)
    for column, value in checked(data).items():
        setattr(automation, column, value)
    if (automation.trigger, automation.quiet_seconds) != before:
        _watch_from_now(automation)
    webhooks.ensure_secret(automation)
    db.session.flush()
    _changed(automation, "edited")
    return automation


def set_automation_enabled(automation: Automation, enabled: bool) -> Automation:
    """Switch it. Off, it considers nothing, and what waits is skipped when its time comes."""
    automation = lock(automation)
    if automation.enabled != enabled:
        automation.enabled = enabled
        _watch_from_now(automation)
        _changed(automation, "enabled" if enabled else "disabled")
    return automation


def delete_automation(automation: Automation) -> None:
    """Take it out of the list; its log stays and `restore_automation` brings it back."""
    automation = lock(automation)
    automation.deleted_at = clock.now()
    _changed(automation, "deleted")


def restore_automation(automation: Automation) -> Automation:
    """Undo `delete_automation`. Raises DomainError when its name was taken since."""
    automation = lock(automation)
    _refuse_taken_name(automation.name, automation.id)
    automation.deleted_at = None
    _watch_from_now(automation)
    _changed(automation, "restored")
    return automation


def forget_words(account_ids: Collection[str], without: Callable[[str], str]) -> None:
    """What was said and told of these accounts stays in other words; what is about a lead goes with the lead."""
    runs = select(AutomationRun).where(AutomationRun.account_id.in_(account_ids)).order_by(AutomationRun.id)
    for run in db.session.scalars(runs.options(selectinload(AutomationRun.calls)).with_for_update()):
        run.reason, run.details = without(run.reason)[:300], _reworded(run.details, without)
        for call in run.calls:
            call.answer = without(call.answer)[:300]
            call.body = json.dumps(_reworded(json.loads(call.body), without), ensure_ascii=False)
    db.session.flush()


def _reworded(value: Any, without: Callable[[str], str]) -> Any:
    """Every text in something that came as JSON."""
    match value:
        case str():
            return without(value)
        case list():
            return [_reworded(one, without) for one in value]
        case dict():
            return {name: _reworded(one, without) for name, one in value.items()}
        case _:
            return value


def checked(data: AutomationData) -> dict[str, Any]:
    """The rule's columns. Raises DomainError, naming the field or row that makes no sense."""
    if data.trigger not in TRIGGERS:
        raise DomainError("Choose what it starts from.", "trigger")
    users = queries.user_names()
    try:
        checked_conditions = conditions.check(data.conditions, frozenset(users), FIELDS)
        checked_actions = actions.check(data.actions, queries.names())
    except conditions.BadCondition as error:
        raise DomainError(error.message, f"conditions-{error.place}") from error
    except actions.BadAction as error:
        raise DomainError(error.message, f"actions-{error.index}") from error
    return {
        "name": data.name,
        "trigger": data.trigger,
        "quiet_seconds": _silence(data),
        "conditions": checked_conditions,
        "actions": checked_actions,
    }


def _silence(data: AutomationData) -> int:
    if data.trigger not in SILENCES:
        return 0
    if not SHORTEST_SILENCE_SECONDS <= data.quiet_seconds <= LONGEST_WAIT_SECONDS:
        raise DomainError("Say for how long: a minute at least, and at most 90 days.", "quiet")
    return data.quiet_seconds


def _watch_from_now(automation: Automation) -> None:
    """Only what falls silent from here on counts: nobody wants hundreds of runs for leads that were quiet long ago."""
    automation.watched_from = clock.now() if automation.trigger == NO_ACTIVITY else None


def _changed(automation: Automation, change: str) -> None:
    record(AutomationChanged(automation_id=automation.id, change=change))
    after_commit(demand.forget)


def _refuse_taken_name(name: str, own_id: str | None) -> None:
    taken = select(Automation.id).where(Automation.name == name, Automation.deleted_at.is_(None))
    if db.session.scalar(taken.where(Automation.id != (own_id or ""))) is not None:
        raise DomainError("Another automation has this name.", "name")
