"""The flow builder through HTTP: every route works, refuses, and keeps strangers out."""

import re

import pytest
from sqlalchemy import func, select

from leadcrm.core.db import db, perform
from leadcrm.flows import draft_queries, operations, queries
from leadcrm.flows.document import StepDocument
from leadcrm.flows.edits import AddStep
from leadcrm.flows.models import FlowDraftChange
from leadcrm.identity import operations as identity
from tests.conftest import count_queries
from tests.flows.conftest import messages_of

STEP = {
    "type": "text",
    "name": "Ask",
    "day": "3",
    "time_type": "specific",
    "time": "18:30",
    "content": "Hi {first_name|there}",
    "lead": "",
}


@pytest.fixture
def mia(sign_in, cast, flow):
    """Marketing may build flows."""
    return sign_in(cast.mia)


def form_of(step, revision: int = 0, **changes) -> dict[str, str]:
    """The form as the browser sends it back; `revision` is the draft's."""
    fields = {
        "type": step.type,
        "name": step.name,
        "day": str(step.day),
        "time_type": step.time_type,
        "time": step.time.strftime("%H:%M") if step.time else "",
        "subject": step.subject,
        "content": step.content,
        "revision": str(revision),
    }
    return fields | changes


def draft_of(flow) -> draft_queries.Draft:
    db.session.rollback()
    return draft_queries.draft_of(flow)


def added_step(flow) -> StepDocument:
    draft = draft_of(flow)
    [step] = [step for step in draft.document.steps if step.id not in draft.live_ids]
    return step


def live_names(flow) -> list[str]:
    db.session.rollback()
    return [step.name for step in queries.steps_of(flow.id)]


def test_the_list_shows_flows_and_makes_new_ones(mia, flow, new_lead):
    new_lead()
    assert "3 steps on, 1 lead inside" in mia.get("/flows").text
    made = mia.post("/flows", data={"name": "Nurture"})
    assert made.status_code == 303
    assert "Off" in mia.get(made.location).text
    refused = mia.post("/flows", data={"name": "Nurture"})
    assert refused.status_code == 422
    assert "Another flow has this name." in refused.text


def test_the_builder_shows_days_steps_and_times(mia, flow, new_lead):
    new_lead(), new_lead()
    page = mia.get(f"/flows/{flow.id}").text
    assert re.findall(r'<h2 id="day-\d+">Day (\d+)', page) == ["0", "1", "2"]
    assert times_on(page) == ["Immediately", "9:00 AM", "2:00 PM"]
    assert "2 leads inside" in page


def times_on(page: str) -> list[str]:
    return re.findall(r'class="step-at">([^<]+)<', page)


@pytest.mark.parametrize(
    ("locale", "reminder", "quiet"), [("de", "14:00", "21:00–08:00"), ("en-US", "2:00 PM", "9:00 PM–8:00 AM")]
)
def test_times_are_written_as_the_reader_writes_them(mia, cast, flow, steps, locale, reminder, quiet):
    person = {"name": "Mia", "theme": "system", "timezone": None, "shortcuts": True}
    perform(identity.change_profile, cast.mia, locale=locale, **person)
    assert times_on(mia.get(f"/flows/{flow.id}").text)[-1] == reminder
    assert quiet in mia.get(f"/flows/{flow.id}?step={steps.text.id}").text


