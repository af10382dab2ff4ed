"""What became of each step: numbers on the rail, the leads behind them, and every step for one lead."""

import re
from datetime import time, timedelta

import pytest
from sqlalchemy import select, update

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations import note_reaction
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.flows import fates, jobs, number_queries, operations, passage_queries, queries
from leadcrm.flows.models import Enrolment
from leadcrm.flows.operations import StepData
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport
from tests.flows.conftest import enrolment_of, messages_of
from tests.flows.test_leaving import reply
from tests.plans import ROWS, plans_of

SOON = StepData("text", "Soon", "Hi", 1, time(10))


def send_all_of(lead) -> None:
    """As if the worker had sent whatever still waits."""
    with writing() as session:
        sent = update(Message).where(Message.lead_id == lead.id, Message.status == "scheduled")
        session.execute(sent.values(status="sent", sent_at=Message.scheduled_for, due_at=None))
    jobs.finish_enrolments()


def counts_of(step):
    db.session.rollback()
    return number_queries.step_counts([step.id])[step.id]


def behind(user, step, number, **more) -> list[str]:
    return [item.lead.id for item in number_queries.leads_behind(user, step.id, number, **more).items]


# ---- Replies -------------------------------------------------------------------------------------------------


def test_a_reply_counts_for_the_last_step_that_was_sent(flow, steps, new_lead, cast):
    lead = new_lead()
    FakeTransport().drain()
    reply(lead)
    assert enrolment_of(lead).replied_step_id == steps.welcome.id
    assert counts_of(steps.welcome).replied == 1
    assert behind(cast.ada, steps.welcome, "replied") == [lead.id]
    assert counts_of(steps.text).replied == 0


def test_whoever_clicked_counts_for_the_step_whose_mail_it_was(flow, steps, new_lead, cast):
    lead = new_lead()
    FakeTransport().drain()
    message = db.session.scalars(select(Message).where(Message.step_id == steps.welcome.id)).one()
    perform(note_reaction, message.id, clicked=True)
    assert (counts_of(steps.welcome).clicked, counts_of(steps.text).clicked) == (1, 0)
    assert behind(cast.ada, steps.welcome, "clicked") == [lead.id]
    assert behind(cast.ada, steps.text, "clicked") == []


def test_a_reply_after_the_last_step_counts_for_it_though_the_passage_is_over(flow, steps, new_lead, monkeypatch):
    lead = new_lead()
    send_all_of(lead)
    monkeypatch.setattr(clock, "now", lambda moment=clock.now() + timedelta(days=4): moment)
    jobs.finish_enrolments()
    assert enrolment_of(lead).state == "finished"
    reply(lead)
    assert enrolment_of(lead).replied_step_id == steps.reminder.id


def test_a_reply_months_later_is_none_to_the_flow(flow, new_lead, monkeypatch):
    lead = new_lead()
    send_all_of(lead)
    now = clock.now()
    for days in (4, 90):
        monkeypatch.setattr(clock, "now", lambda moment=now + timedelta(days=days): moment)
        jobs.finish_enrolments()
    reply(lead)
    assert enrolment_of(lead).replied_step_id is None


def test_automatic_answers_and_replies_before_any_message_count_for_nothing(flow, new_lead):
    out_of_office = new_lead()
    FakeTransport().drain()
    reply(out_of_office, automatic=True)
    assert enrolment_of(out_of_office).replied_step_id is None
    first = new_lead()
    reply(first)
    assert enrolment_of(first).replied_step_id is None


def test_only_the_first_reply_counts(flow, steps, new_lead):
    lead = new_lead()
    FakeTransport().drain()
    reply(lead)
    with writing() as session:
        session.execute(update(Enrolment).where(Enrolment.lead_id == lead.id).values(replied_step_id=steps.text.id))
    perform(operations.note_reply, lead.id)
    assert enrolment_of(lead).replied_step_id == steps.text.id


# ---- Numbers and the leads behind them -----------------------------------------------------------------------


def test_the_numbers_of_all_steps_take_one_query(flow, steps, new_lead):
    new_lead(), new_lead(phone=None)
    step_ids = [step.id for step in vars(steps).values()]
    with count_queries() as seen:
        counts = number_queries.step_counts(step_ids)
    assert len(seen) == 1
    assert (counts[steps.text.id].waiting, counts[steps.text.id].skipped) == (1, 1)


def test_the_messages_of_a_step_are_counted_without_a_look_at_them(flow, steps):
    [plan] = plans_of(lambda: number_queries.step_counts([steps.text.id]), without=ROWS)
    assert re.search(r"(COVERING INDEX|Index Only Scan using) ix_messages_step", plan), plan


