"""Moving steps, publishing and history through HTTP."""

import re
from datetime import time

import pytest

from leadcrm.core.db import db, perform
from leadcrm.flows import operations, queries
from leadcrm.flows.edits import AddStep, EditStep, MoveStep, RemoveStep
from leadcrm.flows.jobs import drain_publications
from leadcrm.flows.operations import StepData
from tests.flows.conftest import messages_of
from tests.flows.test_changing import data_of
from tests.flows.test_drafting import change, draft

MORE = StepData(type="text", name="More", content="Hi {first_name|there}", day=3, time=time(10))


@pytest.fixture
def mia(sign_in, cast, flow):
    """Marketing may build flows."""
    return sign_in(cast.mia)


def place(client, flow, step_id: str, day: int, position: int, *, hx: bool = True, revision: int | None = None):
    data = {"step_id": step_id, "day": day, "position": position}
    data["revision"] = draft(flow).revision if revision is None else revision
    return client.post(f"/flows/{flow.id}/placement", data=data, hx=hx)


def step_of(flow, step_id: str):
    return draft(flow).document.step(step_id)


def live_names(flow) -> list[str]:
    db.session.rollback()
    return [step.name for step in queries.steps_of(flow.id)]


@pytest.mark.parametrize("hx", [True, False])
def test_a_step_dropped_on_another_day_keeps_its_time(mia, flow, steps, hx):
    answer = place(mia, flow, steps.text.id, 2, 1, hx=hx)
    assert answer.status_code == (200 if hx else 303)
    assert (step_of(flow, steps.text.id).day, step_of(flow, steps.text.id).time) == (2, time(9))


def test_a_step_dropped_between_two_of_its_day_asks_for_the_time_in_between(mia, flow, steps):
    for hour in (10, 16):
        change(flow, AddStep(StepData("text", f"At {hour}", "Hi", 1, time(hour))))
    asked = place(mia, flow, steps.text.id, 1, 1)
    assert asked.status_code == 200
    assert 'value="13:00"' in asked.text
    assert step_of(flow, steps.text.id).time == time(9), "nothing is saved before it is accepted"
    place_url = f"/flows/{flow.id}/steps/{steps.text.id}/place"
    chosen = {"day": "1", "time_type": "specific", "time": "12:15", "revision": str(draft(flow).revision)}
    assert mia.post(place_url, data=chosen, hx=True).headers["HX-Trigger"] == "close-dialog"
    assert step_of(flow, steps.text.id).time == time(12, 15)


def test_a_step_dropped_where_it_was_stays(mia, flow, steps):
    assert "stays" in place(mia, flow, steps.text.id, 1, 0).text
    assert draft(flow).revision == 0


@pytest.mark.parametrize(("day", "position", "status"), [(-1, 0, 422), (366, 0, 422), ("two", 0, 422), (1, "x", 200)])
def test_a_place_that_there_is_not_is_refused(mia, flow, steps, day, position, status):
    assert place(mia, flow, steps.text.id, day, position).status_code == status
    assert draft(flow).revision == 0


def test_a_stale_drop_shows_what_both_did(mia, flow, steps):
    change(flow, EditStep(steps.text.id, data_of(steps.text, content="Theirs")))
    stale = place(mia, flow, steps.text.id, 2, 0, revision=0)
    assert stale.status_code == 409
    assert "says something else" in stale.text
    assert "moves from day 1, 9:00 AM to day 2, 9:00 AM" in stale.text
    assert step_of(flow, steps.text.id).day == 1


def test_a_step_is_moved_by_fields_alone(mia, flow, steps):
    url = f"/flows/{flow.id}/steps/{steps.text.id}/place"
    page = mia.get(url).text
    assert 'value="09:00"' in page
    assert "<html" in page
    assert "<dialog" in mia.get(url, hx=True).text
    assert mia.post(url, data={"day": "400", "time_type": "immediately", "revision": "0"}).status_code == 422
    assert mia.post(url, data={"day": "4", "time_type": "immediately", "revision": "0"}).status_code == 303
    assert (step_of(flow, steps.text.id).day, step_of(flow, steps.text.id).time) == (4, None)


def test_publishing_tells_the_changes_and_whom_they_concern(mia, flow, steps, new_lead):
    lead = new_lead(first_name="Zanele")
    change(flow, RemoveStep(steps.reminder.id))
    change(flow, AddStep(MORE))
    url = f"/flows/{flow.id}/publishing"
    page = mia.get(url).text
    assert "“More” is added on day 3, 10:00 AM: a text" in page
    assert "“Reminder Email” is removed from day 2, 2:00 PM" in page
    assert "Also the 1 running lead whose day is still ahead" in page
    assert "1 message lost" in page
    assert "1 message gained" not in page
    wider = mia.get(f"{url}?audience=running").text
    assert "1 message gained" in wider
    assert lead.name in wider
    assert re.search(r"More is sent on \w+, .* 10:00 AM</p>", wider), "on the lead's own clock"
    assert "America/New_York" in wider


