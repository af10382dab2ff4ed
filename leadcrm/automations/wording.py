"""An automation as the sentence it is: When … if … then …"""

from leadcrm.automations import actions
from leadcrm.automations.durations import duration
from leadcrm.automations.models import Automation
from leadcrm.automations.names import Names
from leadcrm.automations.triggers import TRIGGERS
from leadcrm.conversations import conditions

ENDED = (".”", "!”", "?”", "…”")  # what is quoted brings its own full stop


def sentence(automation: Automation, names: Names) -> str:
    """`When a lead is created, if score is at least 70: wait 10 minutes, then notify managers: “Call them”.`"""
    parts = [f"When {TRIGGERS[automation.trigger]}"]
    if automation.quiet_seconds:
        parts.append(f" for {duration(automation.quiet_seconds)}")
    if conditions.members(automation.conditions):
        parts.append(f", if {conditions.sentence(automation.conditions, names.users)}")
    doing = actions.in_words(automation.actions, names)
    stop = "" if doing.endswith(ENDED) else "."
    return f"{''.join(parts)}: {doing}{stop}"
