"""Reads of automations: what to consider, what a rule may look at, whom it names."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from leadcrm.accounts.events import AccountCreated, OpportunityStageChanged
from leadcrm.accounts.models import Opportunity
from leadcrm.automations.models import Automation, AutomationRun
from leadcrm.automations.names import Names
from leadcrm.automations.subjects import Subject
from leadcrm.automations.triggers import started_by
from leadcrm.conversations import queries as conversations
from leadcrm.conversations.events import MessageReceived, MessageSent
from leadcrm.conversations.models import Message, Template
from leadcrm.conversations.operations.consent import CONFIRMS
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.events import Event
from leadcrm.core.models import EventRow
from leadcrm.flows.models import Enrolment, Flow, FlowStep
from leadcrm.flows.planning import greeting_key
from leadcrm.identity import queries as identity
from leadcrm.identity.models import User
from leadcrm.identity.permissions import can_see_lead
from leadcrm.leads.events import LeadStatusChanged
from leadcrm.leads.models import Lead

ANSWERS = ("manual", "follow_up", "api", "assistant")  # origins of what somebody said to this lead, not to many
REPLY = (EventRow.name == MessageReceived.name, EventRow.data["automatic"].as_boolean().is_not(True))
ANSWER = (EventRow.name == MessageSent.name, EventRow.data["origin"].as_string().in_(ANSWERS))


def automation(automation_id: str) -> Automation:
    """The rule of that id, deleted or not."""
    return db.session.scalars(select(Automation).where(Automation.id == automation_id)).one()


def triggers_in_use() -> Sequence[str]:
    """What the organization's enabled rules start from. Flushes nothing: it is asked while a fact is recorded."""
    in_use = select(Automation.trigger).where(Automation.enabled, Automation.deleted_at.is_(None)).distinct()
    return db.session.scalars(in_use.order_by(Automation.trigger), execution_options={"autoflush": False}).all()


def enabled_for(event_name: str) -> list[Automation]:
    """The automations that this fact starts, or whose silence it begins, oldest first."""
    statement = select(Automation).where(
        Automation.trigger.in_(started_by(event_name)), Automation.enabled, Automation.deleted_at.is_(None)
    )
    return list(db.session.scalars(statement.order_by(Automation.created_at, Automation.id)))


def considered(event_id: int) -> set[str]:
    """Ids of the automations that have a run for this fact."""
    return set(db.session.scalars(select(AutomationRun.automation_id).where(AutomationRun.event_id == event_id)))


def hopeful(event_id: int) -> dict[str, AutomationRun]:
    """The runs of this fact that begin when somebody can be reached, by automation, locked."""
    runs = select(AutomationRun).where(AutomationRun.event_id == event_id, AutomationRun.hopes_for_lead)
    return {run.automation_id: run for run in db.session.scalars(runs.order_by(AutomationRun.id).with_for_update())}


def event_row(event_id: int) -> EventRow:
    """The fact a run began with."""
    return db.session.scalars(select(EventRow).where(EventRow.id == event_id)).one()


def made_before(account_id: str) -> EventRow | None:
    """The fact that the account was made; None when it was taken over from elsewhere without one."""
    made = select(EventRow).where(EventRow.account_id == account_id, EventRow.name == AccountCreated.name)
    return db.session.scalars(made.order_by(EventRow.id).limit(1)).one_or_none()


def is_farewell(event: Event) -> bool:
    """Whether the message confirms an opt-out: nobody waits for a reply to that."""
    confirms = select(Message.id).where(Message.id == event.message_id, Message.intent_key.startswith(CONFIRMS))
    return db.session.scalar(confirms) is not None


def last_reply(lead_id: str) -> datetime | None:
    """When the lead last wrote to us; an out-of-office is no reply."""
    return _newest(lead_id, REPLY)


def last_answer(lead_id: str) -> datetime | None:
    """When somebody last wrote to the lead; what flows and automations say is no answer."""
    return _newest(lead_id, ANSWER)