def test_a_new_step_that_comes_too_late_for_a_lead_says_so(mia, flow, steps, new_lead):
    new_lead()
    late = StepData(type="text", name="Late", content="Hi", day=0, time=None)
    change(flow, AddStep(late))
    change(flow, RemoveStep(steps.reminder.id))
    page = mia.get(f"/flows/{flow.id}/publishing?audience=running").text
    too_late = r"Day 0 is today, and \d+:\d\d [AP]M has passed"
    assert re.search(rf"nothing changes for 1 lead: {too_late}<", page), "as the page writes all its times"
    assert re.search(rf"Late is not sent: {too_late}", page)


def number(page: str, words: str) -> str:
    """Where that number of the page leads to."""
    [href] = re.findall(rf'<a class="link" href="([^"]+)"[^>]*>{words}', page)
    return href.replace("&amp;", "&")


def test_each_number_of_a_step_leads_to_its_leads(mia, flow, steps, new_lead):
    no_phone = new_lead(first_name="Akua", phone=None)
    both = new_lead(first_name="Zanele")
    change(flow, AddStep(MORE))
    change(flow, MoveStep(steps.reminder.id, 4, time(14)))
    page = mia.get(f"/flows/{flow.id}/publishing?audience=running").text
    assert "Day 3, 10:00 AM</span>" in page
    listed = {
        words: {
            lead.first_name for lead in (no_phone, both) if f"/leads/{lead.id}" in mia.get(number(page, words)).text
        }
        for words in (
            "1 lead gains it",
            "2 leads get it at another time",
            "nothing changes for 1 lead: The lead has no phone number",
        )
    }
    assert list(listed.values()) == [{"Zanele"}, {"Akua", "Zanele"}, {"Akua"}]
    narrowed = mia.get(number(page, "1 lead gains it")).text
    assert 'aria-current="true">1 lead gains it' in narrowed
    assert "More: 1 lead gains it." in narrowed
    assert "Also the 2 running leads whose day is still ahead" in narrowed


def test_a_number_that_has_gone_on_since_says_so(mia, flow, steps, new_lead):
    new_lead()
    change(flow, AddStep(MORE))
    page = mia.get(f"/flows/{flow.id}/publishing?audience=running&kind=lose&step_id={steps.text.id}&reason=\x00").text
    assert "Nobody here" in page


def test_a_narrowed_list_comes_page_by_page(mia, flow, steps, new_lead):
    for count in range(52):
        new_lead(first_name=f"Lead{count:02}")
    change(flow, RemoveStep(steps.reminder.id))
    page = mia.get(number(mia.get(f"/flows/{flow.id}/publishing").text, "52 leads lose it")).text
    following = re.search(r'href="([^"]+)" aria-label="Next page"', page)[1].replace("&amp;", "&")
    assert f"step_id={steps.reminder.id}" in following
    assert len(re.findall(r">Lead\d\d", mia.get(following).text)) == 2


def test_a_kept_reason_is_told_in_the_readers_own_way(mia, flow, steps, new_lead):
    lead = new_lead()
    change(flow, AddStep(StepData(type="text", name="Late", content="Hi", day=0, time=None)))
    mia.post(f"/flows/{flow.id}/publishing", data={"audience": "running", "revision": draft(flow).revision})
    drain_publications(lambda: False)
    page = mia.get(f"/leads/{lead.id}/flows").text
    assert re.search(r"Day 0 is today, and \d+:\d\d [AP]M has passed", page)


def test_without_anybody_inside_there_is_no_choice_of_audience(mia, flow, steps):
    change(flow, AddStep(MORE))
    page = mia.get(f"/flows/{flow.id}/publishing").text
    assert "still ahead" not in page
    assert "New leads only" in page


@pytest.mark.parametrize(("audience", "messages"), [("new", 3), ("running", 4)])
def test_publish_for_an_audience(mia, flow, steps, new_lead, audience, messages):
    lead = new_lead()
    change(flow, AddStep(MORE))
    form = {"revision": str(draft(flow).revision), "audience": audience}
    done = mia.post(f"/flows/{flow.id}/publishing", data=form)
    assert done.status_code == 303
    assert "Version 2 is live." in mia.get(done.location).text
    assert live_names(flow)[-1] == "More"
    assert len(messages_of(lead)) == messages