@pytest.mark.parametrize(("locale", "before", "after"), [("de", "09:00", "14:00"), ("en-US", "9:00 AM", "2:00 PM")])
def test_what_changed_is_told_in_the_times_of_its_reader(mia, cast, flow, steps, locale, before, after):
    person = {"name": "Mia", "theme": "system", "timezone": None, "shortcuts": True}
    perform(identity.change_profile, cast.mia, locale=locale, **person)
    place = {"day": "1", "time_type": "specific", "time": "14:00", "revision": "0"}
    moved = mia.post(f"/flows/{flow.id}/steps/{steps.text.id}/place", data=place, hx=True)
    words = f"“Follow-up Text” moves from day 1, {before} to day 1, {after}"
    assert f'title="Undo: {words}"' in moved.text
    assert words in mia.get(f"/flows/{flow.id}/publishing").text
    assert f"Undone: {words}" in mia.post(f"/flows/{flow.id}/undo", data={"revision": "1"}, hx=True).text
    assert f"Again: {words}" in mia.post(f"/flows/{flow.id}/redo", data={"revision": "2"}, hx=True).text
    mia.post(f"/flows/{flow.id}/publishing", data={"revision": "3", "audience": "new"})
    assert words in mia.get(f"/flows/{flow.id}/versions").text


@pytest.mark.parametrize("hx", [True, False])
def test_add_a_step_to_the_draft(mia, flow, hx):
    answer = mia.post(f"/flows/{flow.id}/steps", data=STEP, hx=hx)
    assert answer.status_code == (200 if hx else 303)
    step = added_step(flow)
    assert (step.type, step.name, step.day, str(step.time), step.enabled) == ("text", "Ask", 3, "18:30:00", True)
    assert live_names(flow) == ["Welcome Email", "Follow-up Text", "Reminder Email"]
    if hx:
        assert 'hx-target="#flow-canvas"' in answer.text
        assert "Ask was added to the draft" in answer.text


@pytest.mark.parametrize("hx", [True, False])
def test_edit_a_step_in_the_draft_and_send_nothing_of_it(mia, flow, steps, new_lead, hx):
    lead = new_lead()
    answer = mia.post(f"/flows/{flow.id}/steps/{steps.text.id}", data=form_of(steps.text, content="New words"), hx=hx)
    assert answer.status_code == (200 if hx else 303)
    assert draft_of(flow).document.step(steps.text.id).content == "New words"
    assert messages_of(lead)[1].content != "New words"
    if hx:
        assert "was saved in the draft" in answer.text
        assert "Publish 1<" in answer.text


@pytest.mark.parametrize("hx", [True, False])
def test_a_stale_edit_shows_both_versions_and_can_then_be_saved(mia, flow, steps, hx):
    url = f"/flows/{flow.id}/steps/{steps.text.id}"
    mia.post(url, data=form_of(steps.text, content="Theirs"))
    mine = form_of(steps.text, content="Mine", name="My name")
    stale = mia.post(url, data=mine, hx=hx)
    assert stale.status_code == 409
    assert re.findall(r'class="bubble-text">(\w+)<', stale.text) == ["Theirs", "Mine"]
    assert draft_of(flow).document.step(steps.text.id).content == "Theirs"
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', stale.text))
    assert again.items() >= (mine | {"revision": "1"}).items()
    assert mia.post(url, data=again, hx=hx).status_code == (200 if hx else 303)
    assert draft_of(flow).document.step(steps.text.id).content == "Mine"


def test_a_stale_edit_of_a_step_that_is_gone_cannot_be_made_anyway(mia, flow, steps):
    url = f"/flows/{flow.id}/steps/{steps.text.id}"
    mia.post(f"{url}/deletion", data={"revision": "0"})
    stale = mia.post(url, data=form_of(steps.text, content="Mine"), hx=True)
    assert stale.status_code == 409
    assert "is removed from day 1" in stale.text
    assert "Use mine anyway" not in stale.text


@pytest.mark.parametrize("hx", [True, False])
def test_switch_a_step(mia, flow, steps, new_lead, hx):
    lead = new_lead()
    url = f"/flows/{flow.id}/steps/{steps.text.id}/enablement"
    answer = mia.post(url, data={}, hx=hx)
    assert answer.status_code == (200 if hx else 303)
    assert messages_of(lead)[1].status == "skipped"
    mia.post(url, data={"enabled": "1"}, hx=hx)
    assert messages_of(lead)[1].status == "scheduled"
    if hx:
        assert "1 waiting message will not be sent." in answer.text


