"""What a draft would do to the leads inside if it were published now: counts, and the leads, page by page."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, select

from leadcrm.conversations.models import Message
from leadcrm.core import clock
from leadcrm.core.db import db
from leadcrm.core.zones import zone
from leadcrm.flows import impact
from leadcrm.flows.draft_queries import Draft
from leadcrm.flows.impact import GAIN, MOVE, NONE, Adjustment, Effects, adjustments
from leadcrm.flows.models import Enrolment, Flow
from leadcrm.flows.planning import greeting_key
from leadcrm.flows.reach_queries import Reach, reach_of
from leadcrm.leads.models import Lead

BATCH = 500  # passages read at a time
NOWHERE = Reach({}, {})

PASSAGE = (  # what `adjusted` has to know
    Enrolment.id, Enrolment.lead_id, Enrolment.number, Enrolment.started_at, Enrolment.timezone, Enrolment.days_behind
)  # fmt: skip
_MESSAGE = (
    Message.enrolment_id, Message.step_id, Message.id, Message.status, Message.reason, Message.scheduled_for,
    Message.rendered, Message.at_any_hour,
)  # fmt: skip


@dataclass(frozen=True)
class Count:
    """So many messages of one step change alike, or do not for the same reason."""

    step_id: str
    step_name: str
    kind: str  # gain, lose, move, reword, none
    reason: str
    messages: int


@dataclass(frozen=True)
class Impact:
    """What publishing now would do: of `running` leads inside, something changes for `affected`.

    `given`: how many of them gain a message, or get one at another time.
    """

    running: int
    affected: int
    given: int
    counts: tuple[Count, ...]

    def total(self, kind: str) -> int:
        """Messages that gain, lose, move or are reworded."""
        return sum(count.messages for count in self.counts if count.kind == kind)


@dataclass(frozen=True)
class AffectedLead:
    """A lead inside, in the zone of whose clock the moments are meant, and all that changes or does not and why."""

    lead: Lead
    timezone: str
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True)
class AffectedPage:
    """Leads in the order they entered; `next` is what to ask the following page `after`."""

    items: tuple[AffectedLead, ...]
    next: str | None


def effects_of(flow: Flow, draft: Draft, audience: str) -> Effects:
    """Which steps publishing this draft would touch for leads inside."""
    return Effects.of(draft.changes, draft.document, audience, flow_is_on=flow.enabled)


def impact_of(flow: Flow, draft: Draft, audience: str) -> Impact:
    """Counts over all running leads. Two seconds for ten thousand of them: for a page's own request."""
    running = affected = given = 0
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for _, found in all_adjusted(flow.id, effects_of(flow, draft, audience), clock.now()):
        running += 1
        affected += any(adjustment.kind != NONE for adjustment in found)
        given += any(adjustment.kind in (GAIN, MOVE) for adjustment in found)
        for key, messages in impact.counted(found).items():
            counts[key] += messages
    return Impact(running, affected, given, tuple(_named(counts, draft)))


def affected_leads(
    flow: Flow,
    draft: Draft,
    audience: str,
    *,
    kind: str | None = None,
    step_id: str | None = None,
    reason: str | None = None,
    after: str = "",
    limit: int = 50,
) -> AffectedPage:
    """The leads behind the counts: those for whom something changes, or those of one `kind`, step and reason."""

    def is_asked_for(adjustment: Adjustment) -> bool:
        right_kind = adjustment.kind == kind if kind else adjustment.kind != NONE
        return right_kind and step_id in (None, adjustment.step_id) and reason in (None, adjustment.reason)

    page: list[tuple[Row, list[Adjustment]]] = []
    effects = effects_of(flow, draft, audience)
    for passage, found in all_adjusted(flow.id, effects, clock.now(), after) if effects.step_ids else ():
        if any(is_asked_for(adjustment) for adjustment in found):
            page.append((passage, found))
        if len(page) > limit:
            break
    people = _people([passage.lead_id for passage, _ in page[:limit]])
    items = (AffectedLead(people[row.lead_id], row.timezone, tuple(found)) for row, found in page[:limit])
    return AffectedPage(tuple(items), page[limit - 1][0].id if len(page) > limit else None)


def all_adjusted(
    flow_id: str, effects: Effects, now: datetime, after: str = ""
) -> Iterator[tuple[Row, list[Adjustment]]]:
    """Every running passage with what changes for it, batch by batch."""
    while True:
        passages = passages_after(flow_id, after, now, BATCH)
        yield from adjusted(passages, effects, now)
        if len(passages) < BATCH:
            return
        after = passages[-1].id


def passages_after(flow_id: str, after: str, now: datetime, limit: int) -> Sequence[Row]:
    """Running passages that had begun by `now`, by id: (id, lead_id, number, started_at, timezone, days_behind)."""
    running = select(*PASSAGE).where(
        Enrolment.flow_id == flow_id, Enrolment.state == "running", Enrolment.id > after, Enrolment.started_at <= now
    )
    return db.session.execute(running.order_by(Enrolment.id).limit(limit)).all()


def adjusted(passages: Sequence[Row], effects: Effects, now: datetime) -> Iterator[tuple[Row, list[Adjustment]]]:
    """What changes for each of these passages, from a handful of queries for all."""
    messages = messages_of([passage.id for passage in passages], effects.step_ids)
    lead_ids = [passage.lead_id for passage in passages]
    reach = reach_of(lead_ids, effects.added) if effects.added else {}
    greeted = _greeted(lead_ids) if effects.greets else set()
    for passage in passages:
        theirs, local = reach.get(passage.lead_id, NOWHERE), zone(passage.timezone)
        planned, is_greeted = messages.get(passage.id, {}), passage.lead_id in greeted
        barred = theirs.barred
        yield (
            passage,
            adjustments(passage, effects, planned, theirs.addresses, local, now, barred=barred, greeted=is_greeted),
        )


def messages_of(enrolment_ids: Collection[str], step_ids: Collection[str]) -> dict[str, dict[str, Row]]:
    """Messages of these steps by enrolment and step."""
    found: dict[str, dict[str, Row]] = {}
    statement = select(*_MESSAGE).where(Message.enrolment_id.in_(enrolment_ids), Message.step_id.in_(step_ids))
    for row in db.session.execute(statement) if step_ids else ():
        found.setdefault(row.enrolment_id, {})[row.step_id] = row
    return found


def _greeted(lead_ids: Sequence[str]) -> set[str]:
    """Leads who were said hello to, or will be."""
    leads_of_keys = {greeting_key(lead_id): lead_id for lead_id in lead_ids}
    keys = db.session.scalars(select(Message.intent_key).where(Message.intent_key.in_(leads_of_keys)))
    return {leads_of_keys[key] for key in keys}


def _named(counts: dict[tuple[str, str, str], int], draft: Draft) -> Iterator[Count]:
    """In the order of the flow, what is removed last, and of a step what happens most first."""
    steps = {step.id: step.name for step in (*draft.document.steps, *draft.live.steps)}
    order = {step_id: number for number, step_id in enumerate(steps)}
    rows = sorted(counts.items(), key=lambda it: (order[it[0][0]], it[0][1] == NONE, -it[1], it[0]))
    for (step_id, kind, reason), messages in rows:
        yield Count(step_id, steps[step_id], kind, reason, messages)


def _people(lead_ids: Collection[str]) -> dict[str, Lead]:
    return {lead.id: lead for lead in db.session.scalars(select(Lead).where(Lead.id.in_(lead_ids)))}