def test_every_state_of_a_message_has_its_number(flow, steps, new_lead, cast):
    for status in fates.BUCKET_OF:
        lead = new_lead()
        leased = status in ("claimed", "sending")
        values = {
            "status": status,
            "due_at": clock.now() if status in ("scheduled", "held") else None,
            "sent_at": clock.now() if fates.BUCKET_OF[status] == "sent" else None,
            "claim_token": "token" if leased else None,
            "lease_until": clock.now() if leased else None,
        }
        with writing() as session:
            theirs = (Message.lead_id == lead.id, Message.step_id == steps.text.id)
            session.execute(update(Message).where(*theirs).values(**values))
        assert lead.id in behind(cast.ada, steps.text, fates.BUCKET_OF[status])
    counts = counts_of(steps.text)
    for number, statuses in fates.BUCKETS.items():
        assert getattr(counts, number) == len(statuses) == len(behind(cast.ada, steps.text, number))


def test_pages_go_on_where_they_ended_and_back_and_nobody_is_shown_twice(flow, steps, new_lead, cast, monkeypatch):
    everybody = [new_lead(phone=None if number % 3 else "+1 212 555 0199") for number in range(11)]
    monkeypatch.setattr(number_queries, "PAGE", 4)
    for number in ("waiting", "skipped"):
        seen, cursor, first = [], None, None
        while True:
            page = number_queries.leads_behind(cast.ada, steps.text.id, number, cursor=cursor)
            first = first or [item.lead.id for item in page.items]
            seen += [item.lead.id for item in page.items]
            if page.next is None:
                break
            cursor, previous = page.next, page
        assert len(seen) == len(set(seen)) == getattr(counts_of(steps.text), number)
        if page.previous and len(seen) <= 8:
            back = number_queries.leads_behind(cast.ada, steps.text.id, number, cursor=page.previous)
            assert [item.lead.id for item in back.items] == [item.lead.id for item in previous.items]
    assert set(seen) < {lead.id for lead in everybody}


def test_skipped_leads_are_told_apart_by_reason(flow, steps, new_lead, cast):
    without_phone, answered = new_lead(phone=None), new_lead()
    reply(answered)
    found = {row.reason: row.leads for row in number_queries.reasons("skipped", Message.step_id == steps.text.id)}
    assert found == {"The lead has no phone number": 1, "The lead replied": 1}
    assert behind(cast.ada, steps.text, "skipped", reason="The lead replied") == [answered.id]
    assert set(behind(cast.ada, steps.text, "skipped")) == {without_phone.id, answered.id}


def test_a_rep_sees_their_own_leads_and_those_of_nobody(flow, steps, new_lead, cast):
    new_lead(owner_id=cast.max.id)
    seen = {new_lead(owner_id=cast.ben.id).id, new_lead().id}
    assert set(behind(cast.ben, steps.text, "waiting")) == seen
    assert len(behind(cast.ada, steps.text, "waiting")) == 3


@pytest.fixture
def ada(sign_in, cast):
    return sign_in(cast.ada)


def test_the_rail_asks_for_its_numbers_and_each_leads_to_its_leads(ada, flow, steps, new_lead):
    lead = new_lead()
    page = ada.get(f"/flows/{flow.id}").text
    assert f'data-counts="/flows/{flow.id}/numbers"' in page
    assert f'data-numbers="{steps.text.id}"' in page
    numbers = ada.get(f"/flows/{flow.id}/numbers?step={steps.text.id}", hx=True).text
    assert numbers.count("<hx-partial") == 1
    link = re.search(rf'href="(/flows/{flow.id}/steps/{steps.text.id}/leads\?what=waiting)">1 waiting<', numbers)
    assert lead.name in ada.get(link[1]).text


def test_the_page_is_shown_before_a_crowd_is_counted(ada, flow, new_lead):
    new_lead()
    with count_queries() as seen:
        ada.get(f"/flows/{flow.id}")
    assert seen
    assert not [statement for statement in seen if "FROM messages" in statement]


def test_a_canvas_is_drawn_anew_without_counting_a_crowd(ada, flow, steps, new_lead):
    new_lead()
    with count_queries() as seen:
        copied = ada.post(f"/flows/{flow.id}/steps/{steps.text.id}/copy", data={"revision": 0}, hx=True).text
    assert f'data-numbers="{steps.text.id}"' in copied
    assert not [statement for statement in seen if "FROM messages" in statement]


