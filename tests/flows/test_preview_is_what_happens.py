"""What the preview of a publication lists is exactly what the messages then show, whoever is inside and wherever."""

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from leadcrm.conversations.models import WAITING, Message, Suppression
from leadcrm.conversations.operations.consent import BOUNCED, REASON_BOUNCED
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404, perform, writing
from leadcrm.flows import draft_queries, impact_queries, jobs, operations
from leadcrm.flows.edits import AddStep, DuplicateStep, EditStep, MoveStep, RemoveStep
from leadcrm.flows.impact import GAIN, KINDS, LOSE, MOVE, NONE, REWORD
from leadcrm.flows.models import Enrolment, Flow, FlowStep
from leadcrm.flows.operations import StepData, applying
from leadcrm.flows.reasons import ALREADY_GREETED, STEP_DELETED
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from tests.databases import BACKEND

ZONES = ["America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns", "UTC"]
START = datetime(2026, 3, 24, 11, 7, tzinfo=UTC)  # clocks change in London on the 29th
LEADS = 500


@dataclass(frozen=True)
class Seen:
    """What a row of messages says."""

    status: str
    reason: str
    at: datetime
    content: str | None  # None: nobody will read it


@pytest.mark.parametrize("seed", [0 if BACKEND == "sqlite" else 1])  # half a minute each: another one on each
def test_five_hundred_leads_and_random_publications(flow, steps, monkeypatch, seed):
    dice = random.Random(seed)
    monkeypatch.setattr(applying, "CHUNK", dice.choice([37, 500]))
    far = AddStep(StepData("email", "Far away", "Hi", 20, time(9), "Hi"))  # so that nobody is done before the end
    save(flow, far)
    perform(operations.publish, flow, 1)
    now = let_in(dice, flow, monkeypatch, welcome=steps.welcome)
    happened, why = Counter(), set()
    hello = [AddStep(StepData("email", f"Hello {day}", "Hi", day, time(9), "Hi", greets=True)) for day in (13, 14)]
    for sure, *more in (
        [MoveStep(steps.text.id, 3, time(16, 30))],
        [EditStep(far.step_id, replace(far.data, content="Other words"))],
        [AddStep(StepData("text", "Late", "Hi", 12, time(9))), *hello],
        [RemoveStep(steps.reminder.id)],
    ):
        now += timedelta(hours=dice.randrange(1, 15), minutes=dice.randrange(60))
        monkeypatch.setattr(clock, "now", lambda moment=now: moment)
        let_things_happen(dice)
        switch_something(dice, flow, leave={far.step_id, steps.reminder.id})
        draft_something(dice, flow, leave={step.id for step in vars(steps).values()} | {far.step_id})
        for edit in (sure, *more):
            save(flow, edit)
        happened += publish_and_compare(dice, flow, "new" if isinstance(sure, EditStep) else "running")
        why |= {row.reason for (_, step_id), row in seen().items() if step_id in {edit.step_id for edit in hello}}
    assert {"", ALREADY_GREETED, REASON_BOUNCED} <= why, f"the dice left something out: {why}"
    assert all(happened[kind] for kind in KINDS), f"the dice left something out: {happened}"


def publish_and_compare(dice, flow, audience: str) -> Counter:
    flow = get_or_404(Flow, flow.id)
    draft = draft_queries.draft_of(flow)
    if not draft.changes:
        return Counter()
    words = {step.id: step.content for step in draft.document.steps}
    told, listed = impact_queries.impact_of(flow, draft, audience), listed_in_preview(flow, draft, audience)
    expected = as_promised(seen(), listed, words)
    done = perform(operations.publish, flow, draft.revision, audience)
    while jobs.drain_publications(lambda: dice.random() < 0.5) or db_is_behind(flow):
        pass
    jobs.drain_rewordings(lambda: False)
    assert seen() == expected
    counts = Counter(adjustment.kind for adjustments in listed.values() for adjustment in adjustments)
    assert {kind: told.total(kind) for kind in KINDS} == {kind: counts[kind] for kind in KINDS}
    version = draft_queries.version(flow.id, done.number)
    kept = {GAIN: version.gained, LOSE: version.lost, MOVE: version.moved, REWORD: version.reworded}
    assert kept == {kind: counts[kind] for kind in kept}
    return counts


