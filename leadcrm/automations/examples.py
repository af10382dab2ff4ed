"""Rules to start from: those of the sales handbook, and what most teams want first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from leadcrm.automations import queries
from leadcrm.automations.operations import AutomationData

DAY = 86_400


@dataclass(frozen=True)
class Example:
    """A rule in outline, of what every organization has.

    `template` is the purpose of the template it sends first; `flow` the shipped flow that leads enter in the end;
    `lacks` says what it cannot do yet.
    """

    title: str
    text: str
    data: AutomationData
    template: str = ""
    flow: str = ""
    lacks: str = ""


def _notify(to: str, text: str) -> dict[str, str]:
    return {"kind": "notify", "to": to, "text": text}


EXAMPLES: Mapping[str, Example] = {
    "new-prospect": Example(
        "New prospect",
        "Somebody new is qualified: write to them, make their account and a first opportunity, and tell the managers."
        " With a flow called “Nurture” (an example of flows), they enter it for their onboarding.",
        AutomationData(
            name="New prospect",
            trigger="lead.status_changed",
            conditions=(
                {"field": "status", "op": "is", "value": "qualified"},
                {"field": "account", "op": "is_not_set"},
            ),
            actions=(
                {"kind": "set_field", "field": "priority", "value": "high"},
                {"kind": "create_account", "to": "owner"},
                {"kind": "create_opportunity", "name": "", "opportunity": "new_business"},
                {"kind": "create_task", "title": "Call the new prospect", "to": "owner"},
                _notify("role:manager", "New qualified prospect"),
            ),
        ),
        template="follow_up",  # a welcome is a first hello, which nobody hears who was greeted when they came
        flow="Nurture",
    ),
    "existing-customer": Example(
        "Existing customer",
        "Somebody of a customer's is qualified: tell whoever looks after the account, and begin an upsell.",
        AutomationData(
            name="Existing customer",
            trigger="lead.status_changed",
            conditions=(
                {"field": "status", "op": "is", "value": "qualified"},
                {"field": "account", "op": "is_set"},
            ),
            actions=(
                _notify("account_owner", "Your customer wants more"),
                {"kind": "create_opportunity", "name": "", "opportunity": "upsell"},
                {"kind": "account_health", "points": "+10"},
                _notify("role:manager", "Upsell: a customer is qualified"),
            ),
        ),
        lacks="How engaged an account is in ESG is not kept yet.",
    ),
    "opportunity-created": Example(
        "Opportunity created",
        "A deal begins: write to them, look again three days later, and count it to the account's health.",
        AutomationData(
            name="Opportunity created",
            trigger="opportunity.created",
            conditions=({"field": "stage", "op": "is", "value": "prospecting"},),
            actions=(
                {"kind": "create_task", "title": "Follow up on the proposal", "to": "owner", "due_seconds": 3 * DAY},
                {"kind": "account_health", "points": "+5"},
            ),
        ),
        template="proposal",
    ),
    "no-reply": Example(
        "No reply for two days",
        "We wrote and heard nothing: ask the owner to call, and write once more two days later unless they replied.",
        AutomationData(
            name="No reply for two days",
            trigger="quiet.no_reply",
            quiet_seconds=2 * DAY,
            conditions=({"field": "status", "op": "is_not", "value": "unqualified"},),
            actions=({"kind": "create_task", "title": "Call: no reply to our mail", "to": "owner"},),
        ),
        template="follow_up",
    ),
    "no-answer": Example(
        "Nobody answers for an hour",
        "A lead wrote and waits: tell the managers.",
        AutomationData(
            name="Nobody answers for an hour",
            trigger="quiet.no_answer",
            quiet_seconds=3600,
            actions=(_notify("role:manager", "A lead waits for an answer"),),
        ),
    ),
    "gone-quiet": Example(
        "Quiet for two weeks",
        "Nothing was said for fourteen days: mark the lead and tell its owner.",
        AutomationData(
            name="Quiet for two weeks",
            trigger="quiet.no_activity",
            quiet_seconds=14 * DAY,
            conditions=(
                {"field": "status", "op": "is_not", "value": "converted"},
                {"field": "status", "op": "is_not", "value": "unqualified"},
            ),
            actions=(
                {"kind": "set_field", "field": "add_tag", "value": "quiet"},
                _notify("owner", "Nothing was said for two weeks"),
            ),
        ),
    ),
    "hot-lead": Example(
        "Hot lead",
        "The score reaches 70: put the lead first and tell its owner.",
        AutomationData(
            name="Hot lead",
            trigger="lead.scored",
            conditions=(
                {"field": "score", "op": "at_least", "value": 70},
                {"field": "priority", "op": "is_not", "value": "high"},
            ),
            actions=({"kind": "set_field", "field": "priority", "value": "high"}, _notify("owner", "This lead is hot")),
        ),
    ),
}


def started_from(example: Example) -> AutomationData:
    """The rule to edit, with the organization's own template and flow when it has such."""
    data = example.data
    actions = _writing(example, data)
    flow_id = next((flow_id for flow_id, name in queries.flow_names().items() if name == example.flow), None)
    if flow_id is not None:
        actions = (*actions, {"kind": "enrol", "flow_id": flow_id})
    return replace(data, actions=actions)


def _writing(example: Example, data: AutomationData) -> tuple[Mapping[str, Any], ...]:
    """The actions, with what is sent to the lead."""
    template = next((one for one in queries.templates() if one.purpose == example.template), None)
    if not example.template or template is None:
        return tuple(data.actions)
    send = {"kind": "send_template", "template_id": template.id}
    if data.quiet_seconds:  # remind first, write only when that was not enough
        pause = {"kind": "wait", "seconds": data.quiet_seconds, "stops_on_reply": True}
        return (*data.actions, pause, send)
    return (send, *data.actions)