def test_the_switch_of_a_step_that_only_the_draft_has_is_part_of_the_draft(mia, flow):
    mia.post(f"/flows/{flow.id}/steps", data=STEP)
    step = added_step(flow)
    answer = mia.post(f"/flows/{flow.id}/steps/{step.id}/enablement", data={"revision": "1"}, hx=True)
    assert "Ask is off." in answer.text
    assert not added_step(flow).enabled


@pytest.mark.parametrize("hx", [True, False])
def test_delete_a_step_of_the_draft_and_undo(mia, flow, steps, hx):
    url = f"/flows/{flow.id}/steps/{steps.text.id}"
    answer = mia.post(f"{url}/deletion", data={"revision": "0"}, hx=hx)
    assert answer.status_code == (200 if hx else 303)
    assert mia.get(url).status_code == 404
    assert len(live_names(flow)) == 3
    undo = f"/flows/{flow.id}/undo?revision=1"
    if hx:
        assert f'hx-post="{undo}"' in answer.text
    assert mia.post(undo, hx=hx).status_code == (200 if hx else 303)
    assert len(draft_of(flow).document.steps) == 3
    assert mia.post(f"/flows/{flow.id}/redo", data={"revision": "2"}, hx=hx).status_code == (200 if hx else 303)
    assert len(draft_of(flow).document.steps) == 2


def test_nothing_to_undo_is_refused(mia, flow):
    assert mia.post(f"/flows/{flow.id}/undo", data={"revision": "0"}, hx=True).status_code == 422


def test_copy_a_step(mia, flow, steps):
    answer = mia.post(f"/flows/{flow.id}/steps/{steps.text.id}/copy", data={"revision": "0"}, hx=True)
    assert "Follow-up Text (copy) was added to the draft." in answer.text
    assert added_step(flow).content == steps.text.content


def test_rename_the_flow_in_the_draft(mia, flow):
    perform(operations.create_flow, "Other")
    url = f"/flows/{flow.id}/name"
    assert 'value="New lead"' in mia.get(url, hx=True).text
    refused = mia.post(url, data={"name": "Other", "revision": "0"}, hx=True)
    assert refused.status_code == 422
    assert "Another flow has this name." in refused.text
    assert mia.post(url, data={"name": "Hello", "revision": "0"}).status_code == 303
    assert draft_of(flow).document.name == "Hello"
    assert "<h1>Hello</h1>" in mia.get(f"/flows/{flow.id}").text


def test_the_canvas_says_what_is_new_changed_and_moved(mia, flow, steps):
    mia.post(f"/flows/{flow.id}/steps", data=STEP)
    moved = form_of(steps.text, 1, content="Other", day="2")
    mia.post(f"/flows/{flow.id}/steps/{steps.text.id}", data=moved)
    page = mia.get(f"/flows/{flow.id}").text
    rows = dict(re.findall(r'<li id="step-([^"]+)"(.*?)</li>', page, re.DOTALL))
    found = {step_id: re.findall(r'class="badge tone-\w+">(\w+)<', row) for step_id, row in rows.items()}
    assert found[added_step(flow).id] == ["New"]
    assert found[steps.text.id] == ["Moved", "Changed"]
    assert found[steps.welcome.id] == []
    assert "Publish 3<" in page


def test_discard_goes_back_to_what_is_live(mia, flow):
    assert "Discard changes" not in mia.get(f"/flows/{flow.id}").text
    mia.post(f"/flows/{flow.id}/steps", data=STEP)
    assert "Discard changes" in mia.get(f"/flows/{flow.id}").text
    mia.post(f"/flows/{flow.id}/discarding?revision=1", hx=True)
    assert draft_of(flow).changes == []