def db_is_behind(flow) -> bool:
    db.session.rollback()
    version = draft_queries.latest_version(flow.id)
    db.session.refresh(version)
    return version.settled_at is None


def listed_in_preview(flow, draft, audience) -> dict[str, tuple]:
    """All adjustments by enrolment, as a person leafs through the pages."""
    found = {}
    passages = dict(
        db.session.execute(select(Enrolment.lead_id, Enrolment.id).where(Enrolment.state == "running")).all()
    )
    for kind in (None, NONE):
        after = ""
        while after is not None:
            page = impact_queries.affected_leads(flow, draft, audience, kind=kind, after=after, limit=120)
            found |= {passages[item.lead.id]: item.adjustments for item in page.items}
            after = page.next
    return found


def seen() -> dict[tuple[str, str], Seen]:
    db.session.rollback()
    rows = select(
        Message.enrolment_id, Message.step_id, Message.status, Message.reason, Message.scheduled_for, Message.content
    )
    return {
        (row.enrolment_id, row.step_id): Seen(
            row.status, row.reason, row.scheduled_for, row.content if row.status in WAITING else None
        )
        for row in db.session.execute(rows)
    }


def as_promised(before, listed, words) -> dict[tuple[str, str], Seen]:
    """The messages as they are, with the preview's list carried out to the letter."""
    after = dict(before)
    for enrolment_id, adjustments in listed.items():
        for it in adjustments:
            key = enrolment_id, it.step_id
            old = after.get(key)
            if it.kind == GAIN:
                after[key] = Seen("scheduled", "", it.at, words[it.step_id])
            elif it.kind == LOSE:
                after[key] = Seen("skipped", STEP_DELETED, it.before, None)
            elif it.kind == MOVE:
                after[key] = Seen("scheduled", "", it.at, old.content)
            elif it.kind == REWORD:
                after[key] = Seen(old.status, old.reason, old.at, words[it.step_id])
            elif old is None:
                after[key] = Seen("skipped", it.reason, it.at, None)
            elif it.at != it.before:
                after[key] = Seen(old.status, old.reason, it.at, None)
    return after


def let_in(dice, flow, monkeypatch, welcome=None) -> datetime:
    """Everybody enters at some moment of four days, the first two hundred without the step that welcomes.

    Mail to some comes back. Returns the last moment.
    """
    moments = sorted(START + timedelta(minutes=dice.randrange(4 * 24 * 60)) for _ in range(LEADS))
    for start in range(0, LEADS, 100):
        if welcome is not None and start in (0, 200):
            perform(operations.set_step_enabled, welcome, start > 0)
        with writing():
            for number, moment in enumerate(moments[start : start + 100], start):
                monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
                phone = f"+1212555{number:04}" if dice.random() < 0.8 else None
                data = {"first_name": "Naledi", "email": f"n{number}@example.com", "phone": phone}
                lead = leads.create_lead(LeadData(**data, timezone=dice.choice(ZONES)), by=None)
                operations.enrol(lead, get_or_404(Flow, flow.id))
                if dice.random() < 0.1:
                    db.session.add(Suppression(channel="email", address=data["email"], reason=BOUNCED))
    return moments[-1]


