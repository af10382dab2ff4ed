"""Whether a rule acts on a fact: the guard against loops, then its conditions. Decides nothing about time."""

from collections.abc import Mapping
from typing import Any

from leadcrm.accounts.events import AccountArchived
from leadcrm.automations import queries
from leadcrm.automations.models import Automation
from leadcrm.automations.reach import why_nobody
from leadcrm.automations.subjects import Subject
from leadcrm.conversations import conditions
from leadcrm.core.events import Event
from leadcrm.leads.events import LeadArchived
from leadcrm.leads.models import Lead

DEEPEST = 3  # events caused by events caused by events


def why_stop(event: Event, depth: int) -> str:
    """Why no rule may act on this fact, in words; empty when they may."""
    if depth >= DEEPEST:
        return f"Stopped: {DEEPEST} automations in a row led to this event, which looks like a loop"
    if getattr(event, "origin", "") == "automation":
        what = "sent this message" if hasattr(event, "message_id") else "did this"
        return f"An automation {what}, and automations do not react to their own doings"
    if getattr(event, "automatic", False):
        return "An automatic reply, not the lead"
    return ""


def may_be_echo(rule: Automation, actor: str) -> bool:
    """Whether what `actor` began may come of this rule's own doing. What leads and people do never does.

    What a rule tells another program may come back by a token of our API.
    """
    if actor.startswith("token:"):
        return any(action["kind"] == "webhook" for action in rule.actions)
    return actor.startswith("automation:")


def why_not_begun(automation: Automation, subject: Subject, event: Event, facts: Mapping[str, Any]) -> str:
    """Why the rule does not begin on a fact that nothing stops, in words; empty when it does."""
    nobody = "" if isinstance(subject, Lead) else why_nobody(automation)
    return nobody or why_unmet(automation, subject, event, facts)


def why_unmet(automation: Automation, subject: Subject, event: Event | None, facts: Mapping[str, Any]) -> str:
    """What of the rule's conditions does not hold, in words; empty when all do."""
    what, news = ("lead", LeadArchived) if isinstance(subject, Lead) else ("account", AccountArchived)
    if subject.archived_at is not None and not isinstance(event, news):
        return f"The {what} is archived"
    if conditions.holds(automation.conditions, facts):
        return ""
    return conditions.why_not(automation.conditions, facts, queries.user_names())
