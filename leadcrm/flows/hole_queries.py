"""Leads inside who would read a gap: a merge field without a fallback that nothing is known for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leadcrm.conversations import merge
from leadcrm.conversations.models import WAITING
from leadcrm.core import clock
from leadcrm.flows.document import StepDocument
from leadcrm.flows.draft_queries import Draft
from leadcrm.flows.impact import GAIN, Effects
from leadcrm.flows.impact_queries import BATCH, adjusted, effects_of, messages_of, passages_after
from leadcrm.flows.models import Flow
from leadcrm.identity import queries as identity
from leadcrm.leads import queries as leads


@dataclass(frozen=True)
class Hole:
    """A lead, the step that is still ahead of them, and the fields it cannot fill for them."""

    lead_id: str
    lead_name: str
    step_id: str
    step_name: str
    fields: tuple[str, ...]


def holes(flow: Flow, draft: Draft, audience: str) -> Iterator[Hole]:
    """Every gap that publishing now would leave, in the order the leads entered.

    Costs nothing where merge fields about leads have fallbacks, else three queries for every few hundred leads.
    """
    given = {"unsubscribe_url": "given to everybody", "organization_name": identity.organization().name}
    strict = {step.id: needed for step in draft.document.steps if (needed := required_fields(step, given))}
    if not strict:
        return
    steps = {step.id: step for step in draft.document.steps if step.id in strict}
    effects, now, after = effects_of(flow, draft, audience), clock.now(), ""
    told = tuple(step for step in effects.added if step.id in strict or step.greets)  # who is greeted first tells
    gains = Effects(added=told, flow_is_on=effects.flow_is_on)
    while passages := passages_after(flow.id, after, now, BATCH):
        ahead = _ahead(passages, strict, gains, now)
        values = leads.merge_values({passage.lead_id for passage in passages if passage.id in ahead})
        for passage in passages:
            for step_id in ahead.get(passage.id, ()):
                known = values[passage.lead_id]
                if gap := tuple(name for name in strict[step_id] if not known.get(name, "").strip()):
                    yield Hole(passage.lead_id, known["name"], step_id, steps[step_id].name, gap)
        after = passages[-1].id


def required_fields(step: StepDocument, given: Mapping[str, str]) -> list[str]:
    """The merge fields of a step without a fallback that are not `given` for everybody alike, in reading order."""
    try:
        merge.render(f"{step.subject}\n{step.content}", given)
    except merge.Hole as hole:
        return hole.names
    return []


def _ahead(passages, strict, gains: Effects, now) -> dict[str, list[str]]:
    """By passage the steps among `strict` that are still to be filled in for it."""
    ahead: dict[str, list[str]] = {}
    for enrolment_id, messages in messages_of([passage.id for passage in passages], strict).items():
        waiting = [step_id for step_id, row in messages.items() if row.status in WAITING and not row.rendered]
        if waiting:
            ahead[enrolment_id] = waiting
    for passage, found in adjusted(passages, gains, now) if gains.added else ():
        for adjustment in found:
            if adjustment.kind == GAIN and adjustment.step_id in strict:
                ahead.setdefault(passage.id, []).append(adjustment.step_id)
    return ahead