def let_things_happen(dice) -> None:
    """Most of what is due was sent; some is on its way, was tried or is held; some leads left, some are done."""
    due = select(Message).where(Message.status.in_(["scheduled", "held"]), Message.due_at <= clock.now())
    later = select(Message).where(Message.status == "scheduled", Message.due_at > clock.now())
    with writing() as session:
        for message in session.scalars(due.order_by(Message.id)):
            fate = dice.random()
            if fate < 0.7:
                message.status, message.sent_at, message.due_at = "sent", clock.now(), None
            elif fate < 0.8:
                message.status, message.due_at, message.rendered = "sending", None, True
                message.claim_token, message.lease_until = "token", clock.real_now() + timedelta(hours=1)
            elif fate < 0.9:
                message.status, message.reason = "held", "quiet hours of the lead"
        for message in session.scalars(later.order_by(Message.id)):
            message.rendered = dice.random() < 0.03
        sending = update(Message).where(Message.status == "sending", Message.due_at.is_(None))
        if dice.random() < 0.5:
            session.execute(sending.values(status="sent", sent_at=clock.now(), claim_token=None, lease_until=None))
    running = select(Enrolment.lead_id).where(Enrolment.state == "running").order_by(Enrolment.id)
    for lead_id in db.session.scalars(running).all():
        if dice.random() < 0.02:
            perform(operations.exit_lead, lead_id, "The lead replied")
    jobs.finish_enrolments()


def switch_something(dice, flow, leave) -> None:
    steps = select(FlowStep).where(FlowStep.flow_id == flow.id, FlowStep.deleted_at.is_(None)).order_by(FlowStep.id)
    for step in db.session.scalars(steps).all():
        if step.id not in leave and dice.random() < 0.3:
            perform(operations.set_step_enabled, step, not step.enabled)
    jobs.drain_settlings(lambda: False)


def save(flow, edit) -> None:
    """One edit, unless its step is no longer in the draft."""
    db.session.rollback()
    draft = draft_queries.draft_of(flow)
    if isinstance(edit, AddStep) or edit.step_id in {step.id for step in draft.document.steps}:
        perform(operations.change_draft, flow, draft.revision, edit)


def draft_something(dice, flow, leave=frozenset()) -> None:
    """A few edits, or an older version, of all steps but those to `leave`."""
    for _ in range(dice.randrange(1, 6)):
        db.session.rollback()
        draft = draft_queries.draft_of(flow)
        steps = [step for step in draft.document.steps if step.id not in leave]
        if not leave and dice.random() < 0.2 and draft_queries.versions_of(flow.id):
            number = dice.choice(draft_queries.versions_of(flow.id)).number
            perform(operations.restore_version, flow, draft.revision, number)
            continue
        save(flow, edit_of(dice, dice.choice(steps) if steps else None))


def edit_of(dice, step):
    day, wall = dice.randrange(9), dice.choice([None, time(dice.randrange(24), dice.choice([0, 30]))])
    fresh = AddStep(StepData("text", "More", f"Hi {dice.random()}", day, wall, greets=dice.random() < 0.2))
    if step is None:
        return fresh
    reworded = StepData(step.type, step.name, f"Words {dice.random()}", step.day, step.time, step.subject, step.greets)
    kinds = [fresh, MoveStep(step.id, day, wall), MoveStep(step.id, day, step.time), RemoveStep(step.id)]
    return dice.choice([*kinds, DuplicateStep(step.id), EditStep(step.id, reworded)])


def test_nobody_has_two_messages_of_a_step(flow, monkeypatch):
    """Whatever was published, by lead as well as by passage."""
    dice = random.Random(7)
    monkeypatch.setattr("tests.flows.test_preview_is_what_happens.LEADS", 60)
    now = let_in(dice, flow, monkeypatch)
    for _ in range(8):
        now += timedelta(hours=5)
        monkeypatch.setattr(clock, "now", lambda moment=now: moment)
        let_things_happen(dice)
        draft_something(dice, flow)
        publish_and_compare(dice, flow, "running")
    pairs = Counter(db.session.execute(select(Message.lead_id, Message.step_id)).all())
    assert max(pairs.values()) == 1
    keys = Counter(db.session.scalars(select(Message.intent_key)))
    assert max(keys.values()) == 1
