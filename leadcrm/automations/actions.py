"""What an automation can do: the shape of each action and its words. Doing it: doing.py."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from leadcrm.automations.durations import duration, typed
from leadcrm.automations.models import LONGEST_URL, LONGEST_WAIT_SECONDS
from leadcrm.automations.names import Names
from leadcrm.leads.models import PRIORITIES

KINDS = {
    "send_template": "send the template",
    "wait": "wait",
    "set_field": "change",
    "create_note": "write a note",
    "notify": "notify",
    "create_task": "add a task",
    "enrol": "let them enter a flow",
    "leave_flow": "take them out of a flow",
    "create_account": "make an account for them",
    "create_opportunity": "begin an opportunity",
    "account_health": "change the account's health",
    "webhook": "call a webhook",
}
SETTABLE = {
    "status": "the status to",
    "priority": "the priority to",
    "score": "the score by",
    "source": "the source to",
    "interest": "the interest to",
    "owner": "the owner to",
    "account_owner": "the account's owner to",
    "add_tag": "the tags: add",
    "remove_tag": "the tags: remove",
}
SETTABLE_STATUSES = ("new", "contacted", "qualified", "unqualified")  # converting is more than a status
NOTIFIED_ROLES = {"owner": "owners of the organization", "manager": "managers", "rep": "reps", "marketing": "marketing"}
LONGEST = {"source": 60, "interest": 200, "add_tag": 40, "remove_tag": 40}
LONGEST_TEXT = {"create_note": 5000, "notify": 160, "create_task": 200, "create_opportunity": 200}
OWNERS = {"owner": "the lead's owner", "account_owner": "the account's owner"}
OPPORTUNITY_WORDS = {
    "new_business": "new business",
    "upsell": "an upsell",
    "cross_sell": "a cross-sell",
    "renewal": "a renewal",
}
MOST_ACTIONS = 20
HIGHEST_SCORE = 100
_POINTS = re.compile(r"[+-]?[0-9]{1,3}")

Action = Mapping[str, Any]


class BadAction(ValueError):
    """The action at `index` makes no sense; the message says why to the person who wrote it."""

    def __init__(self, index: int, message: str):
        super().__init__(message)
        self.index = index
        self.message = message


def check(actions: Sequence[Action], names: Names) -> list[dict[str, Any]]:
    """The actions in their stored shape. Raises BadAction for the first that makes no sense."""
    if not actions:
        raise BadAction(0, "Add at least one action.")
    if len(actions) > MOST_ACTIONS:
        raise BadAction(MOST_ACTIONS, f"At most {MOST_ACTIONS} actions.")
    if actions[-1].get("kind") == "wait":
        raise BadAction(len(actions) - 1, "Nothing follows this wait. Add what to do after it.")
    return [_checked(index, action, names) for index, action in enumerate(actions)]


def sentence(action: Action, names: Names) -> str:
    """`send the template “Welcome”`."""
    match action["kind"]:
        case "send_template":
            return f"send the template {_quoted(names.templates, action['template_id'])}"
        case "wait":
            return f"wait {duration(action['seconds'])}{' for a reply' if action['stops_on_reply'] else ''}"
        case "create_note":
            return f"write a note: “{_short(action['body'])}”"
        case "notify":
            return f"notify {_recipient_words(action['to'], names)}: “{_short(action['text'])}”"
        case "enrol":
            return f"let them enter the flow {_quoted(names.all_flows, action['flow_id'])}"
        case "leave_flow":
            return f"take them out of the flow {_quoted(names.all_flows, action['flow_id'])}"
        case "create_task":
            due = f", due in {duration(action['due_seconds'])}" if action["due_seconds"] else ""
            return f"add the task “{_short(action['title'])}” for {_assignee_words(action['to'], names)}{due}"
        case "create_account":
            return f"make an account for them, looked after by {_assignee_words(action['to'], names)}"
        case "create_opportunity":
            named = f" “{_short(action['name'])}”" if action["name"] else ""
            return f"begin the opportunity{named}, {OPPORTUNITY_WORDS[action['opportunity']]}"
        case "account_health":
            return f"change the account's health by {action['points']}"
        case "webhook":
            return f"call the webhook at {urlsplit(action['url']).hostname}"
        case _:
            value = action["value"]
            if action["field"] in OWNERS:
                value = names.users.get(value, "someone who left") if value else "nobody"
            return f"change {SETTABLE[action['field']]} {value}"


def in_words(actions: Sequence[Action], names: Names) -> str:
    """All of them in a row: `send the template “Welcome”, wait 2 days, then notify managers: “Call them”`."""
    words = ""
    for before, action in zip([None, *actions], actions, strict=False):
        if before is not None:
            joint = ", then " if before["kind"] == "wait" else ", " if action["kind"] == "wait" else " and "
            words += joint
        words += sentence(action, names)
    return words


def waits(actions: Sequence[Action]) -> bool:
    """Whether a run of them stops in the middle."""
    return any(action["kind"] == "wait" for action in actions)


def _checked(index: int, action: Action, names: Names) -> dict[str, Any]:
    kind = action.get("kind")
    match kind:
        case "send_template":
            return {"kind": kind, "template_id": _one_of(index, action.get("template_id"), names.templates, "template")}
        case "wait":
            return {"kind": kind, "seconds": _wait(index, action), "stops_on_reply": bool(action.get("stops_on_reply"))}
        case "create_note":
            return {"kind": kind, "body": _text(index, kind, action.get("body"))}
        case "notify":
            to = _recipient(index, action.get("to"), names)
            return {"kind": kind, "to": to, "text": _text(index, kind, action.get("text"))}
        case "create_task":
            return {
                "kind": kind,
                "title": _text(index, kind, action.get("title")),
                "to": _assignee(index, action.get("to"), names),
                "due_seconds": _due(index, action),
            }
        case "enrol":
            return {"kind": kind, "flow_id": _entered(index, action.get("flow_id"), names)}
        case "leave_flow":
            return {"kind": kind, "flow_id": _one_of(index, action.get("flow_id"), names.all_flows, "flow")}
        case "create_account":
            return {"kind": kind, "to": _manager(index, action.get("to"), names)}
        case "create_opportunity":
            return {"kind": kind, **_opportunity(index, action)}
        case "account_health":
            return {"kind": kind, "points": _points(index, str(action.get("points") or "").strip())}
        case "webhook":
            return {"kind": kind, "url": _url(index, action.get("url"))}
        case "set_field":
            return {"kind": kind, "field": action.get("field"), "value": _field_value(index, action, names)}
    raise BadAction(index, "Choose what to do.")


def _one_of(index: int, chosen: Any, known: Mapping[str, str], what: str) -> str:
    if chosen not in known:
        raise BadAction(index, f"Choose a {what}.")
    return chosen


def _entered(index: int, flow_id: Any, names: Names) -> str:
    if flow_id in names.campaigns:
        raise BadAction(index, "That flow belongs to a campaign, and only the campaign lets leads in. Choose another.")
    return _one_of(index, flow_id, names.flows, "flow")


def _wait(index: int, action: Action) -> int:
    """Seconds, as stored (`seconds`) or as typed (`amount` and `unit`)."""
    seconds = action.get("seconds")
    if seconds is None:
        seconds = typed(str(action.get("amount") or ""), str(action.get("unit")))
    if not (isinstance(seconds, int) and 60 <= seconds <= LONGEST_WAIT_SECONDS):
        raise BadAction(index, "Wait a minute at least, and at most 90 days.")
    return seconds


def _due(index: int, action: Action) -> int:
    """Seconds from now, as stored (`due_seconds`) or as typed; 0: by the lead's priority."""
    seconds = action.get("due_seconds", 0)
    if "amount" in action:
        amount = str(action["amount"] or "")
        seconds = typed(amount, str(action.get("unit"))) if amount else 0
    if not (isinstance(seconds, int) and 0 <= seconds <= LONGEST_WAIT_SECONDS):
        raise BadAction(index, "A number of minutes, hours or days, 90 days at most.")
    return seconds


