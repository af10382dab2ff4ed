"""Campaigns through HTTP: drafted, reviewed, started, watched, paused, resumed, stopped."""

import re

import pytest

from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.flows import campaign_queries, operations
from leadcrm.flows.campaign_jobs import drain_campaigns
from leadcrm.flows.operations import StepData
from leadcrm.leads import operations as leads
from leadcrm.leads.data import Filters
from tests.conftest import count_queries
from tests.conversations.conftest import FakeTransport, make_lead
from tests.flows.campaigns import created, form, fresh


@pytest.fixture
def drip(acme):
    flow = perform(operations.create_flow, "Drip", "manual")
    perform(operations.add_step, flow, StepData("email", "Hello", "Hi {company}", 0, None, subject="Hello"))
    perform(operations.set_flow_enabled, flow, True)
    return flow


@pytest.fixture
def people(acme):
    return [make_lead(email=f"lead{n}@example.com", source="fair", company="Acme", score=10 * n) for n in range(3)]


def test_from_a_segment_to_its_results(mia, drip, people):
    page = mia.get("/campaigns/new?source=fair&score=10").text
    assert "2 leads" in page
    campaign = created(mia, form(drip, score="10", per_hour_email="500"))
    review = mia.get(f"/campaigns/{campaign.id}").text
    for words in ("Source is Fair; Score ≥ 10", "2 leads", "At most 500 emails an hour", "Hello", "without company"):
        assert words in review
    started = mia.post(f"/campaigns/{campaign.id}/start", hx=True)
    assert "Scheduled" in started.text
    assert "Started." in started.text
    drain_campaigns(lambda: False)
    FakeTransport().drain()
    shown = mia.get(f"/campaigns/{campaign.id}").text
    assert re.search(r"<b>2</b> of 2 entered", shown)
    assert re.search(r"Messages sent</dt><dd><a [^>]+>2<", shown)
    assert "2 of 2 leads" in mia.get("/campaigns").text


def test_before_the_start_it_says_how_many_would_enter(mia, drip, people):
    perform(operations.enrol, people[0], drip)
    campaign = created(mia, form(drip))
    review = mia.get(f"/campaigns/{campaign.id}").text
    assert "3 leads" in review
    assert "<b>2</b> would enter now: 1 were in the flow before." in review
    assert "This goes to 2 leads now." in review
    perform(operations.enrol_ticked, drip, [lead.id for lead in people])
    review = mia.get(f"/campaigns/{campaign.id}").text
    assert "<b>Nobody</b> would enter now: 3 were in the flow before." in review


def test_the_count_of_a_segment_is_the_lists(mia, people):
    assert "3 leads" in mia.get("/campaigns/segment?source=fair", hx=True).text
    assert "1 lead<" in mia.get("/campaigns/segment?source=fair&score=20", hx=True).text
    assert "Nobody matches" in mia.get("/campaigns/segment?source=nowhere", hx=True).text
    perform(leads.archive_lead, people[0])
    assert "2 leads" in mia.get("/campaigns/segment?source=fair&archived=1", hx=True).text


def test_pause_resume_and_stop_change_what_is_shown(mia, drip, people):
    campaign = created(mia, form(drip))
    base = f"/campaigns/{campaign.id}"
    mia.post(f"{base}/start")
    for verb, state in (("pause", "paused"), ("resume", "scheduled"), ("stop", "stopped")):
        answer = mia.post(f"{base}/{verb}", hx=True)
        assert (answer.status_code, fresh(campaign).state) == (200, state)
        assert 'id="campaign"' in answer.text
    refused = mia.post(f"{base}/resume", hx=True)
    assert (refused.status_code, "The campaign is stopped by now." in refused.text) == (409, True)
    assert "Reload" not in refused.text  # the answer shows what is


def test_the_page_asks_again_only_while_the_worker_is_at_it(mia, drip, people):
    campaign = created(mia, form(drip))
    base = f"/campaigns/{campaign.id}"

    def asks() -> bool:
        return 'hx-trigger="every' in mia.get(base, hx=True).text.partition("page-header")[0]

    assert not asks()
    mia.post(f"{base}/start")
    assert asks()
    mia.post(f"{base}/pause")
    assert not asks()


