"""The flow builder through HTTP: every route works, refuses, and keeps strangers out."""

import re

import pytest
from sqlalchemy import func, select

from leadcrm.core.db import db, perform
from leadcrm.flows import operations, queries
from leadcrm.flows.models import Flow, FlowStep
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


def text_of(step: FlowStep, **changes) -> dict[str, str]:
    """The form as the browser sends it back."""
    fields = {
        "type": step.type,
        "name": step.name,
        "day": str(step.day),
        "time_type": step.time_type,
        "time": step.time.strftime("%H:%M") if step.time else "",
        "subject": step.subject,
        "content": step.content,
        "revision": str(step.revision),
    }
    return fields | changes


def fresh_step(step_id: str) -> FlowStep:
    db.session.rollback()
    statement = select(FlowStep).where(FlowStep.id == step_id).execution_options(populate_existing=True)
    return db.session.scalars(statement).one()


def newest_step(flow: Flow) -> FlowStep:
    db.session.rollback()
    return max(queries.steps_of(flow.id), key=lambda step: step.id)


def test_the_list_shows_flows_and_makes_new_ones(mia, flow, new_lead):
    new_lead()
    assert "3 steps on, 1 lead inside" in mia.get("/flows").text
    made = mia.post("/flows", data={"name": "Nurture"})
    assert made.status_code == 303
    assert "Off" in mia.get(made.location).text
    refused = mia.post("/flows", data={"name": "Nurture"})
    assert refused.status_code == 422
    assert "Another flow has this name." in refused.text


def test_the_builder_shows_days_steps_times_and_counts(mia, flow, new_lead):
    new_lead(), new_lead(phone=None)
    page = mia.get(f"/flows/{flow.id}").text
    assert re.findall(r'<h2 id="day-\d+">Day (\d+)', page) == ["0", "1", "2"]
    assert times_on(page) == ["Immediately", "9:00 AM", "2:00 PM"]
    assert "1 waiting · 1 skipped" in page
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


@pytest.mark.parametrize("hx", [True, False])
def test_add_a_step(mia, flow, hx):
    answer = mia.post(f"/flows/{flow.id}/steps", data=STEP, hx=hx)
    assert answer.status_code == (200 if hx else 303)
    step = newest_step(flow)
    assert (step.type, step.name, step.day, str(step.time), step.enabled) == ("text", "Ask", 3, "18:30:00", True)
    if hx:
        assert 'hx-target="#flow-canvas"' in answer.text
        assert "Ask was added" in answer.text


@pytest.mark.parametrize("hx", [True, False])
def test_edit_a_step_and_hear_how_many_waiting_messages_changed(mia, flow, steps, new_lead, hx):
    lead = new_lead()
    answer = mia.post(f"/flows/{flow.id}/steps/{steps.text.id}", data=text_of(steps.text, content="New words"), hx=hx)
    assert answer.status_code == (200 if hx else 303)
    assert messages_of(lead)[1].content == "New words"
    if hx:
        assert "1 waiting message now says this." in answer.text


def test_a_stale_edit_shows_both_versions_and_can_then_be_saved(mia, flow, steps):
    url = f"/flows/{flow.id}/steps/{steps.text.id}"
    theirs, mine = text_of(steps.text, content="Theirs"), text_of(steps.text, content="Mine")
    mia.post(url, data=theirs)
    stale = mia.post(url, data=mine, hx=True)
    assert stale.status_code == 409
    assert "Theirs" in stale.text
    assert "Mine" in stale.text
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', stale.text)[1]
    assert mia.post(url, data=mine | {"revision": revision}, hx=True).status_code == 200
    assert fresh_step(steps.text.id).content == "Mine"


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


