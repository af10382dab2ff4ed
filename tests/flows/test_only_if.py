"""A step that is sent only if something holds: looked at when it is about to leave, and told where it does not."""

from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import select, update

from leadcrm.conversations.models import ConditionalStep
from leadcrm.core.db import db, perform, writing
from leadcrm.core.errors import DomainError
from leadcrm.flows import draft_queries, operations
from leadcrm.flows.document import StepDocument
from leadcrm.flows.edits import EditStep
from leadcrm.flows.operations import StepData
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport, make_due
from tests.flows.conftest import messages_of
from tests.flows.test_changing import data_of
from tests.flows.test_drafting import change, draft

HOT = {"all": [{"field": "score", "op": "at_least", "value": 60}]}
NOT_HOT = "Not the case: score is at least 60"


@pytest.fixture
def mia(sign_in, cast, flow):
    return sign_in(cast.mia)


def publish_condition(flow, step, only_if) -> None:
    change(flow, EditStep(step.id, replace(data_of(step), only_if=only_if)))
    perform(operations.publish, flow, draft(flow).revision)


def score(lead, points: int) -> None:
    with writing() as session:
        session.execute(update(Lead).where(Lead.id == lead.id).values(score=points))


def welcome_of(lead):
    return messages_of(lead)[0]


def test_only_leads_of_whom_it_holds_get_the_step_and_the_others_are_told_why(flow, steps, new_lead):
    publish_condition(flow, steps.welcome, HOT)
    hot, cold = new_lead(), new_lead()
    score(hot, 80)
    FakeTransport().drain()
    assert welcome_of(hot).status == "sent"
    assert (welcome_of(cold).status, welcome_of(cold).reason) == ("skipped", NOT_HOT)


def test_it_is_looked_at_when_the_message_is_about_to_leave(flow, steps, new_lead):
    publish_condition(flow, steps.text, {"all": [{"field": "tag", "op": "is", "value": "vip"}]})
    lead = new_lead()
    perform(leads.set_tags, lead, ["VIP"])
    text = messages_of(lead)[1]
    make_due(text)
    FakeTransport().drain()
    assert messages_of(lead)[1].status in ("sent", "held"), "held: it may be night where the lead is"


def test_publishing_reaches_what_waits_already_and_taking_it_off_too(flow, steps, new_lead):
    first, second = new_lead(), new_lead()
    publish_condition(flow, steps.welcome, HOT)
    make_due(welcome_of(first))
    FakeTransport().drain()
    assert welcome_of(first).reason == NOT_HOT
    publish_condition(flow, steps.welcome, None)
    assert not db.session.scalars(select(ConditionalStep)).all()
    third = new_lead()
    FakeTransport().drain()
    assert welcome_of(third).status == "sent"
    assert welcome_of(second).status == "skipped"


def test_a_batch_asks_the_same_queries_for_many_leads_as_for_one(flow, steps, new_lead):
    only_if = {"all": [*HOT["all"], {"field": "replied", "op": "no"}, {"field": "tag", "op": "is_not", "value": "x"}]}
    publish_condition(flow, steps.welcome, only_if)

    def asked(leads_due: int) -> int:
        for _ in range(leads_due):
            new_lead()
        with count_queries() as seen:
            FakeTransport().drain()
        return len([statement for statement in seen if statement.startswith("SELECT") and "tags" in statement])

    assert asked(1) == asked(8) == 1


def test_the_diff_says_it_in_words(flow, steps):
    change(flow, EditStep(steps.text.id, replace(data_of(steps.text), only_if=HOT)))
    assert [it.words for it in draft(flow).changes] == ["“Follow-up Text” is sent only if score is at least 60"]


def test_a_restored_version_has_its_condition_again(flow, steps):
    publish_condition(flow, steps.text, HOT)
    publish_condition(flow, steps.text, None)
    perform(operations.restore_version, flow, draft(flow).revision, 2)
    assert draft(flow).document.step(steps.text.id).only_if == HOT


@pytest.mark.parametrize(
    "nonsense", [7, "x", {"all": 7}, {"all": [7]}, {"all": [{"field": "soul", "op": "is"}]}, {"none": []}, [[]]]
)
def test_a_document_with_nonsense_for_a_condition_is_refused(nonsense):
    step = StepDocument("id", "text", "Name", "", "Hi", 0, time(9)).to_json() | {"only_if": nonsense}
    with pytest.raises(DomainError):
        StepDocument.from_json(step)


def test_documents_of_before_have_none():
    step = StepDocument("id", "text", "Name", "", "Hi", 0, time(9)).to_json()
    del step["only_if"]
    assert StepDocument.from_json(step).only_if is None


# ---- On the screen -------------------------------------------------------------------------------------------

FORM = {"type": "text", "name": "Call", "day": "1", "time_type": "immediately", "content": "Hi"}
ROW = {"only_if-0-field": "score", "only_if-0-op": "at_least", "only_if-0-value": "60"}


def test_it_is_typed_saved_shown_and_taken_off(mia, flow):
    saved = mia.post(f"/flows/{flow.id}/steps", data={**FORM, **ROW, "revision": 0}, hx=True)
    assert "Only if score is at least 60" in saved.text
    step = next(step for step in draft(flow).document.steps if step.name == "Call")
    assert step.only_if == HOT
    panel = mia.get(f"/flows/{flow.id}/steps/{step.id}", hx=True).text
    assert 'name="only_if-0-value"' in panel
    mia.post(f"/flows/{flow.id}/steps/{step.id}", data={**FORM, "revision": draft(flow).revision}, hx=True)
    assert draft(flow).document.step(step.id).only_if is None


def test_a_row_more_and_less_keeps_what_was_typed(mia, flow):
    more = mia.post(f"/flows/{flow.id}/draft?add=only_if", data={**FORM, **ROW}, hx=True).text
    assert 'name="only_if-1-field"' in more
    assert 'value="Call"' in more
    less = mia.post(f"/flows/{flow.id}/draft?remove=only_if-0", data={**FORM, **ROW}, hx=True).text
    assert 'name="only_if-0-field"' not in less


def test_what_makes_no_sense_is_said_beside_its_row_with_nothing_lost(mia, flow):
    refused = mia.post(
        f"/flows/{flow.id}/steps", data={**FORM, **ROW, "only_if-0-value": "many", "revision": 0}, hx=True
    )
    assert refused.status_code == 422
    assert "The score: a number from 0 to 100." in refused.text
    assert 'value="many"' in refused.text
    assert draft_queries.draft_of(flow).revision == 0


def test_a_reader_sees_the_sentence(sign_in, cast, mia, flow, steps):
    change(flow, EditStep(steps.text.id, replace(data_of(steps.text), only_if=HOT)))
    panel = sign_in(cast.ben).get(f"/flows/{flow.id}/steps/{steps.text.id}", hx=True).text
    assert "score is at least 60" in panel


def test_a_live_edit_by_the_api_of_verbs_keeps_it_too(flow, new_lead):
    perform(operations.add_step, flow, StepData("email", "First", "Hi", 0, None, "Hi", only_if=HOT))
    lead = new_lead()
    FakeTransport().drain()
    assert {(message.status, message.reason) for message in messages_of(lead)} >= {("skipped", NOT_HOT)}
