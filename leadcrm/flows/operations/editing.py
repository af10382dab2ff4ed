"""Writing flows and their steps."""

from dataclasses import asdict, replace

from sqlalchemy import select

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import set_conditions
from leadcrm.core.db import db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import record
from leadcrm.core.values import new_id
from leadcrm.flows.document import LONGEST_NAME, FlowDocument, StepData, check_words
from leadcrm.flows.draft_queries import draft_of
from leadcrm.flows.edits import COPY
from leadcrm.flows.events import FlowChanged
from leadcrm.flows.models import Flow, FlowStep
from leadcrm.flows.operations.rewording import COPIED, Rewording, begin_rewording
from leadcrm.flows.operations.switching import step_flow
from leadcrm.flows.seed import NEW_LEAD

CONTENT = ("type", "name", "subject", "content", "day", "time", "greets", "when_late", "only_if")
LONGEST_NUMBER = 6  # of a name, with its brackets


def ensure_default_flow() -> Flow:
    """The organization's “New lead” flow, made with its three steps when it has no flow for new leads yet."""
    flow = db.session.scalars(select(Flow).where(Flow.trigger == "new_lead").order_by(Flow.created_at).limit(1)).first()
    if flow is None:
        flow = create_flow_from(NEW_LEAD.document(), NEW_LEAD.trigger)
        flow.enabled = True
    return flow


def create_flow_from(document: FlowDocument, trigger: str) -> Flow:
    """A flow with these steps, off until a person switches it on: a copy, an example, a file.

    It is called as the document is, or nearly so where that name is taken; its steps keep the document's ids.
    """
    flow = create_flow(_free_name(document.name), trigger)
    db.session.add_all(
        FlowStep(id=step.id, flow_id=flow.id, enabled=step.enabled, **{name: getattr(step, name) for name in CONTENT})
        for step in document.steps
    )
    db.session.flush()
    set_conditions({step.id: step.only_if for step in document.steps})
    return flow


def copy_flow(flow: Flow) -> Flow:
    """The same once more, as it is drafted, switched off."""
    document = draft_of(flow).document
    steps = tuple(replace(step, id=new_id()) for step in document.steps)
    trigger = "manual" if flow.trigger == "campaign" else flow.trigger
    return create_flow_from(FlowDocument(document.name[: LONGEST_NAME - len(COPY)] + COPY, steps), trigger)


def create_flow(name: str, trigger: str = "new_lead") -> Flow:
    """An empty flow, switched off until a person switches it on. Raises DomainError for a taken name."""
    if db.session.scalar(select(Flow.id).where(Flow.name == name)) is not None:
        raise DomainError("Another flow has this name.", "name")
    flow = Flow(name=name, trigger=trigger, enabled=False, version=1)
    db.session.add(flow)
    db.session.flush()
    record(FlowChanged(flow_id=flow.id, change="created"))
    return flow


def add_step(flow: Flow, data: StepData) -> FlowStep:
    """A new step, switched on. Leads already inside do not get it. Raises DomainError for bad merge fields."""
    check_words(data)
    flow = lock(flow)
    step = FlowStep(flow_id=flow.id, enabled=True, **_columns(data))
    db.session.add(step)
    flow.version += 1
    db.session.flush()
    set_conditions({step.id: step.only_if})
    record(FlowChanged(flow_id=flow.id, change="step_added", step_id=step.id))
    return step


def edit_step(step: FlowStep, data: StepData, revision: int) -> Rewording:
    """Change a step; its waiting copies say the new words from now on and keep their time.

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
    said = [getattr(step, name) for name in COPIED]
    for column, value in _columns(data).items():
        setattr(step, column, value)
    flow.version += 1
    db.session.flush()
    set_conditions({step.id: step.only_if})
    record(FlowChanged(flow_id=flow.id, change="step_edited", step_id=step.id))
    return Rewording() if [getattr(step, name) for name in COPIED] == said else begin_rewording(step)


def _free_name(name: str) -> str:
    """`Nurture`, or `Nurture (2)` where it is taken."""
    like = select(Flow.name).where(Flow.name.startswith(name[: LONGEST_NAME - LONGEST_NUMBER], autoescape=True))
    taken = set(db.session.scalars(like))
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name[: LONGEST_NAME - LONGEST_NUMBER]} ({number})"
    return free


def _columns(data: StepData) -> dict:
    columns = asdict(data)
    if data.type != "email":
        columns["subject"] = ""
    return columns


def _has_messages(step: FlowStep) -> bool:
    return db.session.scalar(select(Message.id).where(Message.step_id == step.id).limit(1)) is not None