def test_only_a_flows_own_steps_are_counted(ada, flow, steps):
    other = perform(operations.create_flow, "Other")
    assert "<hx-partial" not in ada.get(f"/flows/{other.id}/numbers?step={steps.text.id}", hx=True).text
    assert "<hx-partial" not in ada.get(f"/flows/{flow.id}/numbers", hx=True).text


def test_the_step_of_another_flow_and_a_bad_page_are_refused(ada, flow, steps):
    other = perform(operations.create_flow, "Other")
    assert ada.get(f"/flows/{other.id}/steps/{steps.text.id}/leads").status_code == 404
    address = f"/flows/{flow.id}/steps/{steps.text.id}/leads"
    assert ada.get(f"{address}?cursor=nonsense").status_code == 400
    assert ada.get(f"{address}?what=nonsense&why=nonsense").status_code == 200


# ---- Every step for one lead ---------------------------------------------------------------------------------


def story_of(lead) -> dict[str, tuple[str, str]]:
    """(status, reason) by the step's name."""
    db.session.rollback()
    (story,) = passage_queries.stories(lead.id)
    return {step.name: (fate.status, fate.reason) for step, fate in story.steps}


def test_each_step_says_what_became_of_it_and_why(flow, steps, new_lead):
    perform(operations.set_step_enabled, steps.reminder, False)
    lead = new_lead(phone=None)
    FakeTransport().drain()
    perform(operations.add_step, flow, SOON)
    assert story_of(lead) == {
        "Welcome Email": ("sent", ""),
        "Follow-up Text": ("skipped", "The lead has no phone number"),
        "Soon": (fates.NEVER, fates.CAME_LATER),
        "Reminder Email": (fates.NEVER, fates.WAS_OFF),
    }


def test_a_deleted_step_is_told_where_it_left_a_message(flow, steps, new_lead):
    lead = new_lead()
    perform(operations.delete_step, steps.reminder)
    assert story_of(lead)["Reminder Email"] == ("skipped", "The step was deleted")
    assert "Reminder Email" not in story_of(new_lead())


def test_a_held_message_says_when_it_is_looked_at_again(flow, steps, new_lead):
    lead, later = new_lead(), clock.now() + timedelta(days=2)
    with writing() as session:
        theirs = (Message.lead_id == lead.id, Message.step_id == steps.text.id)
        session.execute(update(Message).where(*theirs).values(status="held", reason="quiet hours", due_at=later))
    (story,) = passage_queries.stories(lead.id)
    fate = next(fate for step, fate in story.steps if step.id == steps.text.id)
    assert (fate.status, fate.at, fate.reason) == ("held", later, "quiet hours")


def test_the_card_of_a_lead_takes_the_same_queries_however_many_steps(flow, new_lead):
    lead_id = new_lead().id

    def asked() -> int:
        db.session.rollback()
        db.session.expire_all()
        with count_queries() as seen:
            passage_queries.stories(lead_id)
        return len(seen)

    before = asked()
    for _ in range(5):
        perform(operations.add_step, flow, SOON)
    assert asked() == before == 4


def test_the_leads_page_shows_its_flows_and_ends_them(ada, flow, new_lead):
    lead = new_lead()
    assert f'hx-get="/leads/{lead.id}/flows"' in ada.get(f"/leads/{lead.id}").text
    card = ada.get(f"/leads/{lead.id}/flows", hx=True).text
    assert "Follow-up Text" in card
    assert "Goal reached" in card
    assert enrolment_of(lead).timezone.replace("_", " ") in card
    ada.post("/flows/departures", data={"ids": enrolment_of(lead).id, "why": "goal"}, hx=True)
    ended = ada.get(f"/leads/{lead.id}/flows", hx=True).text
    assert "The goal was reached" in ended
    assert "Take out of the flow" not in ended
    assert len(messages_of(lead)) == 3


def test_what_a_flow_plans_for_a_lead_is_canceled_on_their_page(ada, flow, new_lead):
    lead = new_lead()
    card = ada.get(f"/leads/{lead.id}/flows", hx=True).text
    addresses = re.findall(r'hx-post="(/messages/[^"]+/cancellation)"', card)
    assert len(addresses) == card.count("Waiting") == 3
    for address in addresses:
        assert ada.post(address, hx=True).headers["HX-Trigger"].startswith("messages-changed")
    card = ada.get(f"/leads/{lead.id}/flows", hx=True).text
    assert card.count(">Canceled<") == 3
    assert "/cancellation" not in card


def test_who_is_in_no_flow_is_told_so(ada, flow, new_lead):
    perform(operations.set_flow_enabled, flow, False)
    lead = new_lead()
    assert "is in no flow" in ada.get(f"/leads/{lead.id}/flows", hx=True).text
    assert not queries.running_count(flow.id)