@pytest.mark.parametrize("hx", [True, False])
def test_delete_a_step_and_undo(mia, flow, steps, hx):
    url = f"/flows/{flow.id}/steps/{steps.text.id}"
    answer = mia.post(f"{url}/deletion", hx=hx)
    assert answer.status_code == (200 if hx else 303)
    assert len(queries.steps_of(flow.id)) == 2
    assert mia.get(url).status_code == 404
    if hx:
        assert f'hx-post="{url}/restoration"' in answer.text
    mia.post(f"{url}/restoration", hx=hx)
    assert len(queries.steps_of(flow.id)) == 3


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
    before = db.session.scalar(select(func.count(FlowStep.id)))
    answer = mia.post(f"/flows/{flow.id}/steps", data=STEP | {field: value}, hx=True)
    if isinstance(value, bytes):
        assert answer.status_code in (200, 422)
        return
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text or "field-error" in answer.text
    if field != "name":
        assert 'value="Ask"' in answer.text
    db.session.rollback()
    assert db.session.scalar(select(func.count(FlowStep.id))) == before


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "שלום {first_name|there}", "👩🏽‍🚀" * 50, "a\nb", "{{7*7}}"]
)
def test_strange_words_are_kept_and_shown_as_text(mia, flow, words):
    assert (
        mia.post(f"/flows/{flow.id}/steps", data=STEP | {"content": words, "name": words[:80]}, hx=True).status_code
        == 200
    )
    assert newest_step(flow).content == words
    assert "<script>alert" not in mia.get(f"/flows/{flow.id}").text


def test_a_huge_post_is_refused(mia, flow):
    assert mia.post(f"/flows/{flow.id}/steps", data=STEP | {"content": "x" * 10_000_000}).status_code in (413, 422)
    assert len(queries.steps_of(flow.id)) == 3


def changing_urls(flow, step) -> list[str]:
    base = f"/flows/{flow.id}"
    return [
        "/flows", f"{base}/enablement", f"{base}/steps", f"{base}/draft", f"{base}/preview", f"{base}/steps/{step.id}",
        f"{base}/steps/{step.id}/enablement", f"{base}/steps/{step.id}/deletion", f"{base}/steps/{step.id}/restoration",
    ]  # fmt: skip


def test_reps_read_but_do_not_change(sign_in, cast, flow, steps):
    ben = sign_in(cast.ben)
    page = ben.get(f"/flows/{flow.id}?step={steps.text.id}").text
    assert "Follow-up Text" in page
    assert 'id="step-form"' not in page
    assert 'role="switch"' not in page
    assert ben.get(f"/flows/{flow.id}/steps/{steps.text.id}", hx=True).status_code == 200
    assert ben.get(f"/flows/{flow.id}/steps/new", hx=True).status_code == 403
    assert {ben.post(url, data=STEP, hx=True).status_code for url in changing_urls(flow, steps.text)} == {403}
    assert fresh_step(steps.text.id).content == steps.text.content


def test_another_organization_finds_nothing(sign_in, cast, flow, steps):
    rita = sign_in(cast.rita)
    urls = changing_urls(flow, steps.text)[1:]
    assert {rita.post(url, data=STEP, hx=True).status_code for url in urls} == {404}
    for url in (f"/flows/{flow.id}", f"/flows/{flow.id}/steps/{steps.text.id}", f"/flows/{flow.id}/steps/new"):
        assert rita.get(url, hx=True).status_code == 404
    assert "New lead" not in rita.get("/flows", hx=True).text
    assert len(queries.steps_of(flow.id)) == 3


def test_a_step_is_only_found_in_its_own_flow(mia, flow, steps):
    other = perform(operations.create_flow, "Other")
    assert mia.post(f"/flows/{other.id}/steps/{steps.text.id}/deletion", hx=True).status_code == 404


def test_pages_make_a_fixed_number_of_queries(mia, flow, new_lead):
    def measure(url: str) -> int:
        with count_queries() as seen:
            assert mia.get(url, hx=True).status_code == 200
        return len(seen)

    new_lead()
    urls = ("/flows", f"/flows/{flow.id}")
    before = [measure(url) for url in urls]
    for day in range(3, 12):
        step = operations.StepData(type="text", name=f"Step {day}", content="Hi", day=day, time=None)
        perform(operations.add_step, flow, step)
        new_lead()
    perform(operations.create_flow, "Other")
    assert [measure(url) for url in urls] == before