def test_what_is_published_in_a_flow_that_is_off_is_not_called_live(mia, flow, steps):
    perform(operations.set_flow_enabled, flow, False)
    change(flow, AddStep(MORE))
    done = mia.post(f"/flows/{flow.id}/publishing", data={"revision": str(draft(flow).revision), "audience": "new"})
    assert "Version 2 is published. The flow is off." in mia.get(done.location).text


def test_affected_leads_come_page_by_page(mia, flow, steps, new_lead):
    names = [new_lead(first_name=f"Lead{number:02}").first_name for number in range(52)]
    change(flow, RemoveStep(steps.reminder.id))
    page = mia.get(f"/flows/{flow.id}/publishing").text
    following = re.search(r'href="([^"]+)" aria-label="Next page"', page)[1].replace("&amp;", "&")
    shown = [re.findall(r">(Lead\d\d)", text) for text in (page, mia.get(following).text)]
    assert [len(found) for found in shown] == [50, 2]
    assert sorted(shown[0] + shown[1]) == names


def test_a_stale_publication_is_refused(mia, flow, steps):
    change(flow, AddStep(MORE))
    refused = mia.post(f"/flows/{flow.id}/publishing", data={"revision": "0", "audience": "new"})
    assert refused.status_code == 409
    assert "“More” is added" in refused.text
    assert "Use mine anyway" not in refused.text
    assert "More" not in live_names(flow)


def test_leads_with_a_gap_are_named_and_nothing_is_published(mia, flow, steps, new_lead):
    lead = new_lead(first_name="Zanele", company="")
    change(flow, EditStep(steps.reminder.id, data_of(steps.reminder, content="Hi {company}")))
    refused = mia.post(f"/flows/{flow.id}/publishing", data={"revision": "1", "audience": "new"})
    assert refused.status_code == 422
    assert f'href="/leads/{lead.id}"' in refused.text
    assert f"step={steps.reminder.id}" in refused.text
    assert draft(flow).changes


def test_nothing_to_publish_is_said(mia, flow):
    assert "Nothing to publish" in mia.get(f"/flows/{flow.id}/publishing").text
    assert mia.post(f"/flows/{flow.id}/publishing", data={"revision": "0"}).status_code == 422


def test_history_tells_who_published_what_and_restores_it(mia, cast, flow, steps):
    mia.post(f"/flows/{flow.id}/steps/{steps.text.id}/place", data={"day": "4", "time_type": "immediately"})
    mia.post(f"/flows/{flow.id}/publishing", data={"revision": "1", "audience": "new"})
    page = mia.get(f"/flows/{flow.id}/versions").text
    assert page.index("Version 2") < page.index("Version 1")
    assert f"{cast.mia.name}, " in page
    assert "moves from day 1, 9:00 AM to day 4, same time of day" in page
    assert page.count("Restore as draft") == 1
    restored = mia.post(f"/flows/{flow.id}/versions/1/restoration", data={"revision": str(draft(flow).revision)})
    assert restored.status_code == 303
    assert (step_of(flow, steps.text.id).day, step_of(flow, steps.text.id).time) == (1, time(9))
    assert queries.steps_of(flow.id)[-1].day == 4, "what is live stays until it is published"


def test_history_comes_page_by_page(mia, flow, steps):
    for number in range(21):
        change(flow, MoveStep(steps.welcome.id, 3 + number % 2, None))
        perform(operations.publish, flow, draft(flow).revision)
    page = mia.get(f"/flows/{flow.id}/versions").text
    assert "Version 22" in page
    assert "Version 2<" not in page
    older = re.search(r'href="([^"]+)" aria-label="Next page"', page)[1]
    assert "Version 2<" in mia.get(older).text


@pytest.mark.parametrize("number", ["0", "99", "9" * 30])
def test_a_version_that_there_is_not_is_not_found(mia, flow, number):
    assert mia.post(f"/flows/{flow.id}/versions/{number}/restoration").status_code == 404


def test_new_words_are_not_said_to_concern_new_leads_only(mia, flow, steps, new_lead):
    new_lead()
    change(flow, EditStep(steps.text.id, data_of(steps.text, content="Other words")))
    asked = mia.get(f"/flows/{flow.id}/publishing").text
    assert "New leads, and those inside for whom something changes" in asked
    mia.post(f"/flows/{flow.id}/publishing", data={"audience": "new", "revision": draft(flow).revision})
    drain_publications(lambda: False)
    told = mia.get(f"/flows/{flow.id}/versions").text
    assert "1 reworded" in told
    assert "New steps and times for new leads only" in told