def broke_silence(trigger: str, lead_id: str, after: datetime, until: datetime) -> bool:
    """Whether what the silence is about happened after one moment and until another."""
    return _newest(lead_id, (*_breaks(trigger), EventRow.at > after, EventRow.at <= until)) is not None


def began_before(trigger: str, fact: EventRow) -> bool:
    """Whether the silence in which this fact stands began with an earlier one of its kind."""
    broken = _newest(fact.lead_id, (*_breaks(trigger), EventRow.id < fact.id))
    earlier = select(EventRow.id).where(
        EventRow.lead_id == fact.lead_id,
        EventRow.name == fact.name,
        EventRow.id < fact.id,
        EventRow.data["automatic"].as_boolean().is_not(True),
    )
    if broken is not None:
        earlier = earlier.where(EventRow.at > broken)
    return db.session.scalar(earlier.limit(1)) is not None


def replied_since(lead_id: str, moment: datetime) -> bool:
    """Whether the lead wrote to us at that moment or after it."""
    heard = last_reply(lead_id)
    return heard is not None and heard >= moment


def _breaks(trigger: str) -> tuple[ColumnElement[bool], ...]:
    return REPLY if trigger == "quiet.no_reply" else ANSWER


def _newest(lead_id: str, what: tuple[ColumnElement[bool], ...]) -> datetime | None:
    said = select(EventRow.at).where(EventRow.lead_id == lead_id, *what)
    return db.session.scalar(said.order_by(EventRow.id.desc()).limit(1))


def facts_of_one(subject: Subject, event: Event | None, fields: Collection[str]) -> dict[str, Any]:
    """What conditions on these fields (condition_fields.FIELDS) are tested against."""
    return facts_of_many([(subject, event)], fields)[0]


def facts_of_many(pairs: Sequence[tuple[Subject, Event | None]], fields: Collection[str]) -> list[dict[str, Any]]:
    """The same for many leads, accounts and facts, in the order given and in as many queries as for one."""
    fields = set(fields)
    leads = conversations.facts_of({one.id for one, _ in pairs if isinstance(one, Lead)}, clock.now(), fields)
    texts = _message_texts(event for _, event in pairs) if "message" in fields else {}
    deals = _deals(event for _, event in pairs) if fields & {"stage", "amount"} else {}
    return [_own(one, leads) | _told(event, texts) | _of_deal(event, deals) for one, event in pairs]


