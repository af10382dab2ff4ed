"""The timeline: what happened, in sentences, at a fixed cost."""

import pytest

from leadcrm.conversations import operations, timeline
from leadcrm.conversations.models import Message
from leadcrm.core.db import db, perform
from leadcrm.core.events import acting_as
from leadcrm.core.models import EventRow
from leadcrm.flows import operations as flows
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from tests.conftest import count_queries
from tests.conversations.conftest import make_due
from tests.conversations.test_inbox import hears, shown


@pytest.fixture
def ada(sign_in, cast):
    return sign_in(cast.ada)


@pytest.fixture
def lead(acme, cast):
    with acting_as(f"user:{cast.ada.id}"):
        return perform(
            leads.create_lead,
            LeadData(first_name="Naledi", last_name="Khumalo", email="naledi@example.com", source="website"),
            by=cast.ada,
        )


def sentences(lead) -> list[str]:
    return [happening.sentence for happening in timeline.of_lead(lead).items]


def test_what_is_planned_is_canceled_where_it_is_told(ada, lead):
    message = perform(operations.plan_message, lead_id=lead.id, channel="email", subject="Hi", content="Welcome in",
                      origin="flow", intent_key="one")  # fmt: skip
    cancel = f'hx-post="/messages/{message.id}/cancellation"'
    assert cancel in ada.get(f"/leads/{lead.id}/timeline", hx=True).text
    ada.post(f"/messages/{message.id}/cancellation", hx=True)
    assert cancel not in ada.get(f"/leads/{lead.id}/timeline", hx=True).text


def test_a_conversation_reads_like_one(ada, lead, cast, transport):
    message = perform(operations.plan_message, lead_id=lead.id, channel="email", subject="Hi", content="Welcome in",
                      origin="flow", intent_key="one")  # fmt: skip
    make_due(message)
    transport.drain()
    hears(lead, "Thank you")
    with acting_as(f"user:{cast.ada.id}"):
        perform(leads.add_note, lead, "Call her <b>tomorrow</b>", cast.ada)
        perform(leads.assign_lead, lead, cast.ben.id)
    told = sentences(lead)
    for sentence in (
        "Ada added the lead, source: Website",
        "An email was planned by a flow for",
        "An email was sent by a flow",
        "Naledi Khumalo wrote an email",
        "Ada wrote a note",
        "Ada made Ben the owner",
    ):
        assert sentence in told
    assert told.index("Naledi Khumalo wrote an email") < told.index("An email was sent by a flow")
    page = shown(ada.get(f"/leads/{lead.id}/timeline", hx=True))
    assert "Call her &lt;b&gt;tomorrow&lt;/b&gt;" in page
    assert "Thank you" in page
    assert "<b>Hi</b>Welcome in</blockquote>" in page


def test_pages_follow_and_cost_the_same(ada, lead, cast):
    perform(leads.add_note, lead, "first", cast.ada)
    cheap = cost(lead)
    for number in range(40):
        perform(leads.add_note, lead, f"note {number}", cast.ada)
        hears(lead, f"mail {number}")
    assert cost(lead) <= cheap + 1 <= 5  # and one for messages
    ids, cursor = [], None
    while True:
        page = timeline.of_lead(lead, cursor)
        ids += [happening.id for happening in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == db.session.query(EventRow).filter_by(lead_id=lead.id).count()


def cost(lead) -> int:
    with count_queries() as seen:
        timeline.of_lead(lead)
    return len(seen)


def test_the_page_leads_on_and_refuses_nonsense(ada, lead, cast):
    for number in range(40):
        perform(leads.add_note, lead, f"note {number}", cast.ada)
    page = shown(ada.get(f"/leads/{lead.id}/timeline", hx=True))
    assert "Earlier" in page
    assert ada.get(f"/leads/{lead.id}/timeline?cursor=nonsense").status_code == 400
    assert "<!doctype html>" in shown(ada.get(f"/leads/{lead.id}/timeline"))


def test_a_planned_message_names_its_time(ada, lead, transport):
    perform(operations.plan_message, lead_id=lead.id, channel="email", subject="Hi", content="x", origin="manual",
            intent_key="one")  # fmt: skip
    happening = next(h for h in timeline.of_lead(lead).items if "planned" in h.sentence)
    assert happening.moment == db.session.query(Message).one().scheduled_for


def test_flows_and_automations_are_named(ada, lead, cast, transport):
    flow = perform(flows.ensure_default_flow)
    with acting_as("system"):
        perform(flows.enrol, lead, flow)
        perform(flows.exit_lead, lead.id, "The lead replied")
    told = sentences(lead)
    assert f"Left the flow “{flow.name}”: the lead replied" in told
    assert any(sentence.startswith(f"Entered the flow “{flow.name}”: ") for sentence in told)
