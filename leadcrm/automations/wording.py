"""An automation as the sentence it is: When … if … then …"""

from leadcrm.automations import actions, conditions
from leadcrm.automations.models import Automation
from leadcrm.automations.triggers import TRIGGERS

ENDED = (".”", "!”", "?”", "…”")  # what is quoted brings its own full stop
UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def sentence(automation: Automation, names: actions.Names) -> str:
    """`When a lead is created, if score is at least 70: wait 10 minutes, then notify managers: “Call them”.`"""
    parts = [f"When {TRIGGERS[automation.trigger]}"]
    if automation.conditions:
        parts.append(f", if {' and '.join(conditions.sentence(one, names.users) for one in automation.conditions)}")
    doing = " and ".join(actions.sentence(one, names) for one in automation.actions)
    wait = f"wait {duration(automation.delay_seconds)}, then " if automation.delay_seconds else ""
    stop = "" if doing.endswith(ENDED) else "."
    return f"{''.join(parts)}: {wait}{doing}{stop}"


def duration(seconds: int) -> str:
    """`10 minutes`, in the largest unit that divides it."""
    size, unit = next((size, unit) for size, unit in UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'}"
