"""Thousands of leads entering a flow: what `enrol` does for one, in a handful of statements for all of them.

Leads of one zone who can be written to in the same ways are planned alike, once. tests/flows/test_bulk_enrolling.py
holds the rows against those of `enrol`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, select, update

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import common_part, skip_waiting_of_enrolments, write_down
from leadcrm.core import bulk, clock, tenancy
from leadcrm.core.db import db
from leadcrm.core.events import record_all
from leadcrm.core.values import new_id
from leadcrm.core.zones import zone
from leadcrm.flows import queries
from leadcrm.flows.events import LeadEnrolled, LeadLeftFlow
from leadcrm.flows.models import Enrolment, Flow
from leadcrm.flows.operations.enrolling import HEAD_START, flow_that_is_on
from leadcrm.flows.planning import PlannedMessage, greeting_key, intent_key, own_key, plan
from leadcrm.flows.reach_queries import Reach, reach_of
from leadcrm.flows.reasons import ALREADY_GREETED, IS_ARCHIVED, WAS_INSIDE
from leadcrm.leads.models import Lead


@dataclass(frozen=True)
class Enrolled:
    """Ids of the new enrolments, and how many leads did not enter, by why."""

    enrolment_ids: tuple[str, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class _Passage:
    id: str
    lead_id: str
    started_at: datetime
    timezone: str
    number: int = 1


@dataclass(frozen=True)
class _Mould:
    """A planned message without whom it is for: `row` has everything but the columns of `_own`."""

    planned: PlannedMessage
    row: bulk.Row


def enrol_many(
    flow: Flow, lead_ids: Collection[str], *, campaign_id: str | None = None, head_start: timedelta = timedelta()
) -> Enrolled:
    """Let leads enter the flow, each as by `enrol`; only their threads appear when the first message leaves.

    Archived leads do not enter, and nobody does for a second time. The leads are locked until the transaction's
    end, so that an exit sees the passages.
    """
    leads = _locked(lead_ids)
    before = set(db.session.scalars(_been_inside(flow, lead_ids)))
    entering = [lead for lead in leads if lead.archived_at is None and lead.id not in before]
    now = clock.now()
    passages = [_Passage(new_id(), lead.id, now, lead.timezone) for lead in entering]
    if passages:
        _Batch(flow, campaign_id, now + head_start).write(passages)
    archived = sum(lead.archived_at is not None for lead in leads)
    why = {WAS_INSIDE: len(leads) - len(entering) - archived, IS_ARCHIVED: archived}
    return Enrolled(tuple(passage.id for passage in passages), {words: count for words, count in why.items() if count})


def enrol_ticked(flow: Flow, lead_ids: Collection[str]) -> Enrolled:
    """A person lets several leads in; nothing leaves before HEAD_START is over. Raises DomainError for a flow off."""
    return enrol_many(flow_that_is_on(flow), lead_ids, head_start=HEAD_START)


def leave_many(enrolment_ids: Collection[str], reason: str) -> int:
    """End those of these passages that run; what waits is skipped with the reason. Returns how many passages."""
    running = select(Enrolment.id, Enrolment.lead_id, Enrolment.flow_id)
    running = running.where(Enrolment.id.in_(enrolment_ids), Enrolment.state == "running")
    _locked([row.lead_id for row in db.session.execute(running)])
    ending = db.session.execute(running.order_by(Enrolment.id).with_for_update()).all()
    ids = [row.id for row in ending]
    if ids:
        skip_waiting_of_enrolments(ids, reason)
        gone = update(Enrolment).where(Enrolment.id.in_(ids))
        gone = gone.values(state="exited", exit_reason=reason, ended_at=clock.now())
        db.session.execute(gone.execution_options(synchronize_session=False))
        record_all(
            LeadLeftFlow(lead_id=row.lead_id, flow_id=row.flow_id, enrolment_id=row.id, reason=reason) for row in ending
        )
    return len(ids)


class _Batch:
    """The rows of leads who enter a flow at one moment; nothing leaves before `not_before`."""

    def __init__(self, flow: Flow, campaign_id: str | None, not_before: datetime):
        self.flow = flow
        self.campaign_id = campaign_id
        self.not_before = not_before
        self.steps = [step for step in queries.steps_of(flow.id) if step.enabled]
        self.moulds: dict[tuple, list[_Mould]] = {}
        self.waiting: list[bulk.Row] = []
        self.skipped: list[bulk.Row] = []
        self.greeted: set[str] = set()  # greeting keys that are taken

    def write(self, passages: Sequence[_Passage]) -> None:
        lead_ids = [passage.lead_id for passage in passages]
        reach = reach_of(lead_ids, self.steps)
        self.greeted = _greetings(lead_ids) if any(step.greets for step in self.steps) else set()
        enrolments, facts = [], []
        for passage in passages:
            known = len(self.waiting)
            ends_at = self._add(passage, reach[passage.lead_id])
            enrolments.append(self._enrolment(passage, ends_at))
            ids = {"lead_id": passage.lead_id, "flow_id": self.flow.id, "enrolment_id": passage.id}
            facts.append(LeadEnrolled(**ids, messages=len(self.waiting) - known))
        bulk.fill(Enrolment.__table__, enrolments)
        write_down(self.waiting)
        write_down(self.skipped)
        record_all(facts)

    def _add(self, passage: _Passage, reach: Reach) -> datetime:
        """Add the messages of a passage. Returns when the last of them is meant to leave."""
        ends_at = passage.started_at
        for mould in self._moulds_for(passage, reach):
            planned = mould.planned
            if not planned.skip_reason:
                ends_at = max(ends_at, planned.at)
            own = {"id": new_id(), "lead_id": passage.lead_id, "enrolment_id": passage.id}
            key = own_key(planned.step.id, passage.id) if planned.skip_reason else intent_key(planned.step, passage)
            if planned.skip_reason:
                self.skipped.append({**mould.row, **own, "intent_key": key})
            elif key in self.greeted:
                own["intent_key"] = own_key(planned.step.id, passage.id)
                self.skipped.append({**self._dropped(mould.row, ALREADY_GREETED), **own})
            else:
                self.waiting.append({**mould.row, **own, "intent_key": key})
                if planned.step.greets:
                    self.greeted.add(key)
        return ends_at

    def _moulds_for(self, passage: _Passage, reach: Reach) -> list[_Mould]:
        shape = (passage.timezone, *sorted(reach.addresses), *sorted(reach.barred.items()))
        if shape not in self.moulds:
            local = zone(passage.timezone)
            planned = plan(self.steps, passage, reach.addresses, local, self.not_before, reach.barred)
            self.moulds[shape] = [_Mould(message, self._row(message)) for message in planned]
        return self.moulds[shape]

    def _row(self, message: PlannedMessage) -> bulk.Row:
        row = common_part(lead_id="", intent_key="", campaign_id=self.campaign_id, **message.row())
        return self._dropped(row, message.skip_reason) if message.skip_reason else row

    @staticmethod
    def _dropped(row: bulk.Row, reason: str) -> bulk.Row:
        gone = {"status": "skipped", "reason": reason, "due_at": None, "useful_until": None}
        return {**row, **gone, "position_at": clock.now()}

    def _enrolment(self, passage: _Passage, ends_at: datetime) -> bulk.Row:
        return {
            "id": passage.id,
            "organization_id": tenancy.current_id(),
            "flow_id": self.flow.id,
            "lead_id": passage.lead_id,
            "number": passage.number,
            "started_at": passage.started_at,
            "timezone": passage.timezone,
            "last_message_at": ends_at,
            "campaign_id": self.campaign_id,
        }


def _locked(lead_ids: Collection[str]) -> Sequence[Row]:
    """Entering and leaving wait for each other: an exit must see the passage that another worker is just writing."""
    columns = (Lead.id, Lead.timezone, Lead.archived_at)
    return db.session.execute(select(*columns).where(Lead.id.in_(lead_ids)).order_by(Lead.id).with_for_update()).all()


def _been_inside(flow: Flow, lead_ids: Collection[str]):
    return select(Enrolment.lead_id).where(Enrolment.flow_id == flow.id, Enrolment.lead_id.in_(lead_ids))


def _greetings(lead_ids: Sequence[str]) -> set[str]:
    """Keys of the first hellos that were said to these leads, or will be. A twin that says one now breaks the unique
    key: this transaction is tried again, and finds it."""
    keys = [greeting_key(lead_id) for lead_id in lead_ids]
    return set(db.session.scalars(select(Message.intent_key).where(Message.intent_key.in_(keys))))
