"""How each action is done. Looking comes first and writes nothing, so that a test can say what would be done."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from leadcrm.automations import account_doings, loop_queries, queries, webhooks
from leadcrm.automations.actions import HIGHEST_SCORE, SETTABLE, Action
from leadcrm.automations.occasions import Occasion, Outcome, Plan
from leadcrm.automations.reach import NOBODY, needs_lead
from leadcrm.automations.subjects import account_of
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.wording import ADDRESS_WORDS
from leadcrm.core import clock
from leadcrm.core.errors import DomainError
from leadcrm.flows import operations as flows
from leadcrm.flows.planning import greeting_key
from leadcrm.identity import queries as identity
from leadcrm.leads import operations as leads
from leadcrm.leads import queries as lead_queries
from leadcrm.leads.models import Lead
from leadcrm.notifications import operations as notifications
from leadcrm.tasks import operations as tasks

TAKEN_OUT = "Taken out by an automation"
MOST_WRITTEN, MOST_WRITTEN_WITHIN = 5, timedelta(hours=1)  # by one rule to one lead
MACHINES = f"It wrote to this lead {MOST_WRITTEN} times within an hour, as when two machines answer each other"


def do(action: Action, occasion: Occasion) -> Outcome:
    """Do one action. Raises DomainError when a rule of another feature refuses."""
    plan = _looked(action, occasion)
    return plan if isinstance(plan, Outcome) else plan.deed()


def would_do(action: Action, occasion: Occasion) -> Outcome:
    """What `do` would answer, without doing it."""
    try:
        plan = _looked(action, occasion)
    except DomainError as error:
        return Outcome("failed", error.message)
    return plan if isinstance(plan, Outcome) else Outcome("would", plan.words)


def _looked(action: Action, occasion: Occasion) -> Plan | Outcome:
    if occasion.lead is None and needs_lead(action):
        return Outcome("skipped", NOBODY)
    return _LOOKING[action["kind"]](action, occasion)


def _send(action: Action, occasion: Occasion) -> Plan | Outcome:
    lead, template = occasion.lead, queries.template(action["template_id"])
    if template is None:
        return Outcome("failed", "The template was deleted")
    if lead.id not in lead_queries.address_of([lead.id], template.channel):
        return Outcome("skipped", f"The lead has no {ADDRESS_WORDS[template.channel]}")
    missing = conversations.missing_fields(lead, template.subject, template.content)
    if missing:
        return Outcome("failed", f"“{template.name}” needs {', '.join(missing)}, which this lead does not have")
    greets = template.purpose == "welcome"
    if greets and (greeted := queries.who_greeted(lead.id)):
        return Outcome("skipped", greeted)
    conversations.address_to_write_to(lead, template.channel)  # refuses an opt-out
    since = clock.now() - MOST_WRITTEN_WITHIN
    if occasion.run is not None and loop_queries.times_written(occasion.run, since) >= MOST_WRITTEN:
        return Outcome("skipped", MACHINES)

    def deed() -> Outcome:
        message = conversations.plan_message(
            lead_id=lead.id,
            channel=template.channel,
            subject=template.subject,
            content=template.content,
            origin="automation",
            intent_key=greeting_key(lead.id) if greets else occasion.key,
            automation_id=occasion.rule_id,
        )
        if message is None:
            return Outcome("skipped", queries.who_greeted(lead.id) or "This was said before")
        return Outcome("done", f"“{template.name}” was scheduled")

    return Plan(f"Send “{template.name}”", deed)


def _note(action: Action, occasion: Occasion) -> Plan:
    def deed() -> Outcome:
        leads.add_note(occasion.lead, action["body"], None)
        return Outcome("done", "The note was written")

    return Plan("Write the note", deed)


def _set(action: Action, occasion: Occasion) -> Plan | Outcome:
    lead, field, value = occasion.lead, action["field"], action["value"]
    if field == "account_owner":
        return account_doings.give(value, occasion)
    words = f"{SETTABLE[field]} {_shown(field, value)}"
    if not _changes(lead, field, value):
        return Outcome("skipped", f"Nothing to change: {words}")
    if field == "owner":
        identity.checked_owner(value)  # refuses whoever left

    def deed() -> Outcome:
        _change(lead, field, value, f"Automation “{occasion.rule_name}”")
        return Outcome("done", f"Changed {words}")

    return Plan(f"Change {words}", deed)


def _changes(lead: Lead, field: str, value: str) -> bool:
    match field:
        case "owner":
            return (lead.owner_id or "") != value
        case "score":
            return lead.score < HIGHEST_SCORE if int(value) > 0 else lead.score > 0
        case "add_tag" | "remove_tag":
            known = value.casefold() in {tag.name.casefold() for tag in lead.tags}
            return known is (field == "remove_tag")
        case _:
            return getattr(lead, field) != value


def _change(lead: Lead, field: str, value: str, reason: str) -> None:
    match field:
        case "status":
            leads.change_status(lead, value, reason)
        case "owner":
            leads.assign_lead(lead, value or None)
        case "score":
            leads.add_to_score(lead, int(value))
        case "add_tag":
            leads.set_tags(lead, [*(tag.name for tag in lead.tags), value])
        case "remove_tag":
            leads.set_tags(lead, [tag.name for tag in lead.tags if tag.name.casefold() != value.casefold()])
        case _:
            leads.set_field(lead, field, value)


def _shown(field: str, value: str) -> str:
    if field != "owner":
        return value
    return queries.user_names().get(value, "someone who left") if value else "nobody"


def _notify(action: Action, occasion: Occasion) -> Plan | Outcome:
    lead, to = occasion.lead, action["to"]
    subject, of_account = lead or account_of(occasion.account_id), to == "account_owner"
    user_ids = account_doings.owners(occasion) if of_account else queries.readers(to, subject)
    if not user_ids:
        what = "lead" if lead else "account"
        return Outcome("skipped", f"Nobody to notify: there is nobody, or they do not see the {what}")

    def deed() -> Outcome:
        title = f"{action['text']} ({subject.name})"[:200]
        page = f"/accounts/{occasion.account_id}" if of_account or lead is None else f"/leads/{lead.id}"
        notifications.notify(user_ids, occasion.key, title, page, "zap", lead_id=lead and lead.id)
        return Outcome("done", f"{len(user_ids)} notified")

    return Plan(f"Notify {len(user_ids)} of the team", deed)


def _enrol(action: Action, occasion: Occasion) -> Plan | Outcome:
    flow = queries.flow(action["flow_id"])
    if flow is None:
        return Outcome("failed", "The flow is gone")
    flows.refuse_campaigns_own(flow)
    if not flow.enabled:
        return Outcome("skipped", f"The flow “{flow.name}” is off")
    if occasion.lead.archived_at is not None:
        return Outcome("skipped", "The lead is archived")
    if queries.was_in_flow(occasion.lead.id, flow.id):
        return Outcome("skipped", f"The lead is or was in the flow “{flow.name}”")

    def deed() -> Outcome:
        if flows.enrol(occasion.lead, flow) is None:
            return Outcome("skipped", f"The lead is or was in the flow “{flow.name}”")
        return Outcome("done", f"Entered the flow “{flow.name}”")

    return Plan(f"Let them enter the flow “{flow.name}”", deed)


def _leave_flow(action: Action, occasion: Occasion) -> Plan | Outcome:
    flow = queries.flow(action["flow_id"])
    if flow is None:
        return Outcome("failed", "The flow is gone")
    if not queries.is_in_flow(occasion.lead.id, flow.id):
        return Outcome("skipped", f"The lead is not in the flow “{flow.name}”")

    def deed() -> Outcome:
        flows.leave_flow(occasion.lead, flow, TAKEN_OUT)
        return Outcome("done", f"Left the flow “{flow.name}”")

    return Plan(f"Take them out of the flow “{flow.name}”", deed)


def _task(action: Action, occasion: Occasion) -> Plan:
    title, lead = action["title"], occasion.lead
    due_at = clock.now() + timedelta(seconds=action["due_seconds"]) if action["due_seconds"] else None
    prefix, _, user_id = action["to"].partition(":")
    owner_id = next(iter(queries.recipients("owner", lead)), None)  # a task of one who left is nobody's
    of_account = next((one for one in account_doings.owners(occasion) if queries.sees(one, lead)), None)
    assignee_id = {"owner": owner_id, "account_owner": of_account, "user": user_id}.get(prefix)

    def deed() -> Outcome:
        tasks.create_task(
            lead, title=title, due_at=due_at, assignee_id=assignee_id, origin="automation", intent_key=occasion.key
        )
        return Outcome("done", f"The task “{title}” was added")

    return Plan(f"Add the task “{title}”", deed)


def _call(action: Action, occasion: Occasion) -> Plan:
    host = urlsplit(action["url"]).hostname

    def deed() -> Outcome:
        account = account_of(occasion.account_id)
        webhooks.queue_call(action["url"], occasion.run, occasion.index, occasion.lead, account, occasion.event)
        return Outcome("done", f"{host} is told")

    return Plan(f"Call the webhook at {host}", deed)


_LOOKING: dict[str, Callable[[Action, Occasion], Plan | Outcome]] = {
    "send_template": _send,
    "create_note": _note,
    "set_field": _set,
    "notify": _notify,
    "enrol": _enrol,
    "leave_flow": _leave_flow,
    "create_task": _task,
    "create_account": account_doings.make_account,
    "create_opportunity": account_doings.begin_opportunity,
    "account_health": account_doings.change_health,
    "webhook": _call,
}
