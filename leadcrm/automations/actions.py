"""What an automation can do: the shape of each action, its words, and how it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadcrm.automations import queries
from leadcrm.automations.models import AutomationRun
from leadcrm.conversations import operations as conversations
from leadcrm.leads import operations as leads
from leadcrm.leads import queries as lead_queries
from leadcrm.leads.models import PRIORITIES, Lead
from leadcrm.notifications import operations as notifications

KINDS = {
    "send_template": "send the template",
    "create_note": "write a note",
    "set_field": "change",
    "notify": "notify",
}
SETTABLE = {
    "status": "the status to",
    "priority": "the priority to",
    "source": "the source to",
    "interest": "the interest to",
    "owner": "the owner to",
    "add_tag": "the tags: add",
    "remove_tag": "the tags: remove",
}
SETTABLE_STATUSES = ("new", "contacted", "qualified", "unqualified")  # converting is more than a status
NOTIFIED_ROLES = {"owner": "owners of the organization", "manager": "managers", "rep": "reps", "marketing": "marketing"}
LONGEST = {"source": 60, "interest": 200, "add_tag": 40, "remove_tag": 40}
LONGEST_TEXT = {"create_note": 5000, "notify": 160}
MOST_ACTIONS = 20
ADDRESS_WORDS = {"email": "email address", "sms": "phone number", "whatsapp": "WhatsApp number"}

Action = Mapping[str, Any]


class BadAction(ValueError):
    """The action at `index` makes no sense; the message says why to the person who wrote it."""

    def __init__(self, index: int, message: str):
        super().__init__(message)
        self.index = index
        self.message = message


@dataclass(frozen=True)
class Names:
    """What actions point at, by id: the organization's templates and people."""

    templates: Mapping[str, str]
    users: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of one action: `done`, `skipped` or `failed`, and why in words."""

    state: str
    text: str


def check(actions: Sequence[Action], names: Names) -> list[dict[str, Any]]:
    """The actions in their stored shape. Raises BadAction for the first that makes no sense."""
    if not actions:
        raise BadAction(0, "Add at least one action.")
    if len(actions) > MOST_ACTIONS:
        raise BadAction(MOST_ACTIONS, f"At most {MOST_ACTIONS} actions.")
    return [_checked(index, action, names) for index, action in enumerate(actions)]


def sentence(action: Action, names: Names) -> str:
    """`send the template “Welcome”`."""
    match action["kind"]:
        case "send_template":
            return f"send the template “{names.templates.get(action['template_id'], 'which is gone')}”"
        case "create_note":
            return f"write a note: “{_short(action['body'])}”"
        case "notify":
            return f"notify {_recipient_words(action['to'], names)}: “{_short(action['text'])}”"
        case _:
            value = action["value"]
            shown = names.users.get(value, value) if action["field"] == "owner" else value
            return f"change {SETTABLE[action['field']]} {shown or 'nobody'}"


def do(action: Action, lead: Lead, run: AutomationRun, index: int) -> Outcome:
    """Do one action for the lead. Raises DomainError when a rule of another feature refuses."""
    doers = {"send_template": _send, "create_note": _note, "set_field": _set, "notify": _notify}
    return doers[action["kind"]](action, lead, run, index)


def _send(action: Action, lead: Lead, run: AutomationRun, index: int) -> Outcome:
    template = queries.template(action["template_id"])
    if template is None:
        return Outcome("failed", "The template was deleted")
    if lead.id not in lead_queries.address_of([lead.id], template.channel):
        return Outcome("skipped", f"The lead has no {ADDRESS_WORDS[template.channel]}")
    missing = conversations.missing_fields(lead, template.subject, template.content)
    if missing:
        return Outcome("failed", f"“{template.name}” needs {', '.join(missing)}, which this lead does not have")
    greets = template.purpose == "welcome"
    message = conversations.plan_message(
        lead_id=lead.id,
        channel=template.channel,
        subject=template.subject,
        content=template.content,
        origin="automation",
        intent_key=queries.greeting_key(lead.id) if greets else f"automation:{run.id}:{index}",
        automation_id=run.automation_id,
    )
    if message is None:
        return Outcome("skipped", queries.who_greeted(lead.id))
    return Outcome("done", f"“{template.name}” was scheduled")


def _note(action: Action, lead: Lead, run: AutomationRun, index: int) -> Outcome:
    leads.add_note(lead, action["body"], None)
    return Outcome("done", "The note was written")


def _set(action: Action, lead: Lead, run: AutomationRun, index: int) -> Outcome:
    field, value = action["field"], action["value"]
    words = f"{SETTABLE[field]} {_shown(field, value)}"
    changed = _change(lead, field, value, f"Automation “{run.automation.name}”")
    return Outcome("done", f"Changed {words}") if changed else Outcome("skipped", f"Nothing to change: {words}")


def _change(lead: Lead, field: str, value: str, reason: str) -> bool:
    match field:
        case "status":
            return leads.change_status(lead, value, reason) is not None
        case "owner":
            return leads.assign_lead(lead, value or None) is not None
        case "add_tag" | "remove_tag":
            others = [tag.name for tag in lead.tags if tag.name.casefold() != value.casefold()]
            known = len(others) < len(lead.tags)
            if known is (field == "add_tag"):
                return False
            return leads.set_tags(lead, [*others, value] if field == "add_tag" else others) is not None
        case _:
            changes = getattr(lead, field) != value
            leads.set_field(lead, field, value)
            return changes


def _shown(field: str, value: str) -> str:
    if field != "owner":
        return value
    return queries.user_names().get(value, "someone who left") if value else "nobody"


def _notify(action: Action, lead: Lead, run: AutomationRun, index: int) -> Outcome:
    user_ids = queries.recipients(action["to"], lead)
    if not user_ids:
        return Outcome("skipped", "Nobody to notify: the lead has no owner or the role is empty")
    title = f"{action['text']} ({lead.name})"[:200]
    key = f"automation:{run.id}:{index}"
    notifications.notify(user_ids, key, title, f"/leads/{lead.id}", "zap", lead_id=lead.id)
    return Outcome("done", f"{len(user_ids)} notified")


def _checked(index: int, action: Action, names: Names) -> dict[str, Any]:
    kind = action.get("kind")
    match kind:
        case "send_template":
            template_id = action.get("template_id")
            if template_id not in names.templates:
                raise BadAction(index, "Choose a template.")
            return {"kind": kind, "template_id": template_id}
        case "create_note":
            return {"kind": kind, "body": _text(index, kind, action.get("body"))}
        case "notify":
            to = _recipient(index, action.get("to"), names)
            return {"kind": kind, "to": to, "text": _text(index, kind, action.get("text"))}
        case "set_field":
            return {"kind": kind, "field": action.get("field"), "value": _field_value(index, action, names)}
    raise BadAction(index, "Choose what to do.")


def _text(index: int, kind: str, value: Any) -> str:
    text = str(value or "").strip()
    if not text:
        raise BadAction(index, "Write what it shall say.")
    if len(text) > LONGEST_TEXT[kind]:
        raise BadAction(index, f"At most {LONGEST_TEXT[kind]} characters.")
    return text


def _recipient(index: int, to: Any, names: Names) -> str:
    prefix, _, rest = str(to or "").partition(":")
    if to == "owner" or (prefix == "role" and rest in NOTIFIED_ROLES) or (prefix == "user" and rest in names.users):
        return to
    raise BadAction(index, "Choose whom to notify.")


def _field_value(index: int, action: Action, names: Names) -> str:
    field, value = action.get("field"), str(action.get("value") or "").strip()
    if field not in SETTABLE:
        raise BadAction(index, "Choose what to change.")
    allowed = {"status": SETTABLE_STATUSES, "priority": PRIORITIES, "owner": ("", *names.users)}.get(field)
    if allowed is not None and value not in allowed:
        raise BadAction(index, "Choose one of the values.")
    if allowed is None and not value:
        raise BadAction(index, "Say the new value.")
    if len(value) > LONGEST.get(field, 40):
        raise BadAction(index, f"At most {LONGEST[field]} characters.")
    return value


def _recipient_words(to: str, names: Names) -> str:
    prefix, _, rest = to.partition(":")
    if prefix == "role":
        return NOTIFIED_ROLES[rest]
    return names.users.get(rest, "someone who left") if prefix == "user" else "the lead's owner"


def _short(text: str, length: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
