"""Campaigns: a segment enters a flow in batches, at a pace, held and stopped at any moment."""

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Message
from leadcrm.conversations.sending_queries import sending_rules
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.core.events import acting_as
from leadcrm.core.models import EventRow
from leadcrm.flows import campaign_queries, operations
from leadcrm.flows.campaign_jobs import drain_campaigns
from leadcrm.flows.jobs import finish_enrolments
from leadcrm.flows.models import Campaign, Enrolment, Flow
from leadcrm.flows.operations import StepData, campaign_running
from leadcrm.leads import operations as leads
from leadcrm.leads.data import Filters
from leadcrm.notifications.models import Notification
from tests.conversations.conftest import FakeTransport, make_lead
from tests.flows.campaigns import HELLO, NO_LIMIT, begun, data, fresh, work
from tests.flows.conftest import drain
from tests.flows.test_leaving import receive
from tests.plans import plans_of


@pytest.fixture
def people(acme):
    """Seven leads of a fair."""
    return [make_lead(email=f"lead{n}@example.com", source="fair") for n in range(7)]


@pytest.fixture
def small_batches(monkeypatch):
    """Two leads in a transaction; one to leave, one to be let go."""
    monkeypatch.setattr(campaign_running, "ROWS", 8)
    monkeypatch.setattr(campaign_running, "LEAVING", 1)
    monkeypatch.setattr(campaign_running, "LET_GO", 1)


def statuses(campaign: Campaign) -> dict[str, int]:
    db.session.rollback()
    rows = select(Message.status, func.count(Message.id)).where(Message.campaign_id == campaign.id)
    return dict(db.session.execute(rows.group_by(Message.status)).all())


def fresh_status(message: Message) -> str:
    db.session.rollback()
    return db.session.scalar(select(Message.status).where(Message.id == message.id))


def say_all() -> None:
    """Both messages of the drip leave, and the passages end."""
    work()
    send()
    clock.move(4 * 86_400)
    send()
    finish_enrolments()
    work()


def send() -> int:
    transport = FakeTransport()
    transport.drain()
    return len(transport.sent)


@pytest.fixture(autouse=True)
def clock_goes_back():
    yield
    clock.move(0)


def test_the_segment_enters_once_and_hears_the_flow(drip, people, small_batches):
    make_lead(email="other@example.com", source="website")
    campaign = begun(drip)
    work()
    campaign = fresh(campaign)
    assert (campaign.state, campaign.matching, campaign.entered, campaign.left_out) == ("running", 7, 7, {})
    assert send() == 7
    assert statuses(campaign) == {"sent": 7, "scheduled": 7}
    assert send() == 0


def test_a_draft_and_a_later_date_do_nothing_yet(drip, people):
    perform(operations.draft_campaign, data(drip, name="A draft"))
    campaign = begun(drip, starts_at=clock.now() + timedelta(hours=2))
    assert work() == 0
    assert fresh(campaign).state == "scheduled"
    clock.move(7201)
    work()
    assert fresh(campaign).state == "running"


def test_a_lead_who_comes_after_the_beginning_is_not_in_the_segment(drip, people, small_batches):
    campaign = begun(drip)
    work(2)
    make_lead(email="late@example.com", source="fair")
    work()
    assert fresh(campaign).entered == 7


