"""A campaign that went on after a pause stays as far behind its plan as the pause put it, whatever is published."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.conversations.models import Message
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.flows import jobs, operations, queries
from leadcrm.flows.edits import AddStep, MoveStep
from leadcrm.flows.models import Enrolment
from leadcrm.flows.operations import StepData, campaign_running
from tests.conversations.conftest import make_lead
from tests.conversations.test_lock_order import until_somebody_waits
from tests.databases import only_on
from tests.flows.campaigns import begun, fresh, work
from tests.flows.test_campaigns import clock_goes_back, send
from tests.flows.test_publishing import change, kinds, preview, publish

__all__ = ["clock_goes_back"]
DAY = 86_400
LAST = StepData("email", "Last", "Hi", 14, None, subject="Last")


@pytest.fixture
def delayed(drip):
    """The drip, which day 14 ends, in a campaign of two leads: steps three and fourteen come on days ten and 21."""
    campaign = begun_with_two(drip)
    pause(campaign, days=10)
    work()
    return campaign


def begun_with_two(drip):
    perform(operations.add_step, drip, LAST)
    for n in range(2):
        make_lead(email=f"lead{n}@example.com", source="fair")
    campaign = begun(drip)
    work()
    assert send() == 2
    return campaign


def pause(campaign, days: int) -> None:
    """And resume it: the leads go on with the next `work`."""
    perform(operations.pause_campaign, fresh(campaign))
    clock.move(days * DAY + 60)
    assert send() == 0
    perform(operations.resume_campaign, fresh(campaign))


def planned(subject: str) -> set[int]:
    """On which days after they entered the leads would be sent it."""
    db.session.rollback()
    rows = select(Message.scheduled_for, Enrolment.started_at).join(Enrolment, Message.enrolment_id == Enrolment.id)
    waiting = rows.where(Message.subject == subject, Message.status == "scheduled")
    found = db.session.execute(waiting).all()
    assert len(found) == 2
    return {round((at - began) / timedelta(days=1)) for at, began in found}


def bring_in_line(drip) -> None:
    publish(drip, "running")
    jobs.drain_publications(lambda: False)


def test_a_step_that_moves_keeps_what_the_pause_put_it_off_by(drip, delayed):
    assert planned("Last") == {21}
    [*_, last] = queries.steps_of(drip.id)
    change(drip, MoveStep(last.id, 12, None))
    assert kinds(preview(drip, "running")) == {"move": 2}
    bring_in_line(drip)
    assert planned("Last") == {19}


def test_a_step_that_is_new_comes_as_late_as_the_others(drip, delayed):
    change(drip, AddStep(StepData("email", "New", "Hi", 8, None, subject="New")))
    bring_in_line(drip)
    assert planned("New") == {15}


def test_a_step_that_was_off_meanwhile_comes_as_late_as_the_others(drip):
    campaign = begun_with_two(drip)
    [*_, last] = queries.steps_of(drip.id)
    perform(operations.set_step_enabled, last, False)
    pause(campaign, days=10)
    work()
    perform(operations.set_step_enabled, last, True)
    assert planned("Last") == {21}


def test_two_pauses_count_together(drip, delayed):
    assert send() == 2
    pause(delayed, days=24)
    work()
    assert send() == 2, "Last, three days late once more"
    change(drip, AddStep(StepData("email", "New", "Hi", 18, None, subject="New")))
    bring_in_line(drip)
    assert planned("New") == {28}


@only_on("postgresql", "SQLite has one writer at a time")
def test_a_publication_waits_for_passages_that_are_just_going_on(app, acme, drip):
    campaign = begun_with_two(drip)
    pause(campaign, days=10)
    [*_, last] = queries.steps_of(drip.id)
    change(drip, MoveStep(last.id, 12, None))

    def publish_aside() -> None:
        with app.app_context(), tenancy.organization(acme.id):
            publish(drip, "running")

    with ThreadPoolExecutor(1) as pool:
        with writing():
            campaign_running.let_leads_go_on(campaign.id)
            publishing = pool.submit(publish_aside)
            until_somebody_waits()
        publishing.result(20)
    assert planned("Last") == {19}


def test_who_entered_without_the_pause_is_moved_as_planned(drip, delayed):
    perform(operations.pause_campaign, fresh(delayed))
    others = [make_lead(email=f"late{n}@example.com", source="website") for n in range(2)]
    perform(operations.enrol_many, drip, [lead.id for lead in others])
    [*_, last] = queries.steps_of(drip.id)
    change(drip, MoveStep(last.id, 12, None))
    bring_in_line(drip)
    at = select(Message.scheduled_for).where(Message.subject == "Last", Message.lead_id.in_([it.id for it in others]))
    db.session.rollback()
    assert {round((it - clock.now()) / timedelta(days=1)) for it in db.session.scalars(at)} == {12}