def test_switch_the_flow_and_be_refused_a_second_welcome(mia, flow):
    other = perform(operations.create_flow, "Other")
    refused = mia.post(f"/flows/{other.id}/enablement", data={"enabled": "1"}, hx=True)
    assert refused.status_code == 422
    assert "already welcomes new leads" in refused.text
    assert mia.post(f"/flows/{other.id}/enablement", data={"enabled": "1"}).status_code == 422
    assert mia.post(f"/flows/{flow.id}/enablement", data={}, hx=True).status_code == 200
    assert mia.post(f"/flows/{other.id}/enablement", data={"enabled": "1"}, hx=True).status_code == 200


def test_the_inspector_opens_by_url_and_by_htmx(mia, flow, steps):
    fragment = mia.get(f"/flows/{flow.id}/steps/{steps.welcome.id}", hx=True)
    assert fragment.text.lstrip().startswith("<aside")
    assert "Thanks for getting in touch" in fragment.text
    assert mia.get(f"/flows/{flow.id}/steps/{steps.welcome.id}").location.endswith(f"?step={steps.welcome.id}")
    assert 'id="step-form"' in mia.get(f"/flows/{flow.id}?step={steps.welcome.id}").text
    assert 'value="4"' in mia.get(f"/flows/{flow.id}?new=4").text
    assert mia.get(f"/flows/{flow.id}/steps/new?day=4", hx=True).status_code == 200


def test_another_type_keeps_what_was_typed(mia, flow):
    redrawn = mia.post(f"/flows/{flow.id}/draft", data=STEP | {"type": "email", "subject": "Typed"}, hx=True)
    assert 'value="Typed"' in redrawn.text
    assert "Hi {first_name|there}" in redrawn.text
    assert 'name="subject"' not in mia.post(f"/flows/{flow.id}/draft", data=STEP, hx=True).text


def test_the_preview_fills_the_fields_of_a_lead_and_names_what_is_wrong(mia, flow, new_lead):
    lead = new_lead(first_name="Zanele")
    url = f"/flows/{flow.id}/preview"
    assert "Hi Zanele" in mia.post(url, data=STEP | {"lead": lead.id}, hx=True).text
    assert "{frist_name}" in mia.post(url, data=STEP | {"content": "Hi {frist_name}"}, hx=True).text
    assert "{company}" in mia.post(url, data=STEP | {"content": "Hi {company}"}, hx=True).text


def test_a_step_is_previewed_for_any_lead_there_is(mia, flow, new_lead):
    oldest = new_lead(first_name="Zanele")
    for _ in range(21):
        newest = new_lead(first_name="Naledi")
    url = f"/flows/{flow.id}/preview"
    assert "as Zanele reads it" in mia.post(url, data=STEP | {"lead": oldest.id}, hx=True).text
    for gone in ("", "nobody", "\x00"):
        assert f"as {newest.name} reads it" in mia.post(url, data=STEP | {"lead": gone}, hx=True).text
    redrawn = mia.post(f"/flows/{flow.id}/draft", data=STEP | {"lead": oldest.id}, hx=True).text
    assert f'name="lead" value="{oldest.id}"' in redrawn, "another type keeps whom it is previewed for"


BAD = {
    "type": ["", "pigeon", "\x00"],
    "name": ["", " ", "x" * 81, "a\x00b"],
    "day": ["", "-1", "366", "two", "9" * 30, "1.5"],
    "time_type": ["", "whenever"],
    "time": ["", "25:00", "noon", "\x00"],
    "content": ["", " \n ", "x" * 1531, "Hi {nobody}", "a\x00b", "\ud800".encode("utf-8", "surrogatepass")],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_bad_input_is_refused_beside_its_field_and_nothing_is_lost(mia, flow, field, value):
    answer = mia.post(f"/flows/{flow.id}/steps", data=STEP | {field: value}, hx=True)
    if isinstance(value, bytes):
        assert answer.status_code in (200, 422)
        return
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text or "field-error" in answer.text
    if field != "name":
        assert 'value="Ask"' in answer.text
    db.session.rollback()
    assert db.session.scalar(select(func.count(FlowDraftChange.n))) == 0


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "שלום {first_name|there}", "👩🏽‍🚀" * 50, "a\nb", "{{7*7}}"]
)
def test_strange_words_are_kept_and_shown_as_text(mia, flow, words):
    assert (
        mia.post(f"/flows/{flow.id}/steps", data=STEP | {"content": words, "name": words[:80]}, hx=True).status_code
        == 200
    )
    assert added_step(flow).content == words
    assert "<script>alert" not in mia.get(f"/flows/{flow.id}").text