def test_a_worker_that_dies_between_two_batches_loses_and_doubles_nobody(drip, people, small_batches, monkeypatch):
    campaign = begun(drip)
    work(3)
    inside = fresh(campaign).entered
    assert 0 < inside < 7

    def die(*arguments, **named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(campaign_running, "enrol_many", die)
        with pytest.raises(KeyboardInterrupt):
            work()
    assert fresh(campaign).entered == inside
    work()
    assert fresh(campaign).entered == 7
    assert db.session.scalar(select(func.count(Enrolment.id)).where(Enrolment.campaign_id == campaign.id)) == 7


def test_a_batch_that_another_worker_has_done_is_not_done_again(drip, people, small_batches):
    campaign = begun(drip)
    work(1)
    campaign = fresh(campaign)
    first = [lead.id for lead in people[-2:]]
    perform(campaign_running.enrol_batch, campaign.id, None, first, "behind")
    assert fresh(campaign).cursor == "behind"
    perform(campaign_running.enrol_batch, campaign.id, None, first, "elsewhere")
    assert (fresh(campaign).cursor, campaign.entered, campaign.left_out) == ("behind", 2, {})


def test_workers_side_by_side_let_everybody_in_once(app, drip, people, small_batches):
    campaign = begun(drip)

    def be_a_worker() -> None:
        with app.app_context():
            drain_campaigns(lambda: False)

    workers = [threading.Thread(target=be_a_worker) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    campaign = fresh(campaign)
    assert (campaign.state, campaign.entered, campaign.left_out) == ("running", 7, {})


def test_a_paused_campaign_lets_nobody_in_and_sends_nothing(drip, people, small_batches):
    campaign = begun(drip)
    work(3)
    perform(operations.pause_campaign, campaign)
    inside = fresh(campaign).entered
    assert inside > 0
    assert (work(), send(), fresh(campaign).entered) == (0, 0, inside)
    assert statuses(campaign)["held"] == inside
    clock.move(4 * 86_400)
    assert send() == 0, "not even after days"


def test_what_waited_during_a_pause_leaves_afterwards_however_long_it_took(drip, people, small_batches):
    campaign = begun(drip)
    work()
    perform(operations.pause_campaign, campaign)
    assert send() == 0
    clock.move(2 * 86_400)
    perform(operations.resume_campaign, campaign)
    work()
    assert fresh(campaign).state == "running"
    assert send() == 7
    clock.move(4 * 86_400)
    assert send() == 0, "three days after the first, not one"
    clock.move(5 * 86_400 + 60)
    assert send() == 7


def test_after_a_pause_each_lead_hears_the_steps_as_far_apart_as_they_were_meant(drip, people, small_batches):
    for day in (7, 14):
        perform(operations.add_step, drip, StepData("email", f"Day {day}", "Hi", day, None, subject="Hi"))
    campaign = begun(drip)
    work()
    assert send() == 7
    perform(operations.pause_campaign, fresh(campaign))
    for day in range(1, 11):
        clock.move(day * 86_400 + 60)
        assert send() == 0
    perform(operations.resume_campaign, fresh(campaign))
    work()
    sent_on = []
    for day in range(10, 23):
        clock.move(day * 86_400 + 120)
        sent_on += [day] * send()
        finish_enrolments()
    assert sent_on == [10] * 7 + [14] * 7 + [21] * 7, "days three, seven and fourteen, seven days later"
    assert set(statuses(campaign)) == {"sent"}


def test_a_pause_in_which_nothing_was_due_moves_nothing(drip, people):
    campaign = begun(drip)
    work()
    assert send() == 7
    perform(operations.pause_campaign, fresh(campaign))
    clock.move(86_400)
    assert send() == 0
    perform(operations.resume_campaign, fresh(campaign))
    work()
    clock.move(3 * 86_400 + 60)
    assert send() == 7


def test_the_pace_holds_after_a_pause(drip, people):
    campaign = begun(drip, per_hour={**NO_LIMIT, "email": 2})
    work()
    perform(operations.pause_campaign, campaign)
    clock.move(86_400)
    assert send() == 0
    perform(operations.resume_campaign, fresh(campaign))
    work()
    assert [send() for _ in range(3)] == [1, 0, 0]
    total = 1
    for minute in range(0, 4 * 60, 5):
        clock.move(86_400 + minute * 60)
        total += send()
        assert total <= 2 * (minute // 60 + 1)
    assert total == 7


def test_a_message_in_a_workers_hands_stays_when_the_campaign_is_paused(drip, people):
    campaign = begun(drip)
    work()
    transport = FakeTransport(answers=[lambda mail: perform(operations.pause_campaign, campaign)])
    transport.drain()
    assert len(transport.sent) == 1, "only the one that was on its way"
    assert statuses(campaign) == {"sent": 1, "held": 6, "scheduled": 7}


def test_a_stopped_campaign_sends_nothing_more_and_everybody_leaves(drip, people, small_batches):
    campaign = begun(drip)
    work(4)
    perform(operations.stop_campaign, campaign)
    assert send() == 0, "from that moment on"
    work()
    campaign = fresh(campaign)
    assert (campaign.state, campaign.settled_at is not None) == ("stopped", True)
    assert set(statuses(campaign)) == {"skipped"}
    reasons = select(Enrolment.state, Enrolment.exit_reason).where(Enrolment.campaign_id == campaign.id).distinct()
    assert db.session.execute(reasons).all() == [("exited", "The campaign was stopped")]
    assert campaign.entered < 7
    assert work() == 0


@pytest.mark.parametrize("restored", ["by hand", "by undoing"])
def test_nobody_comes_back_into_a_campaign_that_was_stopped(drip, people, cast, restored):
    campaign = begun(drip)
    work()
    send()
    passage = db.session.scalars(select(Enrolment).where(Enrolment.lead_id == people[0].id)).one()
    if restored == "by hand":
        perform(leads.archive_lead, people[0])
        drain()
    else:
        with acting_as(f"user:{cast.ada.id}"):
            facts = perform(operations.end_passages, [passage.id], "The goal was reached")
    perform(operations.stop_campaign, fresh(campaign))
    work()
    if restored == "by hand":
        perform(leads.restore_lead, people[0])
        drain()
    else:
        assert perform(operations.undo_endings, facts, cast.ada) == 0
    assert set(statuses(campaign)) == {"sent", "skipped"}
    assert campaign_queries.results_of(campaign.id).counts["inside"] == 0


def test_leads_who_came_by_another_way_stay_in_the_flow(drip, people):
    other = make_lead(email="other@example.com")
    perform(operations.enrol, other, drip)
    campaign = begun(drip)
    work()
    perform(operations.stop_campaign, campaign)
    work()
    assert send() == 1


def test_the_pace_holds_however_often_workers_look(drip, people):
    campaign = begun(drip, per_hour={**NO_LIMIT, "email": 2})
    work()
    sent = [send() for _ in range(3)]
    assert sent == [1, 0, 0], "two an hour leave evenly"
    reasons = select(Message.reason).where(Message.campaign_id == campaign.id, Message.status == "held").distinct()
    assert db.session.scalars(reasons).all() == ["waits its turn: 2 an hour at most"]
    total = 1
    for minute in range(0, 4 * 60, 5):
        clock.move(minute * 60)
        total += send()
        hours = minute // 60 + 1
        assert total <= 2 * hours
    assert total == 7


def test_what_a_person_sends_now_does_not_wait_its_turn_but_takes_one(drip, people):
    campaign = begun(drip, per_hour={**NO_LIMIT, "email": 2})
    work()
    assert send() == 1
    held = select(Message).where(Message.campaign_id == campaign.id, Message.status == "held")
    *_, last = db.session.scalars(held.order_by(Message.due_at)).all()
    perform(conversations.send_now, last)
    assert send() == 1
    assert fresh_status(last) == "sent"
    clock.move(31 * 60)
    assert send() == 0, "the turn was taken"


@pytest.mark.parametrize("verb", ["stop_campaign", "pause_campaign"])
def test_nobody_sends_a_single_message_of_a_campaign_that_does_not_go_on(drip, people, verb):
    campaign = begun(drip)
    work()
    message = db.session.scalars(select(Message).where(Message.campaign_id == campaign.id, Message.due_at.is_not(None)))
    message = message.first()
    with writing():
        message.status, message.due_at, message.reason = "failed", None, "mailbox full"
    perform(getattr(operations, verb), fresh(campaign))
    with pytest.raises(Conflict, match=r"The campaign .*: nothing of it leaves"):
        perform(conversations.retry_message, message)
    assert fresh_status(message) == "failed"


def test_the_pace_holds_with_workers_side_by_side(app, drip, people):
    begun(drip, per_hour={**NO_LIMIT, "email": 2})
    work()
    sent = []

    def be_a_worker() -> None:
        with app.app_context():
            sent.append(send())

    workers = [threading.Thread(target=be_a_worker) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(sent) == 1


def test_other_mail_does_not_wait_for_a_campaigns_pace(drip, people):
    begun(drip, per_hour={**NO_LIMIT, "email": 1})
    work()
    other = make_lead(email="other@example.com")
    perform(operations.enrol, other, drip)
    assert send() == 2


@pytest.mark.parametrize("when_late", ["next_window", "skip"])
def test_what_is_too_much_for_a_day_leaves_on_the_days_after_however_many_those_are(acme, monkeypatch, when_late):
    noon = datetime(2026, 11, 24, 17, tzinfo=UTC)  # in New York
    monkeypatch.setattr(clock, "now", lambda: noon)
    rules = sending_rules()
    perform(conversations.change_sending_rules, rules.windows, rules.gap, {"sms": 1})
    for n in range(6):
        make_lead(phone=f"+121255501{n:02}", source="fair")
    flow = perform(operations.create_flow, "Texts", "manual")
    perform(operations.add_step, flow, StepData("text", "Text", "Hi", 0, None, when_late=when_late))
    perform(operations.set_flow_enabled, flow, True)
    campaign = begun(flow)
    work()
    sent = [send()]
    for day in range(1, 6):
        for hour in (-11, -4):  # an hour after midnight, and when the quiet hours end
            monkeypatch.setattr(clock, "now", lambda day=day, hour=hour: noon + timedelta(days=day, hours=hour))
            sent.append(send())
    assert sent == [1] + [0, 1] * 5
    assert statuses(campaign) == {"sent": 6}


def test_it_is_done_when_nobody_is_inside_any_more_and_its_author_hears_of_it(drip, people, cast):
    with acting_as(f"user:{cast.ada.id}"):
        campaign = begun(drip)
    say_all()
    assert fresh(campaign).state == "done"
    titles = db.session.scalars(select(Notification.title).where(Notification.user_id == cast.ada.id)).all()
    assert titles == ["Autumn: all of its 7 leads have entered", "Autumn: it is done"]
    counts = campaign_queries.results_of(campaign.id).counts
    assert (counts["sent"], counts["inside"], counts["replied"]) == (14, 0, 0)


def test_an_answer_counts_although_all_had_been_said(drip, people):
    campaign = begun(drip)
    say_all()
    receive(people[0])
    drain()
    assert campaign_queries.results_of(campaign.id).counts["replied"] == 1


def test_who_clicked_is_counted_once(drip, people):
    campaign = begun(drip)
    work()
    messages = db.session.scalars(select(Message).where(Message.campaign_id == campaign.id)).all()
    one, other, *_ = {message.lead_id for message in messages}
    with writing():
        for message in messages:
            if message.lead_id in (one, other):
                message.clicked_at = clock.now()
    assert campaign_queries.results_of(campaign.id).counts["clicked"] == 2
    for plan in plans_of(lambda: campaign_queries.results_of(campaign.id)):
        assert not re.search(r"SCAN messages(?! USING)|Seq Scan on messages", plan), plan


def test_one_message_to_all_is_a_flow_of_its_own_that_nobody_else_sees(people, acme):
    campaign = perform(operations.draft_campaign, data(message=HELLO))
    perform(operations.edit_campaign, campaign, data(message=StepData("email", "Hello", "Yo", 0, None, subject="Yo")))
    perform(operations.start_campaign, campaign)
    work()
    transport = FakeTransport()
    transport.drain()
    assert {mail.subject for mail in transport.sent} == {"Yo"}
    assert len(transport.sent) == 7
    assert campaign.flow.trigger == "campaign"


def test_a_draft_that_is_deleted_takes_its_own_flow_along(acme):
    campaign = perform(operations.draft_campaign, data(message=HELLO))
    flow_id = campaign.flow_id
    perform(operations.delete_campaign, campaign)
    assert db.session.scalar(select(Flow.id).where(Flow.id == flow_id)) is None


@pytest.mark.parametrize("enter", [operations.enrol, operations.enrol_by_hand])
def test_nobody_enters_a_campaigns_own_flow_but_by_the_campaign(people, enter):
    campaign = perform(operations.draft_campaign, data(message=HELLO))
    with pytest.raises(DomainError, match="only the campaign lets leads in"):
        perform(enter, people[0], campaign.flow)
    with pytest.raises(DomainError, match="only the campaign lets leads in"):
        perform(operations.enrol_ticked, campaign.flow, [people[0].id])
    assert db.session.scalar(select(func.count(Enrolment.id))) == 0


def test_a_draft_whose_message_somebody_has_stays_with_it(drip, people):
    """As a rule once let leads into the flow of a draft."""
    campaign = perform(operations.draft_campaign, data(message=HELLO))
    perform(operations.enrol_many, campaign.flow, [people[0].id])
    for verb, arguments in ((operations.delete_campaign, ()), (operations.edit_campaign, (data(drip),))):
        with pytest.raises(Conflict, match="their messages stay"):
            perform(verb, fresh(campaign), *arguments)
    assert db.session.scalar(select(func.count(Message.id))) == 1
    assert fresh(campaign).flow.name == "Campaign: Autumn"


def test_what_cannot_begin_says_why(drip, people):
    campaign = perform(operations.draft_campaign, data(drip))
    with pytest.raises(DomainError, match="Another campaign has this name"):
        perform(operations.draft_campaign, data(drip))
    perform(operations.set_flow_enabled, drip, False)
    with pytest.raises(DomainError, match="is off"):
        perform(operations.start_campaign, campaign)
    perform(operations.set_flow_enabled, drip, True)
    perform(operations.edit_campaign, campaign, data(drip, segment=Filters(source="nowhere")))
    with pytest.raises(DomainError, match="Nobody is in this segment"):
        perform(operations.start_campaign, campaign)
    with pytest.raises(Conflict, match="draft by now"):
        perform(operations.pause_campaign, campaign)


def test_a_flow_that_is_switched_off_pauses_the_campaign(drip, people, small_batches):
    campaign = begun(drip)
    work(3)
    perform(operations.set_flow_enabled, drip, False)
    work()
    campaign = fresh(campaign)
    assert (campaign.state, campaign.note) == ("paused", "its flow was switched off")
    perform(operations.set_flow_enabled, drip, True)
    perform(operations.resume_campaign, campaign)
    work()
    assert fresh(campaign).entered == 7


def test_archived_leads_and_those_who_were_inside_stay_out(drip, people):
    perform(operations.enrol, people[0], drip)
    perform(leads.archive_lead, people[1])
    drain()
    campaign = begun(drip)
    work()
    campaign = fresh(campaign)
    assert (campaign.entered, campaign.left_out) == (5, {"were in the flow before": 1})


def test_every_change_is_a_fact(drip, people):
    campaign = begun(drip)
    work()
    perform(operations.pause_campaign, campaign)
    perform(operations.resume_campaign, campaign)
    perform(operations.stop_campaign, campaign)
    facts = select(EventRow.data).where(EventRow.name == "campaign.changed").order_by(EventRow.id)
    said = [fact["change"] for fact in db.session.scalars(facts)]
    assert said == ["drafted", "started", "began", "enrolled", "paused", "resumed", "stopped"]


def test_filters_survive_being_kept():
    kept = Filters(
        q="jane",
        statuses=("new",),
        owner="none",
        source="fair",
        score_at_least=3,
        created_from=clock.now(),
        has=("email",),
    )
    assert Filters.from_json(kept.to_json()) == kept


def test_two_campaigns_for_the_same_leads_let_each_in_once(app, drip, people, small_batches):
    for name in ("One", "Two"):
        begun(drip, name=name)

    def be_a_worker() -> None:
        with app.app_context():
            drain_campaigns(lambda: False)

    workers = [threading.Thread(target=be_a_worker) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    work()
    db.session.rollback()
    assert db.session.scalar(select(func.count(Enrolment.id)).where(Enrolment.flow_id == drip.id)) == 7
    with tenancy.everyone():
        both = db.session.scalars(select(Campaign)).all()
    assert {campaign.state for campaign in both} <= {"running", "done"}
    assert sum(campaign.entered for campaign in both) == 7
