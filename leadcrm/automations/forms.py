"""What people type into an automation. Conditions: condition_rows.py; actions stand in rows (`actions-0-kind`)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Optional, ValidationError
from wtforms.widgets import HiddenInput, NumberInput

from leadcrm.automations import actions
from leadcrm.automations.actions import MOST_ACTIONS
from leadcrm.automations.durations import UNITS, split, typed
from leadcrm.automations.models import Automation
from leadcrm.automations.names import Names
from leadcrm.automations.operations import AutomationData
from leadcrm.automations.triggers import GROUPS, SILENCES, TRIGGERS
from leadcrm.conversations.condition_rows import UNSAVABLE
from leadcrm.conversations.conditions import Group
from leadcrm.core.forms import Form, at_most, has_control_characters, tidy
from leadcrm.leads.models import PRIORITIES

MOST_ROWS = MOST_ACTIONS + 1
_ROW = re.compile(r"actions-(\d{1,3})-([a-z_]{1,20})")


class AutomationForm(Form):
    name = StringField("Name", [DataRequired("Give it a name."), at_most(80)])
    trigger = SelectField(
        "When",
        [InputRequired("Choose what it starts from.")],
        choices=[
            SelectChoice(name, TRIGGERS[name], optgroup=title) for title, names in GROUPS.items() for name in names
        ],
    )
    quiet = StringField("For", default="2", widget=NumberInput(min=1, step=1))
    quiet_unit = SelectField(
        "Unit", choices=[SelectChoice(unit, unit) for unit in UNITS], default="days", validate_choice=False
    )
    revision = IntegerField("Revision", [Optional()], widget=HiddenInput())

    def validate_quiet(self, field: StringField) -> None:
        if self.is_silence and typed(field.data or "", self.quiet_unit.data or "") is None:
            raise ValidationError("Say for how long, as a number.")

    @property
    def is_silence(self) -> bool:
        """Whether it starts from something that does not happen for a while."""
        return self.trigger.data in SILENCES

    def to_data(self, conditions: Group, actions: Sequence[Mapping[str, Any]]) -> AutomationData:
        """The verbs' argument; call it on a valid form."""
        return AutomationData(
            name=self.name.data or "",
            trigger=self.trigger.data,
            quiet_seconds=typed(self.quiet.data, self.quiet_unit.data) or 0 if self.is_silence else 0,
            conditions=conditions,
            actions=actions,
        )

    @classmethod
    def of(cls, rule: Automation | AutomationData) -> "AutomationForm":
        """The form filled with a rule."""
        if not rule.quiet_seconds:
            return cls(obj=rule)
        amount, unit = split(rule.quiet_seconds)
        return cls(obj=rule, data={"quiet": str(amount), "quiet_unit": unit})


def action_rows(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of actions in the order of their numbers, as typed."""
    rows: dict[int, dict[str, Any]] = {}
    for key, value in form.items():
        match = _ROW.fullmatch(key)
        if match and (int(match[1]) in rows or len(rows) < MOST_ROWS):
            rows.setdefault(int(match[1]), {})[match[2]] = tidy(value)
    return [rows[number] for number in sorted(rows)]


def shown_rows(actions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Stored actions as rows to edit."""
    return [{**action, **_amount(action.get("seconds") or action.get("due_seconds"))} for action in actions]


def _amount(seconds: int | None) -> dict[str, Any]:
    return dict(zip(("amount", "unit"), split(seconds), strict=True)) if seconds else {}


def unsavable_actions(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Errors by row (`actions-0`) for characters that cannot be saved."""
    bad = [index for index, row in enumerate(rows) if any(has_control_characters(value) for value in row.values())]
    return {f"actions-{index}": UNSAVABLE for index in bad}


def choices(names: Names) -> dict[str, list[tuple[str, str]]]:
    """What the selects of the form offer, as (value, words)."""
    people = list(names.users.items())
    return {
        "kinds": list(actions.KINDS.items()),
        "templates": list(names.templates.items()),
        "flows": list(names.flows.items()),
        "all_flows": list(names.all_flows.items()),
        "units": [(unit, unit) for unit in UNITS],
        "users": people,
        "settable": list(actions.SETTABLE.items()),
        "status": [(status, status.capitalize()) for status in actions.SETTABLE_STATUSES],
        "priority": [(priority, priority.capitalize()) for priority in PRIORITIES],
        "opportunities": list(actions.OPPORTUNITY_WORDS.items()),
        "assignees": [
            *actions.OWNERS.items(),
            ("nobody", "nobody in particular"),
            *((f"user:{user_id}", name) for user_id, name in people),
        ],
        "recipients": [
            *actions.OWNERS.items(),
            *((f"role:{role}", words) for role, words in actions.NOTIFIED_ROLES.items()),
            *((f"user:{user_id}", name) for user_id, name in people),
        ],
    }
