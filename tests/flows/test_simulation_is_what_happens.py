"""What the simulation lists is what the worker then does, whatever the flow, the lead, the rules and what happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest
from sqlalchemy import delete, func, select, update

from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import CHANNELS, WHEN_LATE, Message, SendingWindow
from leadcrm.conversations.queries import sending_rules
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.core.values import new_id
from leadcrm.core.zones import zone
from leadcrm.flows import jobs, operations, queries, simulation_queries
from leadcrm.flows.document import StepDocument
from leadcrm.flows.fates import BUCKET_OF
from leadcrm.flows.models import STEP_TYPES, Enrolment, Flow, FlowStep
from leadcrm.flows.reasons import EXITS, GOAL_REACHED, OPTED_OUT
from leadcrm.flows.simulation import OFF, Entry, Happening, simulate
from leadcrm.identity.models import Organization
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from tests.conversations.conftest import FakeTransport
from tests.flows.conftest import book_soon, drain
from tests.flows.test_leaving import convert

START = datetime(2026, 3, 20, tzinfo=UTC)  # clocks change in London on the 29th, in Auckland on the 5th of April
CASES = 5
MOST_MOMENTS = 200
ZONES = ["America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns", "UTC"]
CONDITIONS = [
    {"all": [{"field": "company", "op": "is_set", "value": None}]},
    {"any": [{"field": "time", "op": "before", "value": "12:00"}, {"field": "weekday", "op": "is", "value": "monday"}]},
]
WORDS = ["Hi {first_name|there}", "Hello {company}", "{first_name}, are you there?", "Ünï ☺"]


@dataclass(frozen=True)
class Case:
    """All that the dice decide."""

    steps: list[dict]
    lead: dict
    started_at: datetime
    happens: list[tuple[str, timedelta]]
    windows: dict[str, tuple[time, time, int]]
    gap_minutes: int
    suppressed: str | None


def hour(dice: Random) -> time:
    return time(dice.randrange(24), dice.choice([0, 30]))


def a_step(dice: Random) -> dict:
    kind = dice.choice(STEP_TYPES)
    return {
        "type": kind,
        "name": "Step",
        "subject": dice.choice(WORDS) if kind == "email" else "",
        "content": dice.choice(WORDS),
        "day": dice.randrange(5),
        "time": dice.choice([None, hour(dice)]),
        "enabled": dice.random() < 0.8,
        "greets": dice.random() < 0.3,
        "when_late": dice.choice(WHEN_LATE),
        "only_if": dice.choice([None, None, *CONDITIONS]),
    }


def a_case(dice: Random) -> Case:
    lead = {
        "first_name": dice.choice(["Naledi", ""]),
        "last_name": "Khumalo",
        "company": dice.choice(["Acme", ""]),
        "email": dice.choice(["naledi@example.com", "naledi@example.com", None]),
        "phone": dice.choice(["+12125550123", "+442079460123", None]),
        "timezone": dice.choice([None, *ZONES]),
    }
    happens = [
        (dice.choice(list(EXITS)), timedelta(minutes=dice.randrange(6 * 24 * 60))) for _ in range(dice.randrange(3))
    ]
    closed = {channel: (hour(dice), hour(dice), dice.randrange(1, 128)) for channel in CHANNELS if dice.random() < 0.4}
    return Case(
        steps=[a_step(dice) for _ in range(dice.randrange(1, 7))],
        lead=lead,
        started_at=START + timedelta(minutes=dice.randrange(18 * 24 * 60)),
        happens=happens,
        windows=closed,
        gap_minutes=dice.choice([0, 0, 45, 24 * 60]),
        suppressed=dice.choice([None, None, "email", "sms"]),
    )


@pytest.fixture
def at(monkeypatch):
    """`at(moment)` sets the clock of the business."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.mark.parametrize("seed", range(8))
def test_the_simulated_list_is_what_happens(acme, cast, at, seed):
    dice = Random(seed)
    for _ in range(CASES):
        case = a_case(dice)
        at(case.started_at)
        lay_down_rules(acme, case)
        lead, flow = make_lead(case), make_flow(case)
        happenings = [Happening(what, case.started_at + after) for what, after in case.happens if can(what, case)]
        expected = simulated(lead, flow, case, happenings)
        enrolment = perform(operations.enrol, lead, flow)
        live_through(case, lead, enrolment, happenings, cast.ada, at)
        assert what_happened(enrolment) == expected, case


def can(what: str, case: Case) -> bool:
    """Nobody without an address can write to us."""
    return what not in ("reply", "opt_out") or bool(case.lead["email"] or case.lead["phone"])


def lay_down_rules(acme, case: Case) -> None:
    with writing() as session:
        session.execute(delete(SendingWindow))
        for channel, (quiet_from, quiet_until, days) in case.windows.items():
            hours = {"quiet_from": quiet_from, "quiet_until": quiet_until, "days": days}
            session.add(SendingWindow(organization_id=acme.id, channel=channel, **hours))
        own = update(Organization).where(Organization.id == acme.id)
        session.execute(own.values(message_gap_minutes=case.gap_minutes))