def _assignee(index: int, to: Any, names: Names) -> str:
    prefix, _, rest = str(to or "").partition(":")
    if to in (*OWNERS, "nobody") or (prefix == "user" and rest in names.users):
        return to
    raise BadAction(index, "Choose whose task it is.")


def _manager(index: int, to: Any, names: Names) -> str:
    """Who looks after a new account: nobody can have been its owner before."""
    if to == "account_owner":
        raise BadAction(index, "A new account has no owner yet. Choose who looks after it.")
    return _assignee(index, to, names)


def _url(index: int, url: Any) -> str:
    """An address anybody could reach; where it leads is looked at again before each call."""
    text = str(url or "").strip()
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme == "https" and bool(parts.hostname) and parts.port in (None, 443)
    except ValueError:  # a port that is none, brackets that do not close
        is_whole = False
    if not is_whole or parts.username or parts.fragment or not text.isascii() or " " in text:
        raise BadAction(index, "Give the whole address, beginning with https://, without a user, a port or a #part.")
    if len(text) > LONGEST_URL:
        raise BadAction(index, f"At most {LONGEST_URL} characters.")
    return text


def _text(index: int, kind: str, value: Any) -> str:
    text = str(value or "").strip()
    if not text:
        raise BadAction(index, "Write what it shall say.")
    if len(text) > LONGEST_TEXT[kind]:
        raise BadAction(index, f"At most {LONGEST_TEXT[kind]} characters.")
    return text


