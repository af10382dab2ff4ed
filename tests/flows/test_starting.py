"""How flows begin: as a copy, from an example, from a file; and what is wrong with a file."""

import io
import json
import re

import pytest
from hypothesis import given
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


@given(documents())
def test_a_file_says_what_the_flow_says_and_the_same_flow_makes_the_same_file(document):
    if not all(name.strip() for name in (document.name, *(step.name for step in document.steps))):
        return
    data = files.written(document, "manual")
    found = files.read(data)
    read = found.document
    assert (said(read), found.trigger, found.left_out) == (said(document), "manual", ())
    assert files.written(read, found.trigger) == files.written(FlowDocument(read.name, document.steps), "manual")
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
    read = files.read(files.written(live_document(flow), flow.trigger))
    imported = perform(operations.create_flow_from, read.document, read.trigger)
    for one in (copy, imported):
        theirs = {step.id for step in queries.steps_of(one.id) if step.only_if == HOT}
        held = select(ConditionalStep.step_id).where(ConditionalStep.step_id.in_(theirs))
        assert len(db.session.scalars(held).all()) == 1


def owned_by(user, *more) -> dict:
    return {"all": [{"any": [{"field": "owner", "op": "is", "value": user.id}]}, *more]}


IS_OWNED = {"field": "owner", "op": "is_set", "value": None}


def test_a_file_names_nobody_and_its_reader_hears_what_was_left_out(mia, cast, flow):
    only_if = owned_by(cast.ben, *HOT["all"], IS_OWNED)
    perform(operations.add_step, flow, StepData("email", "To Ben's", "Hi", 0, None, "Hi", only_if=only_if))
    data = mia.get(f"/flows/{flow.id}/export").data
    assert cast.ben.id.encode() not in data
    page = mia.get(posted(mia, data).location, follow_redirects=True).text
    assert "“To Ben&#39;s” is off: its condition named a colleague" in page
    made = db.session.scalars(select(Flow).where(Flow.name == "New lead (2)")).one()
    [step] = [step for step in queries.steps_of(made.id) if step.name == "To Ben's"]
    assert (step.only_if, step.enabled) == ({"all": [*HOT["all"], IS_OWNED]}, False)
    assert all(other.enabled for other in queries.steps_of(made.id) if other.id != step.id)
    perform(operations.set_step_enabled, step, True)
    assert "named a colleague" not in mia.get(f"/flows/{made.id}?left_out={step.id}").text


def test_whom_an_older_file_names_is_known_where_it_was_written_and_nowhere_else(cast, flow):
    theirs = json.dumps(owned_by(cast.ben)).encode()
    data = broken(steps=[STEP | {"only_if": owned_by(cast.ben)}])
    assert theirs[1:-1] in data
    here, elsewhere = files.read(data, {cast.ben.id}), files.read(data, {cast.ada.id})
    assert (here.left_out, here.document.steps[0].only_if) == ((), owned_by(cast.ben))
    [step] = elsewhere.document.steps
    assert (elsewhere.left_out, step.only_if, step.enabled) == ((step.id,), None, False)


def test_a_flow_that_names_nobody_comes_in_without_a_word(mia, flow):
    came = posted(mia, mia.get(f"/flows/{flow.id}/export").data)
    assert "left_out" not in came.location
    assert "named a colleague" not in mia.get(came.location).text


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
