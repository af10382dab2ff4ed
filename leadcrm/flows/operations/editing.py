"""Writing flows and their steps."""

from dataclasses import asdict

from sqlalchemy import select

from leadcrm.conversations.models import Message
from leadcrm.core.db import db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.flows.document import StepData, check_words
from leadcrm.flows.events import FlowChanged
from leadcrm.flows.models import Flow, FlowStep
from leadcrm.flows.operations.rewording import Rewording, begin_rewording
from leadcrm.flows.operations.switching import step_flow
from leadcrm.flows.seed import NEW_LEAD_NAME, NEW_LEAD_STEPS


def ensure_default_flow() -> Flow:
    """The organization's “New lead” flow, made with its three steps when it has no flow for new leads yet."""
    flow = db.session.scalars(select(Flow).where(Flow.trigger == "new_lead").order_by(Flow.created_at).limit(1)).first()
    if flow is None:
        flow = Flow(name=NEW_LEAD_NAME, trigger="new_lead", enabled=True, version=1)
        db.session.add(flow)
        db.session.flush()
        db.session.add_all(FlowStep(flow_id=flow.id, **step) for step in NEW_LEAD_STEPS)
        record(FlowChanged(flow_id=flow.id, change="created"))
    return flow


def create_flow(name: str) -> Flow:
    """An empty flow for new leads, switched off until a person switches it on. Raises DomainError for a taken name."""
    if db.session.scalar(select(Flow.id).where(Flow.name == name)) is not None:
        raise DomainError("Another flow has this name.", "name")
    flow = Flow(name=name, trigger="new_lead", enabled=False, version=1)
    db.session.add(flow)
    db.session.flush()
    record(FlowChanged(flow_id=flow.id, change="created"))
    return flow


def add_step(flow: Flow, data: StepData) -> FlowStep:
    """A new step, switched on. Leads already inside do not get it (D2). Raises DomainError for bad merge fields."""
    check_words(data)
    flow = lock(flow)
    step = FlowStep(flow_id=flow.id, enabled=True, **_columns(data))
    db.session.add(step)
    flow.version += 1
    db.session.flush()
    record(FlowChanged(flow_id=flow.id, change="step_added", step_id=step.id))
    return step


def edit_step(step: FlowStep, data: StepData, revision: int) -> Rewording:
    """Change a step; its waiting copies say the new words from now on (D3) and keep their time.

    Raises Conflict when the step changed since `revision` was shown; DomainError for bad merge fields, and for another
    type once messages of the step exist: a planned email cannot become a text.
    """
    check_words(data)
    flow = lock(step_flow(step))
    step = lock(step)
    if step.deleted_at is not None:
        raise Conflict("This step was deleted by someone else.")
    if step.revision != revision:
        raise Conflict("Someone else changed this step while you were writing. Their version is saved; yours is below.")
    if data.type != step.type and _has_messages(step):
        raise DomainError("Messages of this step exist already, so its type stays. Add a new step instead.", "type")
    said = (step.subject, step.content)
    for column, value in _columns(data).items():
        setattr(step, column, value)
    flow.version += 1
    db.session.flush()
    record(FlowChanged(flow_id=flow.id, change="step_edited", step_id=step.id))
    return Rewording() if (step.subject, step.content) == said else begin_rewording(step)


def _columns(data: StepData) -> dict:
    columns = asdict(data)
    if data.type != "email":
        columns["subject"] = ""
    return columns


def _has_messages(step: FlowStep) -> bool:
    return db.session.scalar(select(Message.id).where(Message.step_id == step.id).limit(1)) is not None