def _opportunity(index: int, action: Action) -> dict[str, str]:
    """What it is about, "" for what follows from the lead, and of which kind it is."""
    name, kind = str(action.get("name") or ""), action.get("opportunity") or "new_business"
    if kind not in OPPORTUNITY_WORDS:
        raise BadAction(index, "Choose a kind of opportunity.")
    return {"name": _text(index, "create_opportunity", name) if name.strip() else "", "opportunity": kind}


def _recipient(index: int, to: Any, names: Names) -> str:
    prefix, _, rest = str(to or "").partition(":")
    if to in OWNERS or (prefix == "role" and rest in NOTIFIED_ROLES) or (prefix == "user" and rest in names.users):
        return to
    raise BadAction(index, "Choose whom to notify.")


def _field_value(index: int, action: Action, names: Names) -> str:
    field, value = action.get("field"), str(action.get("value") or "").strip()
    if field not in SETTABLE:
        raise BadAction(index, "Choose what to change.")
    if field == "score":
        return _points(index, value)
    people = ("", *names.users)
    allowed = {"status": SETTABLE_STATUSES, "priority": PRIORITIES, "owner": people, "account_owner": people}.get(field)
    if allowed is not None and value not in allowed:
        raise BadAction(index, "Choose one of the values.")
    if allowed is None and not value:
        raise BadAction(index, "Say the new value.")
    if field in ("add_tag", "remove_tag"):
        value = " ".join(value.split())  # as tags are kept
    if len(value) > LONGEST.get(field, 40):
        raise BadAction(index, f"At most {LONGEST[field]} characters.")
    return value


def _points(index: int, value: str) -> str:
    if not (_POINTS.fullmatch(value) and 1 <= abs(int(value)) <= HIGHEST_SCORE):
        raise BadAction(index, "A number of points from 1 to 100, or from -1 to -100 to take away.")
    return f"{int(value):+d}"


def _recipient_words(to: str, names: Names) -> str:
    prefix, _, rest = to.partition(":")
    if prefix == "role":
        return NOTIFIED_ROLES[rest]
    return names.users.get(rest, "someone who left") if prefix == "user" else OWNERS[to]


def _assignee_words(to: str, names: Names) -> str:
    return "nobody in particular" if to == "nobody" else _recipient_words(to, names)


def _quoted(known: Mapping[str, str], row_id: str) -> str:
    return f"“{known.get(row_id, 'which is gone')}”"


def _short(text: str, length: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
