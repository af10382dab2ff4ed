"""Steps come, go, move and change at random while leads run, some of them leave, and the worker sends.

Two hundred leads in the suite; `LEADCRM_RANDOM_LEADS=1000` in the environment is the long form, and
`LEADCRM_RANDOM_SEEDS=5` tells five stories (`make soak PARTS=flows`).

All in one thread, so that a seed tells the whole story: people and leads act between the worker's turns, and in the
middle of its calls, when one message is on its way and up to nineteen more are claimed and written out behind it.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from leadcrm.adapters.ports import OutgoingEmail, Sent, TryLater
from leadcrm.conversations import delivery
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Message
from leadcrm.core import clock, jobs
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.core.drains import drain_events
from leadcrm.core.errors import DomainError
from leadcrm.core.events import acting_as
from leadcrm.flows import draft_queries, operations, queries
from leadcrm.flows import jobs as flow_jobs
from leadcrm.flows.models import Enrolment, Flow, FlowStep
from leadcrm.flows.operations.acting import act
from leadcrm.flows.reasons import GOAL_REACHED
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import ConversionData, LeadData
from leadcrm.leads.models import Lead
from tests.flows.conftest import book_soon
from tests.flows.test_preview_is_what_happens import draft_something

LEADS = int(os.environ.get("LEADCRM_RANDOM_LEADS", "200"))
FIRST_SEED = 4  # its two hundred leads show it if what leads do were not waited for
SEEDS = range(FIRST_SEED, FIRST_SEED + int(os.environ.get("LEADCRM_RANDOM_SEEDS", "1")))
ROUNDS = 5
IN_A_CALL = 0.01  # how often something happens while a message is on its way
TRY_LATER = 0.02
START = datetime(2026, 3, 24, 11, 7, tzinfo=UTC)  # clocks change in London on the 29th
ZONES = ("America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland", "UTC")
CALL = operations.StepData("task", "Call", "Call {first_name|them}", 4, time(10))
TELL = operations.StepData("notify", "Tell", "{first_name|They} did not answer", 6, time(11))
WORK = (
    flow_jobs.drain_settlings, flow_jobs.drain_publications, flow_jobs.drain_rewordings, drain_events,
    flow_jobs.drain_deeds,
)  # fmt: skip
ENDS = {"sent", "delivered", "skipped", "canceled", "expired", "failed"}


class World:
    """The flow, its leads, and the transport, which looks at every message that leaves."""

    is_sandbox = False

    def __init__(self, dice: random.Random, flow: Flow, colleague: User):
        self.dice = dice
        self.colleague = colleague
        self.flow_id = flow.id
        self.sent: Counter[tuple[str, str]] = Counter()  # (lead, step)
        self.wrong: list[str] = []
        self.is_calling = False

    @property
    def flow(self) -> Flow:
        return get_or_404(Flow, self.flow_id)

    # ---- What leaves

    @contextmanager
    def open(self) -> Iterator["World"]:
        yield self

    def send(self, outgoing) -> Sent:
        key = outgoing.message_id.partition("@")[0][1:] if isinstance(outgoing, OutgoingEmail) else outgoing.key
        message = get_or_404(Message, key)
        if message.status != "sending":
            self.wrong.append(f"{message.id}: it is {message.status}")
        self._look_at(message)
        lead_and_step = (message.lead_id, message.step_id)
        db.session.rollback()
        if self.dice.random() < IN_A_CALL:
            self.is_calling = True
            self.something_happens()
            self.is_calling = False
        if self.dice.random() < TRY_LATER:
            raise TryLater("busy")
        if lead_and_step[1] is not None:
            self.sent[lead_and_step] += 1
        return Sent(key)

    def act(self, message: Message, words: str) -> None:
        """In place of what flows do in the house."""
        self._look_at(message)
        self.sent[message.lead_id, message.step_id] += 1
        act(message, words)

    def _look_at(self, message: Message) -> None:
        if message.step_id is not None:  # what is said of a meeting, or of an opt-out, is no flow's
            self.wrong += [f"{message.id}: {reason}" for reason in self._why_not(message)]

    def _why_not(self, message: Message) -> Iterator[str]:
        """Nothing has happened since the worker marked it as on its way: all of this must still hold."""
        if self.sent[message.lead_id, message.step_id]:
            yield "it left before"
        enrolment = get_or_404(Enrolment, message.enrolment_id)
        if enrolment.state != "running":
            yield f"the lead had left: {enrolment.exit_reason or enrolment.state}"
        if (news := queries.why_gone(message.lead_id)) is not None:
            yield f"there was news: {news}"
        lead = get_or_404(Lead, message.lead_id)
        if lead.archived_at is not None or lead.status in queries.GONE_STATUSES:
            yield f"the lead was {'archived' if lead.archived_at else lead.status}"
        step = get_or_404(FlowStep, message.step_id)
        if step.deleted_at is not None or not step.enabled or not self.flow.enabled:
            yield "its step was off"
        if message.scheduled_for > clock.now():
            yield "its time had not come"

    # ---- What happens

    def something_happens(self) -> None:
        deeds = {
            self.somebody_edits: 6, self.somebody_publishes: 6, self.somebody_switches: 4, self.somebody_deletes: 2,
            self.somebody_restores: 3, self.the_flow_pauses: 1, self.a_lead_is_heard_of: 10, self.the_worker_goes_on: 8,
        }  # fmt: skip
        (deed,) = self.dice.choices(list(deeds), list(deeds.values()))
        with suppress(DomainError):  # an earlier publication still goes on, the draft's ground is lost, …
            deed()
        db.session.rollback()

    def a_lead_is_heard_of(self) -> None:
        deeds = {
            self.somebody_answers: 3, self.somebody_is_archived: 2, self.somebody_is_disqualified: 2,
            self.somebody_books: 2, self.somebody_opts_out: 2, self.somebody_is_converted: 2,
            self.somebody_reaches_the_goal: 2,
        }  # fmt: skip
        (deed,) = self.dice.choices(list(deeds), list(deeds.values()))
        with suppress(DomainError):  # they are a customer by now, or in the archive
            deed()
        db.session.rollback()

    def somebody_edits(self) -> None:
        draft_something(self.dice, self.flow)

    def somebody_publishes(self) -> None:
        draft = draft_queries.draft_of(self.flow)
        try:
            perform(operations.publish, self.flow, draft.revision, self.dice.choice(["new", "running"]))
        except DomainError:
            perform(operations.discard_draft, self.flow, draft_queries.draft_of(self.flow).revision)

    def somebody_switches(self) -> None:
        step = self._step(FlowStep.deleted_at.is_(None))
        perform(operations.set_step_enabled, step, not step.enabled)

    def somebody_deletes(self) -> None:
        perform(operations.delete_step, self._step(FlowStep.deleted_at.is_(None)))

    def somebody_restores(self) -> None:
        perform(operations.restore_step, self._step(FlowStep.deleted_at.is_not(None)))

    def the_flow_pauses(self) -> None:
        perform(operations.set_flow_enabled, self.flow, False)
        self.the_worker_goes_on()
        if not self.is_calling:  # one worker sends one message at a time
            self.the_worker_sends()
        perform(operations.set_flow_enabled, self.flow, True)

    def somebody_answers(self) -> None:
        """The answer is stored; the listener that ends the flow may work only later."""
        address = self._lead().contact_points[0].value
        key = f"answer-{self.dice.random()}"
        perform(conversations.receive, "email", address, "Yes?", key, clock.now())

    def somebody_is_archived(self) -> None:
        lead = self._lead()
        perform(leads.archive_lead, lead)
        if self.dice.random() < 0.7:
            perform(leads.restore_lead, lead)

    def somebody_is_disqualified(self) -> None:
        lead = self._lead()
        perform(leads.change_status, lead, "unqualified", "No budget")
        if self.dice.random() < 0.5:
            perform(leads.change_status, lead, "contacted")

    def somebody_books(self) -> None:
        perform(book_soon, self._lead().id)

    def somebody_opts_out(self) -> None:
        point = self.dice.choice(sorted(self._lead().contact_points, key=lambda point: point.kind))
        channel = "email" if point.kind == "email" else "sms"
        perform(conversations.opt_out, point.lead_id, channel, point.value, "replied_stop")

    def somebody_is_converted(self) -> None:
        lead = self._lead()
        perform(leads.change_status, lead, "qualified")
        perform(leads.convert_lead, lead, ConversionData(account_name=f"Of {lead.id}"), by=None)
        if self.dice.random() < 0.5:
            self.the_worker_goes_on()
            perform(leads.undo_conversion, lead)

    def somebody_reaches_the_goal(self) -> None:
        """As a colleague finds, who may be wrong."""
        theirs = select(Enrolment.id).where(Enrolment.lead_id == self._lead().id)
        with acting_as(f"user:{self.colleague.id}"):
            facts = perform(operations.end_passages, db.session.scalars(theirs).all(), GOAL_REACHED)
            if self.dice.random() < 0.5:
                perform(operations.undo_endings, facts, self.colleague)

    def the_worker_goes_on(self) -> None:
        """With all of its work but sending, as far as it gets before it is told to stop."""
        patience = iter(range(self.dice.randrange(1, 20)))

        def is_enough() -> bool:
            return next(patience, None) is None

        for work in WORK:
            work(is_enough)

    def _step(self, *which) -> FlowStep:
        steps = select(FlowStep).where(FlowStep.flow_id == self.flow_id, *which).order_by(FlowStep.id)
        found = db.session.scalars(steps).all()
        if not found:
            raise DomainError("There is none.")
        return self.dice.choice(found)

    def _lead(self) -> Lead:
        ids = db.session.scalars(select(Lead.id).order_by(Lead.id)).all()
        return get_or_404(Lead, self.dice.choice(ids))

    # ---- What the worker does

    def the_worker_sends(self) -> None:
        patience = iter(range(self.dice.randrange(50, 600)))
        delivery.drain(lambda: next(patience, None) is None, lambda channel: self)

    def everything_comes_to_an_end(self) -> None:
        """Nobody acts any more; the worker does all that is left, half a day at a time."""
        self.dice = random.Random(0)
        self.something_happens = lambda: None
        for _ in range(60):
            for work in WORK:
                while work(lambda: False):
                    pass
            delivery.drain(lambda: False, lambda channel: self)
            flow_jobs.finish_enrolments()
            db.session.rollback()
            waiting = select(func.count(Message.id)).where(Message.status.in_(["scheduled", "held", "claimed"]))
            if not db.session.scalar(waiting):
                break
            self.time_passes(hours=12)
        self.time_passes(hours=24 * 400)  # beyond the last day of any plan, also of what was taken out of it
        while flow_jobs.finish_enrolments():
            pass

    def time_passes(self, hours: float) -> None:
        clock.move((clock.now() - clock.real_now() + timedelta(hours=hours)).total_seconds())


def let_in(dice: random.Random, flow_id: str) -> None:
    """Leads on all channels, all inside."""
    for start in range(0, LEADS, 100):
        with writing():
            flow = get_or_404(Flow, flow_id)
            for number in range(start, start + 100):
                data = {"email": f"n{number}@example.com", "phone": f"+1212555{number:04}"}
                lead = leads.create_lead(LeadData(first_name="N", **data, timezone=dice.choice(ZONES)), by=None)
                operations.enrol(lead, flow)
    drain_events(lambda: False)


@pytest.mark.timeout(3 * LEADS)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_leaves_twice_nor_after_an_exit_and_everything_ends_with_a_reason(flow, cast, monkeypatch, seed):
    monkeypatch.setattr(jobs, "ring_now", lambda: None)  # nobody listens, and each bell costs a look for Redis
    monkeypatch.setattr(jobs, "ring_slow", lambda: None)
    dice = random.Random(seed)
    clock.move((START - clock.real_now()).total_seconds())
    for day, wall in ((3, time(9)), (5, time(16, 30)), (7, None)):
        data = operations.StepData("email", f"Day {day}", "Hi {first_name|there}", day, wall, "Hi")
        perform(operations.add_step, flow, data)
    for deed in (CALL, TELL):
        perform(operations.add_step, flow, deed)
    world = World(dice, flow, cast.ada)
    monkeypatch.setattr(flow_jobs, "act", world.act)
    let_in(dice, flow.id)
    for _ in range(ROUNDS):
        world.time_passes(hours=dice.uniform(2, 20))
        for _ in range(dice.randrange(3, 8)):
            world.something_happens()
        for _ in range(LEADS // 20):
            world.a_lead_is_heard_of()
        world.the_worker_sends()
        flow_jobs.finish_enrolments()
        db.session.rollback()
    world.everything_comes_to_an_end()
    assert not world.wrong, f"seed {seed}: {world.wrong[:5]}"
    assert_all_ended(world, seed)


def assert_all_ended(world: World, seed: int) -> None:
    planned = db.session.execute(
        select(Message.lead_id, Message.step_id, Message.status, Message.reason).where(Message.step_id.is_not(None))
    ).all()
    pairs = Counter((row.lead_id, row.step_id) for row in planned)
    assert max(pairs.values()) == 1, f"seed {seed}"
    assert max(world.sent.values()) == 1, f"seed {seed}"
    assert Counter(pair for pair in world.sent.elements()) == Counter(
        (row.lead_id, row.step_id) for row in planned if row.status == "sent"
    ), f"seed {seed}: what the messages say is not what left"
    unexplained = [row for row in planned if row.status not in ENDS or (row.status != "sent" and not row.reason)]
    assert not unexplained, f"seed {seed}: {unexplained[:5]}"
    states = Counter(db.session.scalars(select(Enrolment.state)))
    assert set(states) == {"finished", "exited"}, f"seed {seed}: {states}"
    assert len(world.sent) > LEADS / 4, "the dice left too little to look at"
    assert {"sent", "skipped"} <= {row.status for row in planned}
