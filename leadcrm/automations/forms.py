"""What people type into an automation: rows of conditions and actions, by position (`conditions-0-field`)."""

import re
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput, NumberInput

from leadcrm.automations.conditions import MOST_CONDITIONS
from leadcrm.automations.models import Automation
from leadcrm.automations.operations import AutomationData
from leadcrm.automations.triggers import TRIGGERS
from leadcrm.core.forms import Form, has_control_characters, tidy

UNITS = {"minutes": 60, "hours": 3600, "days": 86_400}
_ROW = re.compile(r"(conditions|actions)-(\d{1,3})-([a-z_]{1,20})")
MOST_ROWS = MOST_CONDITIONS + 1


class AutomationForm(Form):
    name = StringField("Name", [DataRequired("Give it a name."), Length(max=80, message="At most 80 characters.")])
    trigger = SelectField(
        "When",
        [InputRequired("Choose what it starts from.")],
        choices=[SelectChoice(name, words) for name, words in TRIGGERS.items()],
    )
    delay = IntegerField(
        "Wait",
        [Optional(), NumberRange(0, 100_000, "A number of minutes, hours or days.")],
        default=0,
        widget=NumberInput(min=0, step=1),
    )
    delay_unit = SelectField("Unit", choices=[SelectChoice(unit, unit) for unit in UNITS], default="minutes")
    revision = IntegerField("Revision", [Optional()], widget=HiddenInput())

    def to_data(self, conditions: list[dict], actions: list[dict]) -> AutomationData:
        """The verbs' argument; call it on a valid form."""
        return AutomationData(
            name=self.name.data,
            trigger=self.trigger.data,
            delay_seconds=(self.delay.data or 0) * UNITS[self.delay_unit.data],
            conditions=conditions,
            actions=actions,
        )

    @classmethod
    def of(cls, automation: Automation) -> "AutomationForm":
        """The form filled with a rule."""
        seconds = automation.delay_seconds
        unit = next((unit for unit in reversed(UNITS) if seconds and seconds % UNITS[unit] == 0), "minutes")
        return cls(obj=automation, data={"delay": seconds // UNITS[unit], "delay_unit": unit})


def rows_of(form: MultiDict, kind: str) -> list[dict[str, Any]]:
    """The rows of `conditions` or `actions` in the order of their numbers, as typed."""
    rows: dict[int, dict[str, Any]] = {}
    for key, value in form.items():
        match = _ROW.fullmatch(key)
        if match and match[1] == kind and (int(match[2]) in rows or len(rows) < MOST_ROWS):
            rows.setdefault(int(match[2]), {})[match[3]] = tidy(value)
    return [rows[number] for number in sorted(rows)]


def unsavable_rows(kind: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Errors by row (`conditions-0`) for characters that cannot be saved."""
    bad = [index for index, row in enumerate(rows) if any(has_control_characters(value) for value in row.values())]
    return {f"{kind}-{index}": "This contains characters that cannot be saved. Please type it again." for index in bad}
