"""What people type about sending: quiet hours and sending days of each channel, and the gap."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from wtforms import IntegerField, SelectField, SelectMultipleField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from leadcrm.conversations.models import CHANNELS, TEXTS
from leadcrm.conversations.sending_policy import Policy, Window
from leadcrm.conversations.sending_words import DAYS, GAPS, has_quiet_hours
from leadcrm.core.forms import Form

MINUTE = timedelta(minutes=1)
MOST_A_DAY = 1_000_000  # more is a slip


def both_or_neither(form: "WindowForm", field: TimeField) -> None:
    """Quiet hours have two ends or none."""
    other = form.quiet_until if field is form.quiet_from else form.quiet_from
    if not _is_typed(field):
        field.errors = []
        raise StopValidation("Type both times, or leave both empty." if _is_typed(other) else "")


def another_time(form: "WindowForm", field: TimeField) -> None:
    """From eight to eight would be no time at all, or all day: nobody knows."""
    if field.data is not None and field.data == form.quiet_from.data:
        raise StopValidation("This is the time they begin. Leave both empty for no quiet hours.")


def some_day(form: "WindowForm", field: SelectMultipleField) -> None:
    """Without any, nothing would ever leave."""
    if not field.data:
        raise StopValidation("Choose at least one day, or nothing would ever leave.")


class WindowForm(Form):
    """When one channel is open."""

    quiet_from = TimeField("Quiet from", [both_or_neither], format=["%H:%M", "%H:%M:%S"])
    quiet_until = TimeField("Quiet until", [both_or_neither, another_time], format=["%H:%M", "%H:%M:%S"])
    days = SelectMultipleField(
        "Sending days",
        [some_day],  # DataRequired would want every box ticked
        choices=[SelectChoice(number, name[:3]) for number, name in enumerate(DAYS)],
        coerce=int,
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )

    @property
    def window(self) -> Window:
        """What was typed; of a valid form."""
        days = frozenset(self.days.data)
        if self.quiet_from.data is None:
            return Window(days=days)
        return Window(self.quiet_from.data.replace(second=0), self.quiet_until.data.replace(second=0), days)

    @classmethod
    def of(cls, window: Window, prefix: str) -> "WindowForm":
        """The form filled with a window."""
        quiet = {"quiet_from": window.quiet_from, "quiet_until": window.quiet_until} if has_quiet_hours(window) else {}
        return cls(prefix=prefix, data={"days": sorted(window.days), **quiet})


class GapForm(Form):
    """How far apart automatic messages to one lead are."""

    gap = SelectField(
        "Gap between two messages to one lead",
        choices=[SelectChoice(minutes, words) for minutes, words in GAPS.items()],
        coerce=int,
    )


class BudgetForm(Form):
    """How many texts may leave in a day."""

    per_day = IntegerField(
        "At most a day",
        [
            InputRequired(message="Type how many may leave in a day."),
            NumberRange(1, MOST_A_DAY, message=f"Type a whole number from 1 to {MOST_A_DAY:,}."),
        ],
    )


class SendingForm:
    """All of it: a `WindowForm` per channel and a `BudgetForm` per channel of texts, whose fields' names begin with the
    channel, and the gap."""

    def __init__(self, channels: Mapping[str, WindowForm], budgets: Mapping[str, BudgetForm], gap: GapForm):
        self.channels, self.budgets, self.gap = channels, budgets, gap

    @classmethod
    def of(cls, policy: Policy, per_day: Mapping[str, int]) -> "SendingForm":
        """Filled with the rules there are."""
        return cls(
            {channel: WindowForm.of(policy.windows[channel], channel) for channel in CHANNELS},
            {channel: BudgetForm(prefix=channel, data={"per_day": number}) for channel, number in per_day.items()},
            GapForm(data={"gap": policy.gap // MINUTE}),
        )

    @classmethod
    def posted(cls, values: Any) -> "SendingForm":
        """As it was sent."""
        return cls(
            {channel: WindowForm(values, prefix=channel) for channel in CHANNELS},
            {channel: BudgetForm(values, prefix=channel) for channel in TEXTS},
            GapForm(values),
        )

    def validate(self) -> bool:
        """Look at every part, so that all complaints are said at once."""
        parts = (*self.channels.values(), *self.budgets.values(), self.gap)
        complaints = [form for form in parts if not form.validate()]
        return not complaints

    @property
    def per_day(self) -> dict[str, int]:
        """Texts allowed in a day, by channel; of a valid form."""
        return {channel: form.per_day.data for channel, form in self.budgets.items()}

    @property
    def policy(self) -> Policy:
        """What was typed; of a valid form."""
        windows = {channel: form.window for channel, form in self.channels.items()}
        return Policy(windows, self.gap.gap.data * MINUTE)


def _is_typed(field: TimeField) -> bool:
    return bool(field.data is not None or (field.raw_data and field.raw_data[0].strip()))
