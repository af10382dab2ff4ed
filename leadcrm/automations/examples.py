"""Rules to start from: those of the sales handbook, and what most teams want first."""

from collections.abc import Mapping
from dataclasses import dataclass

from leadcrm.automations import queries
from leadcrm.automations.operations import AutomationData

DAY = 86_400


@dataclass(frozen=True)
class Example:
    """A rule in outline. `template` is the purpose of the template it sends first; `lacks` what it cannot do yet."""

    title: str
    text: str
    data: AutomationData | None  # None: nothing of it can be done yet
    template: str = ""
    lacks: str = ""


def _notify(to: str, text: str) -> dict[str, str]:
    return {"kind": "notify", "to": to, "text": text}


EXAMPLES: Mapping[str, Example] = {
    "new-prospect": Example(
        "New prospect",
        "Somebody new is qualified: greet them, put them first, and tell the managers.",
        AutomationData(
            name="New prospect",
            trigger="lead.status_changed",
            conditions=(
                {"field": "status", "op": "is", "value": "qualified"},
                {"field": "tag", "op": "is_not", "value": "customer"},
            ),
            actions=(
                {"kind": "set_field", "field": "priority", "value": "high"},
                {"kind": "create_task", "title": "Call the new prospect", "to": "owner"},
                _notify("role:manager", "New qualified prospect"),
            ),
        ),
        template="welcome",
        lacks="Making the account and the opportunity, and choosing an account manager, wait for accounts.",
    ),
    "existing-customer": Example(
        "Existing customer",
        "A customer asks again: tell their owner and the managers at once.",
        AutomationData(
            name="Existing customer",
            trigger="lead.inquired",
            conditions=({"field": "tag", "op": "is", "value": "customer"},),
            actions=(
                {"kind": "set_field", "field": "priority", "value": "high"},
                {"kind": "set_field", "field": "score", "value": "+10"},
                _notify("owner", "A customer asks again"),
                _notify("role:manager", "Upsell: a customer asks again"),
            ),
        ),
        lacks="Until there are accounts, the tag “customer” says who is one; account health waits for them.",
    ),
    "opportunity-created": Example(
        "Opportunity created",
        "A proposal goes out, and somebody follows up three days later.",
        None,
        lacks="Waits for opportunities.",
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


def started_from(example: Example) -> AutomationData | None:
    """The rule to edit, with the organization's own template; None for an example that must wait."""
    data = example.data
    if data is None or not example.template:
        return data
    template = next((one for one in queries.templates() if one.purpose == example.template), None)
    if template is None:
        return data
    send = {"kind": "send_template", "template_id": template.id}
    if data.quiet_seconds:  # remind first, write only when that was not enough
        pause = {"kind": "wait", "seconds": data.quiet_seconds, "stops_on_reply": True}
        actions = (*data.actions, pause, send)
    else:
        actions = (send, *data.actions)
    return AutomationData(data.name, data.trigger, data.quiet_seconds, data.conditions, actions)
