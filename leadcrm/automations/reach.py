"""What of a rule needs a lead: at some accounts nobody can be reached. Pure."""

from leadcrm.automations.actions import Action
from leadcrm.automations.models import Automation
from leadcrm.conversations import conditions
from leadcrm.conversations.condition_fields import EVENT_FIELDS

NOBODY = "Nobody at this account can be reached"
NOBODY_ASKED = f"{NOBODY}, and the conditions ask about a lead"
NOBODY_YET = f"{NOBODY} yet. It begins when somebody can, unless the automation changes first"
OF_ACCOUNTS = frozenset(("account", "account_health", *EVENT_FIELDS))  # conditions that need no lead
HOPEFUL = "account.created"  # an account is mostly made before anybody at it can be reached


def needs_lead(action: Action) -> bool:
    """Whether nothing can come of the action without a lead: messages, notes, tasks and flows are a lead's."""
    match action["kind"]:
        case "create_opportunity" | "account_health" | "webhook":
            return False
        case "notify":
            return action["to"] == "owner"
        case "set_field":
            return action["field"] != "account_owner"
        case "wait":
            return action["stops_on_reply"]
        case _:
            return True


def asks_for_lead(rule: Automation) -> bool:
    """Whether its conditions look at a lead."""
    return not conditions.fields_of(rule.conditions) <= OF_ACCOUNTS


def why_nobody(rule: Automation) -> str:
    """Why the rule does not begin where nobody can be reached, in words; empty when it does."""
    if rule.trigger == HOPEFUL and (asks_for_lead(rule) or any(map(needs_lead, rule.actions))):
        return NOBODY_YET
    return NOBODY_ASKED if asks_for_lead(rule) else ""