def test_a_huge_post_is_refused(mia, flow):
    assert mia.post(f"/flows/{flow.id}/steps", data=STEP | {"content": "x" * 10_000_000}).status_code in (413, 422)
    assert draft_of(flow).changes == []


def changing_urls(flow, step) -> list[str]:
    base = f"/flows/{flow.id}"
    verbs = ("enablement", "deletion", "copy", "place")
    whole = ("enablement", "steps", "draft", "preview", "undo", "redo", "discarding", "name", "placement", "publishing")
    return [
        "/flows", f"{base}/steps/{step.id}", f"{base}/versions/1/restoration",
        *(f"{base}/{word}" for word in whole), *(f"{base}/steps/{step.id}/{word}" for word in verbs),
    ]  # fmt: skip


def test_reps_read_but_do_not_change(sign_in, cast, flow, steps):
    ben = sign_in(cast.ben)
    page = ben.get(f"/flows/{flow.id}?step={steps.text.id}").text
    assert "Follow-up Text" in page
    assert 'id="step-form"' not in page
    assert 'role="switch"' not in page
    assert ben.get(f"/flows/{flow.id}/steps/{steps.text.id}", hx=True).status_code == 200
    assert 'class="handle"' not in page
    assert ben.get(f"/flows/{flow.id}/versions").status_code == 200
    for word in ("steps/new", "publishing", "name", f"steps/{steps.text.id}/place"):
        assert ben.get(f"/flows/{flow.id}/{word}", hx=True).status_code == 403
    assert {ben.post(url, data=STEP, hx=True).status_code for url in changing_urls(flow, steps.text)} == {403}
    assert draft_of(flow).revision == 0


def test_another_organization_finds_nothing(sign_in, cast, flow, steps):
    rita = sign_in(cast.rita)
    urls = changing_urls(flow, steps.text)[1:]
    assert {rita.post(url, data=STEP, hx=True).status_code for url in urls} == {404}
    for word in ("", f"/steps/{steps.text.id}", "/steps/new", "/publishing", "/versions", "/name"):
        assert rita.get(f"/flows/{flow.id}{word}", hx=True).status_code == 404
    assert "New lead" not in rita.get("/flows", hx=True).text
    assert len(live_names(flow)) == 3


def test_a_step_is_only_found_in_its_own_flow(mia, flow, steps):
    other = perform(operations.create_flow, "Other")
    assert mia.post(f"/flows/{other.id}/steps/{steps.text.id}/deletion", hx=True).status_code == 404


def test_pages_make_a_fixed_number_of_queries(mia, flow, new_lead):
    def measure(url: str) -> int:
        with count_queries() as seen:
            assert mia.get(url, hx=True).status_code == 200
        return len(seen)

    new_lead()
    perform(operations.change_draft, flow, 0, AddStep(operations.StepData("text", "First", "Hi", 2, None)))
    urls = ("/flows", f"/flows/{flow.id}", f"/flows/{flow.id}/publishing", f"/flows/{flow.id}/versions")
    before = [measure(url) for url in urls]
    for day in range(3, 12):
        step = operations.StepData(type="text", name=f"Step {day}", content="Hi", day=day, time=None)
        perform(operations.change_draft, flow, draft_of(flow).revision, AddStep(step))
        new_lead()
    perform(operations.create_flow, "Other")
    assert [measure(url) for url in urls] == before
