"""A person ends a passage because its goal was reached, or takes the lead out; it can be undone for ten minutes."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from leadcrm.conversations import timeline
from leadcrm.core import clock, events
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.models import EventRow
from leadcrm.flows import operations
from leadcrm.flows.reasons import GOAL_REACHED, TAKEN_OUT
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from tests.conversations.conftest import FakeTransport
from tests.flows.conftest import drain, enrolment_of, messages_of
from tests.flows.test_leaving import reply


def end(person, *passages, why: str = GOAL_REACHED) -> list[int]:
    with events.acting_as(f"user:{person.id}"):
        return perform(operations.end_passages, [passage.id for passage in passages], why)


def undo(person, facts) -> int:
    with events.acting_as(f"user:{person.id}"):
        return perform(operations.undo_endings, facts, person)


def told(lead) -> str:
    """The newest sentence of the lead's timeline."""
    db.session.rollback()
    return timeline.of_lead(db.session.scalars(select(Lead).where(Lead.id == lead.id)).one(), None).items[0].sentence


@pytest.mark.parametrize("why", [GOAL_REACHED, TAKEN_OUT])
def test_what_waits_is_skipped_with_the_reason_and_undoing_lets_it_wait_again(flow, new_lead, cast, why):
    lead = new_lead()
    before = [(message.status, message.scheduled_for) for message in messages_of(lead)]
    facts = end(cast.ada, enrolment_of(lead), why=why)
    assert {(message.status, message.reason) for message in messages_of(lead)} == {("skipped", why)}
    assert (enrolment_of(lead).state, enrolment_of(lead).exit_reason) == ("exited", why)
    assert undo(cast.ada, facts) == 1
    assert (enrolment_of(lead).state, enrolment_of(lead).exit_reason, enrolment_of(lead).ended_at) == (
        "running", "", None,
    )  # fmt: skip
    ahead = [(message.status, message.scheduled_for) for message in messages_of(lead)][1:]
    assert ahead == before[1:], "the welcome was due at once, so its time is past"


def test_nothing_leaves_after_it_though_it_was_due(flow, new_lead, cast):
    lead = new_lead()
    end(cast.ada, enrolment_of(lead))
    transport = FakeTransport()
    transport.drain()
    assert not transport.sent


def test_the_timeline_says_who_did_it(flow, new_lead, cast):
    lead = new_lead()
    facts = end(cast.ada, enrolment_of(lead))
    assert told(lead) == "Ada took Naledi out of the flow “New lead”: the goal was reached"
    undo(cast.ada, facts)
    end(cast.ada, enrolment_of(lead), why=TAKEN_OUT)
    assert told(lead) == "Ada took Naledi out of the flow “New lead”"


def test_ending_twice_changes_nothing(flow, new_lead, cast):
    lead = new_lead()
    end(cast.ada, enrolment_of(lead))
    assert end(cast.ada, enrolment_of(lead), why=TAKEN_OUT) == []
    assert enrolment_of(lead).exit_reason == GOAL_REACHED


HAPPENED_SINCE = {
    "a reply": reply,
    "an archival": lambda lead: (perform(leads.archive_lead, lead), drain()),
    "a disqualification": lambda lead: (perform(leads.change_status, lead, "unqualified", "No budget"), drain()),
}


@pytest.mark.parametrize("what", HAPPENED_SINCE)
def test_undoing_does_not_bring_back_a_lead_who_has_left_for_another_reason(flow, new_lead, cast, what):
    lead = new_lead()
    facts = end(cast.ada, enrolment_of(lead))
    HAPPENED_SINCE[what](lead)
    assert undo(cast.ada, facts) == 0
    assert enrolment_of(lead).state == "exited"
    assert "scheduled" not in {message.status for message in messages_of(lead)}


def test_only_who_ended_it_can_undo_it_and_only_for_ten_minutes(flow, new_lead, cast, monkeypatch):
    lead = new_lead()
    facts = end(cast.ada, enrolment_of(lead))
    assert undo(cast.max, facts) == 0
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert undo(cast.ada, facts) == 0


def test_a_rep_does_not_undo_it_for_a_lead_that_was_given_to_a_colleague(flow, new_lead, cast):
    lead = new_lead(owner_id=cast.ben.id)
    facts = end(cast.ben, enrolment_of(lead))
    perform(leads.assign_lead, get_or_404(Lead, lead.id), cast.max.id)
    assert undo(cast.ben, facts) == 0
    assert enrolment_of(lead).state == "exited"


def test_other_endings_cannot_be_undone_by_their_fact(flow, new_lead, cast):
    lead = new_lead()
    reply(lead)
    fact = select(EventRow.id).where(EventRow.name == "flow.exited", EventRow.lead_id == lead.id)
    assert undo(cast.ada, [db.session.scalar(fact)]) == 0


# ---- Through the screen --------------------------------------------------------------------------------------


def test_many_are_taken_out_at_once_and_come_back(flow, new_lead, cast, sign_in):
    ada = sign_in(cast.ada)
    passages = [enrolment_of(new_lead()) for _ in range(3)]
    answer = ada.post("/flows/departures?why=out", data={"ids": [passage.id for passage in passages]}, hx=True)
    assert "3 leads left the flow: taken out by hand." in answer.text
    assert answer.headers["HX-Trigger"] == "messages-changed"
    undo_url = answer.text.split('hx-post="')[1].split('"')[0].replace("&amp;", "&")
    assert "3 leads are in the flow again." in ada.post(undo_url, hx=True).text


def test_a_rep_ends_nothing_of_anothers_lead(flow, new_lead, cast, sign_in):
    lead = new_lead(owner_id=cast.max.id)
    answer = sign_in(cast.ben).post("/flows/departures", data={"ids": enrolment_of(lead).id, "why": "goal"}, hx=True)
    assert "Nobody there is in the flow any more." in answer.text
    assert enrolment_of(lead).state == "running"


def test_without_scripts_one_comes_back_to_the_lead(flow, new_lead, cast, sign_in):
    lead = new_lead()
    data = {"ids": enrolment_of(lead).id, "why": "goal", "back": f"/leads/{lead.id}"}
    answer = sign_in(cast.ada).post("/flows/departures", data=data)
    assert (answer.status_code, answer.location) == (303, f"/leads/{lead.id}")
    assert sign_in(cast.ada).post("/flows/departures", data=data | {"why": "whim"}).status_code == 422
