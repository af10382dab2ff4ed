"""A lead's passages through flows, each with what became of every step."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select

from leadcrm.conversations.models import Message
from leadcrm.core.db import db
from leadcrm.flows.fates import Fate, fates
from leadcrm.flows.models import Enrolment, Flow, FlowStep
from leadcrm.identity.models import User
from leadcrm.identity.permissions import visible_leads_filter
from leadcrm.leads.models import Lead

MOST_PASSAGES = 20

_MESSAGE = (
    Message.enrolment_id, Message.step_id, Message.status, Message.reason, Message.scheduled_for, Message.due_at,
    Message.sent_at, Message.id,
)  # fmt: skip


@dataclass(frozen=True)
class PassageStory:
    """One passage, and its flow's steps in the order they go out with what became of each."""

    passage: Enrolment
    flow: Flow
    steps: tuple[tuple[FlowStep, Fate], ...]


def stories(lead_id: str) -> list[PassageStory]:
    """The lead's passages, those that run first, then the newest. Four queries, however many there are."""
    passages = _passages(lead_id)
    flow_ids = {passage.flow_id for passage in passages}
    flows = {flow.id: flow for flow in db.session.scalars(select(Flow).where(Flow.id.in_(flow_ids)))}
    steps: dict[str, list[FlowStep]] = defaultdict(list)
    in_order = (FlowStep.day, FlowStep.time.is_not(None), FlowStep.time, FlowStep.created_at, FlowStep.id)
    for step in db.session.scalars(select(FlowStep).where(FlowStep.flow_id.in_(flow_ids)).order_by(*in_order)):
        steps[step.flow_id].append(step)
    messages = _messages([passage.id for passage in passages])
    return [
        PassageStory(
            passage, flows[passage.flow_id], tuple(fates(steps[passage.flow_id], messages[passage.id], passage))
        )
        for passage in passages
    ]


def passages_to_end(user: User, enrolment_ids: Sequence[str]) -> list[str]:
    """Those of the passages whose leads the person may see."""
    theirs = select(Enrolment.id).join(Lead, Lead.id == Enrolment.lead_id)
    visible = theirs.where(Enrolment.id.in_(enrolment_ids), visible_leads_filter(user, Lead.owner_id))
    return list(db.session.scalars(visible.order_by(Enrolment.id)))


def _passages(lead_id: str) -> Sequence[Enrolment]:
    running_first = (Enrolment.state != "running", Enrolment.started_at.desc(), Enrolment.id.desc())
    theirs = select(Enrolment).where(Enrolment.lead_id == lead_id).order_by(*running_first)
    return db.session.scalars(theirs.limit(MOST_PASSAGES)).all()


def _messages(enrolment_ids: Sequence[str]) -> dict[str, dict[str, Row]]:
    """Messages by enrolment and step."""
    found: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in db.session.execute(select(*_MESSAGE).where(Message.enrolment_id.in_(enrolment_ids))):
        found[row.enrolment_id][row.step_id] = row
    return found