def test_one_message_to_all(mia, drip, people):
    message = {"what": "message", "type": "email", "subject": "News", "content": "Hi {first_name|there}"}
    campaign = created(mia, form(drip, flow_id="", **message))
    edit = mia.get(f"/campaigns/{campaign.id}/edit").text
    assert "Hi {first_name|there}" in edit
    assert "Campaign: Autumn" not in mia.get("/flows").text
    assert mia.get(f"/flows/{campaign.flow_id}").headers["Location"] == f"/campaigns/{campaign.id}"
    mia.post(f"/campaigns/{campaign.id}", data=form(drip, flow_id="", **(message | {"subject": "Better news"})))
    mia.post(f"/campaigns/{campaign.id}/start")
    drain_campaigns(lambda: False)
    transport = FakeTransport()
    transport.drain()
    assert {mail.subject for mail in transport.sent} == {"Better news"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Give it a name."),
        ({"flow_id": ""}, "Choose a flow."),
        ({"what": "message"}, "Write what the message shall say."),
        (
            {"what": "message", "content": "Hi {nonsense}", "subject": "Hi", "type": "email"},
            "We do not know {nonsense}",
        ),
        ({"what": "message", "content": "Hi", "type": "email"}, "An email needs a subject."),
        ({"when": "at"}, "Say on which day."),
        ({"when": "at", "day": "2020-01-01", "time": "09:00"}, "Choose a day within the next year."),
        ({"when": "at", "day": "9999-12-31", "time": "23:59"}, "Choose a day within the next year."),
        ({"per_hour_sms": "0"}, "From 1 to"),
        ({"per_hour_sms": "100/h"}, "Type a whole number, like 200."),
        ({"per_hour_sms": "9" * 30}, "From 1 to"),
        ({"score": "101"}, "From 0 to 100."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_with_nothing_lost(mia, drip, changes, words):
    refused = mia.post("/campaigns", data=form(drip, **({"name": "Kept words"} | changes)))
    assert refused.status_code == 422
    assert words in refused.text
    assert "Kept words" in refused.text or changes.get("name") == ""


@pytest.mark.parametrize(
    ("changes", "control"),
    [
        ({"flow_id": ""}, "flow_id"),
        ({"what": "message", "content": ""}, "content"),
        ({"when": "at", "time": "09:00"}, "day"),
        ({"when": "at", "day": "2030-01-01"}, "time"),
        ({"when": "at", "day": "2020-01-01", "time": "09:00"}, "day"),
    ],
)
def test_what_is_missing_is_said_at_the_control_that_misses_it(mia, drip, changes, control):
    page = mia.post("/campaigns", data=form(drip, **changes)).text
    assert re.findall(r'<p class="field-error" id="([a-z_]+)-error"', page) == [control]
    assert re.search(rf'<[^>]+aria-invalid="true"[^>]+id="{control}"', page)


def test_a_draft_keeps_what_was_decided(mia, drip, people, cast):
    day = f"{clock.now().year + 1}-01-15" if clock.now().month > 1 else f"{clock.now().year}-12-15"
    decided = form(drip, when="at", day=day, time="10:30", status=["new", "contacted"], has=["email"], q="lead",
                   created_from="2026-01-01", created_to=day, per_hour_sms="60")  # fmt: skip
    campaign = created(mia, decided)
    first = campaign.segment
    page = mia.get(f"/campaigns/{campaign.id}/edit").text
    fields = dict(re.findall(r'name="([a-z_]+)"[^>]*value="([^"]*)"', page))
    assert {fields[name] for name in ("day", "time", "created_from", "created_to")} == {day, "10:30", "2026-01-01"}
    mia.post(f"/campaigns/{campaign.id}", data=decided)
    assert fresh(campaign).segment == first
    assert Filters.from_json(first).statuses == ("new", "contacted")
    assert campaign_queries.paces_of(campaign.id) == {"email": None, "sms": 60, "whatsapp": None}


def edition_in(page: str) -> str:
    return re.search(r'name="edition" value="([^"]+)"', page).group(1)


@pytest.mark.parametrize("change", ["the segment", "the message"])
def test_only_what_was_looked_through_is_started(mia, drip, people, change):
    one = {"what": "message", "type": "email", "subject": "Hi", "content": "Hi"}
    campaign = created(mia, form(drip, **one))
    shown = edition_in(mia.get(f"/campaigns/{campaign.id}").text)
    other = {"source": ""} if change == "the segment" else {"content": "Not what was meant"}
    assert mia.post(f"/campaigns/{campaign.id}", data=form(drip, **one | other)).status_code == 303
    refused = mia.post(f"/campaigns/{campaign.id}/start", data={"edition": shown}, hx=True)
    assert (refused.status_code, fresh(campaign).state) == (409, "draft")
    assert "Look through it again" in refused.text
    mia.post(f"/campaigns/{campaign.id}/start", data={"edition": edition_in(refused.text)}, hx=True)
    assert fresh(campaign).state == "scheduled"


def test_a_draft_can_be_deleted_and_what_has_started_cannot_be_edited(mia, drip, people):
    campaign = created(mia, form(drip))
    assert mia.post(f"/campaigns/{campaign.id}/removal").status_code == 303
    assert mia.get(f"/campaigns/{campaign.id}").status_code == 404
    campaign = created(mia, form(drip))
    mia.post(f"/campaigns/{campaign.id}/start")
    assert mia.get(f"/campaigns/{campaign.id}/edit").status_code == 303
    assert mia.post(f"/campaigns/{campaign.id}", data=form(drip, name="Other")).status_code == 422


def test_reps_see_campaigns_and_change_none(sign_in, cast, mia, drip, people):
    campaign = created(mia, form(drip))
    ben = sign_in(cast.ben)
    assert ben.get(f"/campaigns/{campaign.id}").status_code == 200
    assert ben.get("/campaigns/new").status_code == 403
    assert ben.post(f"/campaigns/{campaign.id}/start").status_code == 403


def test_the_list_asks_a_fixed_number_of_questions(mia, drip):
    created(mia, form(drip))
    with count_queries() as few:
        mia.get("/campaigns")
    for number in range(5):
        created(mia, form(drip, name=f"Another {number}"))
    with count_queries() as many:
        mia.get("/campaigns")
    assert len(many) == len(few)