def make_lead(case: Case) -> Lead:
    """Somebody new each time: addresses of an earlier example would be known."""
    number = db.session.scalar(select(func.count(Lead.id))) or 0
    db.session.rollback()
    data = dict(case.lead)
    if data["email"]:
        data["email"] = f"naledi{number}@example.com"
    if data["phone"]:
        data["phone"] = f"{data['phone'][:-3]}{number:03}"
    lead = perform(leads.create_lead, LeadData(**data), by=None)
    drain()
    if case.suppressed and data[{"email": "email", "sms": "phone"}[case.suppressed]]:
        address = data[{"email": "email", "sms": "phone"}[case.suppressed]]
        perform(conversations.suppress, case.suppressed, address, "unsubscribed")
    return get_or_404(Lead, lead.id)


def make_flow(case: Case) -> Flow:
    with writing() as session:
        flow = Flow(name=f"Flow {new_id()}", trigger="manual", enabled=True)
        session.add(flow)
        session.flush()
        for step in case.steps:
            row = FlowStep(id=new_id(), flow_id=flow.id, **step)
            session.add(row)
            session.flush()
            conversations.set_conditions({row.id: row.only_if})
    return flow


def simulated(lead: Lead, flow: Flow, case: Case, happenings: list[Happening]) -> dict[str, tuple]:
    policy = sending_rules()
    steps = [StepDocument.of(row) for row in queries.steps_of(flow.id)]
    person = simulation_queries.person_of(lead, steps, policy)
    entry = Entry(case.started_at, simulation_queries.next_number(lead.id, flow.id), zone(lead.timezone))
    outcomes = simulate(steps, entry, person, policy, happenings)
    db.session.rollback()
    return {
        outcome.step.id: _sent(outcome.at, outcome.subject, outcome.content)
        if outcome.status == "sent"
        else _not_sent(outcome.status, outcome.reason)
        for outcome in outcomes
        if outcome.status != OFF
    }


def live_through(case: Case, lead: Lead, enrolment: Enrolment, happenings: list[Happening], ada, at) -> None:
    """The scheduler's clock goes from one due moment to the next; what happens in one happens before it sends."""
    left = sorted(happenings, key=lambda happening: happening.at)
    for moment in moments(enrolment, left):
        at(moment)
        while left and left[0].at <= moment:
            happen(left.pop(0).what, case, lead, enrolment, ada)
            drain()
        FakeTransport(is_sandbox=True).drain()
        jobs.drain_deeds(lambda: False)


def moments(enrolment: Enrolment, left: list[Happening]) -> Iterator[datetime]:
    for _ in range(MOST_MOMENTS):
        db.session.rollback()
        waiting = select(func.min(Message.due_at)).where(Message.enrolment_id == enrolment.id)
        following = [moment for moment in (db.session.scalar(waiting), *(it.at for it in left[:1])) if moment]
        if not following:
            return
        yield min(following)
    raise AssertionError("it never ends")


def happen(what: str, case: Case, lead: Lead, enrolment: Enrolment, ada) -> None:
    db.session.rollback()
    points = {point.kind: point.value for point in get_or_404(Lead, lead.id).contact_points}
    channel, address = ("email", points["email"]) if "email" in points else ("sms", points.get("phone"))
    if what == "reply":
        perform(conversations.receive, channel, address, "Saturday works", new_id(), clock.now())
    elif what == "booking":
        perform(book_soon, lead.id)
    elif what == "opt_out":
        perform(conversations.opt_out, lead.id, "all", address, "confirmed_by_hand")
    elif what == "conversion":
        if (fresh := get_or_404(Lead, lead.id)).status not in ("converted", "unqualified"):
            convert(fresh)
    elif what == "disqualification":
        if (fresh := get_or_404(Lead, lead.id)).status != "converted":
            perform(leads.change_status, fresh, "unqualified", "No budget")
    else:
        perform(operations.end_passages, [enrolment.id], GOAL_REACHED)


def what_happened(enrolment: Enrolment) -> dict[str, tuple]:
    db.session.rollback()
    return {
        message.step_id: _sent(message.sent_at, message.subject, message.content)
        if BUCKET_OF[message.status] == "sent"
        else _not_sent(BUCKET_OF[message.status], message.reason)
        for message in db.session.scalars(select(Message).where(Message.enrolment_id == enrolment.id))
    }


def _sent(at: datetime, subject: str, content: str) -> tuple:
    return "sent", at, subject, content


def _not_sent(status: str, reason: str) -> tuple:
    """The opt-out itself stops the messages of its channel, before the flow hears of it: in its own words."""
    return status, reason.replace(OPTED_OUT, "opted out")
