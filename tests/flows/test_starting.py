"""How flows begin: as a copy, from an example, from a file; and what is wrong with a file."""

import io
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from leadcrm.conversations.models import ConditionalStep
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.errors import DomainError
from leadcrm.flows import files, operations, queries
from leadcrm.flows.document import FlowDocument
from leadcrm.flows.draft_queries import draft_of, live_document
from leadcrm.flows.models import Flow
from leadcrm.flows.operations import StepData
from leadcrm.flows.seed import EXAMPLES, NEW_LEAD
from tests.flows.documents import documents
from tests.flows.test_only_if import HOT

DAYS = {
    "new_lead": [0, 1, 2],
    "nurture": [1, 3, 7, 14],
    "after_a_meeting": [0, 2, 7],
    "re_engagement": [0, 4, 10],
    "disqualified": [180, 194],
}


@pytest.fixture
def mia(sign_in, cast, flow):
    """Marketing may build flows."""
    return sign_in(cast.mia)


def said(document: FlowDocument) -> list[dict]:
    return [{name: value for name, value in step.to_json().items() if name != "id"} for step in document.steps]


def flow_at(location: str) -> Flow:
    db.session.rollback()
    return get_or_404(Flow, re.search(r"/flows/([0-9a-f-]{36})", location).group(1))


def posted(client, data: bytes, name: str = "drip.flow.json"):
    return client.post("/flows/import", data={"file": (io.BytesIO(data), name)})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_a_file_says_what_the_flow_says_and_the_same_flow_makes_the_same_file(document):
    if not all(name.strip() for name in (document.name, *(step.name for step in document.steps))):
        return
    data = files.written(document, "manual")
    read, trigger = files.read(data)
    assert (said(read), trigger) == (said(document), "manual")
    assert files.written(read, trigger) == files.written(FlowDocument(read.name, document.steps), "manual")
    assert not {step.id for step in read.steps} & {step.id for step in document.steps}


def broken(**changes) -> bytes:
    return json.dumps(json.loads(files.written(NEW_LEAD.document(), "new_lead")) | changes).encode()


STEP = said(NEW_LEAD.document())[1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not the file of a flow"),
        (b'{"a": 1}', "not the file of a flow"),
        (b"[" * 100_000, "not JSON"),
        (b" " * (files.LARGEST + 1), "larger than"),
        (broken(version=2), "version 2; we read version 1"),
        (broken(extra=1), "We do not know “extra”"),
        (broken(name=""), "name has to be a text"),
        (broken(name="\x00"), "name has to be a text"),
        (broken(trigger="campaign"), "trigger has to be one of"),
        (broken(trigger=[1]), "trigger has to be one of"),
        (broken(steps={}), "steps have to be a list"),
        (broken(steps=[STEP] * 101), "steps have to be a list of at most 100"),
        (broken(steps=[STEP, 3]), "Step 2 is not an object"),
        (broken(steps=[STEP, STEP | {"day": "soon"}]), "Step 2, day: "),
        (broken(steps=[STEP | {"content": "Hi {frist_name}"}]), "Step 1, content: We do not know {frist_name}"),
        (broken(steps=[STEP | {"content": "\ud800"}]), "not JSON in UTF-8"),
        (broken(steps=[STEP | {"name": " "}]), "Step 1, name: Only blanks"),
        (broken(steps=[STEP | {"content": "\n"}]), "Step 1, content: Only blanks"),
        (broken(steps=[STEP | {"type": "email", "subject": " "}]), "Step 1, subject: Only blanks"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(data, words):
    with pytest.raises(DomainError, match=re.escape(words)) as refusal:
        files.read(data)
    assert refusal.value.field == "file"


def test_what_was_exported_comes_in_as_a_flow_of_its_own_switched_off(mia, flow):
    answer = mia.get(f"/flows/{flow.id}/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="new_lead.flow.json"'
    made = flow_at(posted(mia, answer.data).location)
    assert (made.name, made.trigger, made.enabled) == ("New lead (2)", "new_lead", False)
    assert said(live_document(made)) == said(live_document(flow))
    third = flow_at(posted(mia, answer.data).location)
    assert third.name == "New lead (3)"


def test_a_file_that_is_refused_makes_nothing_and_says_why(mia):
    refused = posted(mia, broken(steps=[STEP | {"day": 400}]))
    assert refused.status_code == 422
    assert "Step 1, day:" in refused.text
    assert mia.post("/flows/import").status_code == 422
    assert len(db.session.scalars(select(Flow.id)).all()) == 1


def test_a_copy_says_what_the_draft_says(mia, flow):
    draft = draft_of(flow)
    step = draft.document.steps[0]
    form = {"name": "Changed", "type": step.type, "day": "0", "time_type": "immediately", "revision": draft.revision}
    mia.post(f"/flows/{flow.id}/steps/{step.id}", data=form | {"subject": step.subject, "content": step.content})
    copy = flow_at(mia.post(f"/flows/{flow.id}/copy").location)
    assert (copy.name, copy.enabled) == ("New lead (copy)", False)
    assert next(step.name for step in queries.steps_of(copy.id)) == "Changed"
    assert not {step.id for step in queries.steps_of(copy.id)} & {step.id for step in queries.steps_of(flow.id)}


def test_a_copy_and_a_file_keep_the_conditions_of_their_steps(flow):
    perform(operations.add_step, flow, StepData("email", "To hot ones", "Hi", 0, None, "Hi", only_if=HOT))
    copy = perform(operations.copy_flow, flow)
    document, trigger = files.read(files.written(live_document(flow), flow.trigger))
    imported = perform(operations.create_flow_from, document, trigger)
    for one in (copy, imported):
        theirs = {step.id for step in queries.steps_of(one.id) if step.only_if == HOT}
        held = select(ConditionalStep.step_id).where(ConditionalStep.step_id.in_(theirs))
        assert len(db.session.scalars(held).all()) == 1


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.key)
def test_every_example_can_be_used_and_switched_on(mia, flow, example):
    page = mia.get("/flows/new").text
    assert f'value="{example.key}"' in page
    made = flow_at(mia.post("/flows", data={"example": example.key, "name": f"My {example.key}"}).location)
    assert [step.day for step in queries.steps_of(made.id)] == DAYS[example.key]
    assert (made.name, made.trigger, made.enabled) == (f"My {example.key}", example.trigger, False)
    perform(operations.set_flow_enabled, flow, False)
    perform(operations.set_flow_enabled, made, True)


def test_an_example_lends_its_name(mia):
    assert flow_at(mia.post("/flows", data={"example": "nurture"}).location).name == "Nurture"
    assert flow_at(mia.post("/flows", data={"example": "nurture"}).location).name == "Nurture (2)"


def test_the_texts_of_examples_say_how_to_opt_out_and_leave_no_gap():
    for example in EXAMPLES:
        for step in example.document().steps:
            assert step.type == "email" or "STOP" in step.content, step.name
            assert not re.search(r"{(?!organization_name)\w+}", step.subject + step.content), step.name


def test_an_empty_flow_needs_a_name_and_keeps_its_trigger(mia):
    refused = mia.post("/flows", data={"trigger": "disqualified"})
    assert (refused.status_code, "Give it a name." in refused.text) == (422, True)
    made = flow_at(mia.post("/flows", data={"name": "Later", "trigger": "disqualified"}).location)
    assert made.trigger == "disqualified"
    assert "When a lead is disqualified" in mia.get(f"/flows/{made.id}").text
    assert mia.post("/flows", data={"name": "Later 2", "trigger": "campaign"}).status_code == 422
    assert mia.post("/flows", data={"example": "nonsense"}).status_code == 422