def _own(subject: Subject, leads: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """A lead's facts, and of an account what a lead of it would share with it."""
    if isinstance(subject, Lead):
        return leads[subject.id]
    return {"account": subject.id, "account_health": subject.health}


def _of_deal(event: Event | None, deals: Mapping[str, Opportunity]) -> dict[str, Any]:
    """Of the opportunity the event is about: the stage it came to then, and what it is worth now."""
    deal = deals.get(getattr(event, "opportunity_id", None) or "")
    if deal is None:
        return {}
    stage = event.new if isinstance(event, OpportunityStageChanged) else getattr(event, "stage", deal.stage)
    return {"stage": stage, "amount": deal.amount}


def _deals(events: Iterable[Event | None]) -> dict[str, Opportunity]:
    ids = {event.opportunity_id for event in events if getattr(event, "opportunity_id", None)}
    return {deal.id: deal for deal in db.session.scalars(select(Opportunity).where(Opportunity.id.in_(ids)))}


def _told(event: Event | None, texts: dict[str, str]) -> dict[str, Any]:
    return {
        "channel": getattr(event, "channel", ""),
        "message": texts.get(getattr(event, "message_id", ""), ""),
        "old_status": event.old if isinstance(event, LeadStatusChanged) else "",
        "added_tag": getattr(event, "added", ()),
        "removed_tag": getattr(event, "removed", ()),
    }


def _message_texts(events: Iterable[Event | None]) -> dict[str, str]:
    ids = {event.message_id for event in events if getattr(event, "message_id", None)}
    if not ids:
        return {}
    return dict(db.session.execute(select(Message.id, Message.content).where(Message.id.in_(ids))).all())


def template(template_id: str) -> Template | None:
    """The template, unless it was put away."""
    statement = select(Template).where(Template.id == template_id, Template.archived_at.is_(None))
    return db.session.scalars(statement).one_or_none()


def templates() -> list[Template]:
    """Templates an automation may send."""
    return list(db.session.scalars(select(Template).where(Template.archived_at.is_(None)).order_by(Template.name)))


def who_greeted(lead_id: str) -> str:
    """Why there is no second hello, in words; empty when there was none yet."""
    greeting = (
        select(Message.origin, Flow.name)
        .outerjoin(FlowStep, FlowStep.id == Message.step_id)
        .outerjoin(Flow, Flow.id == FlowStep.flow_id)
        .where(Message.intent_key == greeting_key(lead_id))
    )
    row = db.session.execute(greeting).one_or_none()
    if row is None:
        return ""
    return f"The flow “{row.name}” already greets this lead" if row.origin == "flow" else "This lead was greeted before"


def readers(to: str, subject: Subject) -> list[str]:
    """The recipients; for an owner who left, those who run the team."""
    found = recipients(to, subject)
    owner_left = to == "owner" and subject.owner_id is not None and not found
    return identity.active_managers() if owner_left else found


def recipients(to: str, subject: Subject) -> list[str]:
    """Ids of the people `owner`, `role:<role>` or `user:<id>` stands for who may sign in and see lead or account."""
    prefix, _, rest = to.partition(":")
    statement = select(User).where(User.disabled_at.is_(None))
    if prefix == "role":
        statement = statement.where(User.role == rest)
    else:
        statement = statement.where(User.id == (rest if prefix == "user" else subject.owner_id))
    return [user.id for user in db.session.scalars(statement.order_by(User.id)) if can_see_lead(user, subject)]


def sees(user_id: str, lead: Lead) -> bool:
    """Whether the colleague sees the lead."""
    user = db.session.scalar(select(User).where(User.id == user_id))
    return user is not None and can_see_lead(user, lead)


def flow(flow_id: str) -> Flow | None:
    """The flow of that id."""
    return db.session.scalars(select(Flow).where(Flow.id == flow_id)).one_or_none()


def was_in_flow(lead_id: str, flow_id: str) -> bool:
    """Whether the lead has ever entered the flow: nobody enters twice by a rule."""
    passages = select(Enrolment.id).where(Enrolment.lead_id == lead_id, Enrolment.flow_id == flow_id)
    return db.session.scalar(passages.limit(1)) is not None


def is_in_flow(lead_id: str, flow_id: str) -> bool:
    """Whether the lead runs through the flow now."""
    running = select(Enrolment.id).where(
        Enrolment.lead_id == lead_id, Enrolment.flow_id == flow_id, Enrolment.state == "running"
    )
    return db.session.scalar(running.limit(1)) is not None


def names() -> Names:
    """What actions may point at."""
    return Names(template_names(), user_names(), flow_names(), flow_names(of_campaigns=True))


def flow_names(*, of_campaigns: bool = False) -> dict[str, str]:
    """Names by id of the flows that rules may let leads into, or of those that campaigns keep to themselves."""
    named = select(Flow.id, Flow.name).where((Flow.trigger == "campaign") == of_campaigns)
    return dict(db.session.execute(named.order_by(Flow.name, Flow.id)).all())


def user_names() -> dict[str, str]:
    """Names of the team by id; providers are not of it."""
    return dict(identity.staff())


def template_names() -> dict[str, str]:
    """Names of the templates in use by id."""
    return {template.id: template.name for template in templates()}


def automation_list() -> list[Automation]:
    """All automations, by name."""
    statement = select(Automation).where(Automation.deleted_at.is_(None))
    return list(db.session.scalars(statement.order_by(Automation.name, Automation.id)))


def names_of(ids: Collection[str]) -> dict[str, str]:
    """Names of automations by id, also those that were deleted."""
    return dict(db.session.execute(select(Automation.id, Automation.name).where(Automation.id.in_(ids))).all())
