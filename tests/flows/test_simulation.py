"""The simulation as a function, and its panel beside the rail."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadcrm.conversations import merge
from leadcrm.conversations.sending_policy import DEFAULT_WINDOWS, Policy
from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.flows import operations, simulation_queries
from leadcrm.flows.document import StepDocument
from leadcrm.flows.edits import AddStep, EditStep
from leadcrm.flows.operations import StepData
from leadcrm.flows.reasons import ALREADY_GREETED, OPTED_OUT, REPLIED
from leadcrm.flows.simulation import Entry, Happening, Person, simulate
from tests.flows.test_changing import data_of
from tests.flows.test_drafting import change

CAPE_TOWN = ZoneInfo("Africa/Johannesburg")
MONDAY = datetime(2026, 11, 23, 13, tzinfo=UTC)  # 15:00 in Cape Town
POLICY = Policy(DEFAULT_WINDOWS)
REACHED = dict.fromkeys(["email", "sms", "whatsapp"], "somewhere")


def step(name: str, kind: str = "email", day: int = 0, at: time | None = None, **more) -> StepDocument:
    subject = "Hi" if kind == "email" else ""
    return StepDocument(name, kind, name, subject, more.pop("content", "Hi {first_name|there}"), day, at, **more)


def run(*steps: StepDocument, happenings=(), policy: Policy = POLICY, **person) -> list[tuple]:
    """(name, status, day and hour in Cape Town, reason) of each outcome."""
    lead = Person(**{"addresses": REACHED, "values": {"first_name": "Naledi"}, "zones": [CAPE_TOWN]} | person)
    found = simulate(steps, Entry(MONDAY), lead, policy, happenings)
    return [(it.step.name, it.status, it.at and f"{it.at.astimezone(CAPE_TOWN):%a %H:%M}", it.reason) for it in found]


def test_steps_leave_at_their_time_on_the_leads_clock():
    steps = step("Welcome"), step("Text", "text", 1, time(9)), step("Reminder", day=2, at=time(14))
    assert run(*steps) == [
        ("Welcome", "sent", "Mon 15:00", ""),
        ("Text", "sent", "Tue 09:00", ""),
        ("Reminder", "sent", "Wed 14:00", ""),
    ]


def test_a_text_at_night_moves_to_the_morning_and_says_why():
    assert run(step("Late", "text", 0, time(22))) == [("Late", "sent", "Tue 08:00", "quiet hours of the lead")]


def test_the_gap_between_two_messages_moves_the_second():
    policy = Policy(DEFAULT_WINDOWS, timedelta(hours=4))
    assert run(step("First"), step("Second", at=time(16)), policy=policy) == [
        ("First", "sent", "Mon 15:00", ""),
        ("Second", "sent", "Mon 19:00", "the message before it was sent too recently"),
    ]


def test_after_a_reply_nothing_is_sent_not_even_in_the_same_moment():
    reply = Happening("reply", MONDAY + timedelta(hours=18))  # Tuesday, 9:00
    assert run(step("Welcome"), step("Text", "text", 1, time(9)), happenings=[reply]) == [
        ("Welcome", "sent", "Mon 15:00", ""),
        ("Text", "skipped", "Tue 09:00", REPLIED),
    ]


def test_what_cannot_be_sent_says_why():
    steps = (
        step("No phone", "text"),
        step("A gap", content="Hello {company}"),
        step("Hello", greets=True),
        step("Off", enabled=False),
    )
    assert run(*steps, addresses={"email": "x"}, greeted=True) == [
        ("No phone", "skipped", "Mon 15:00", "The lead has no phone number"),
        ("Hello", "skipped", "Mon 15:00", ALREADY_GREETED),
        ("A gap", "failed", "Mon 15:00", "nothing known for {company}"),
        ("Off", "off", None, "The step is switched off"),
    ]


def test_of_two_first_hellos_one_is_said():
    assert [status for _, status, _, _ in run(step("A", greets=True), step("B", greets=True))] == ["skipped", "sent"]


def test_an_address_that_must_not_be_written_to_is_not():
    assert run(step("Welcome"), barred={"email": OPTED_OUT}) == [("Welcome", "skipped", "Mon 15:00", OPTED_OUT)]


def test_the_words_are_filled_in():
    lead = Person(REACHED, {"first_name": "Naledi"}, [CAPE_TOWN])
    (welcome,) = simulate([step("Welcome")], Entry(MONDAY), lead, POLICY)
    assert (welcome.subject, welcome.content) == ("Hi", "Hi Naledi")


# ---- The panel -----------------------------------------------------------------------------------------------


@pytest.fixture
def mia(sign_in, cast, flow):
    return sign_in(cast.mia)


@pytest.fixture
def saturday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))


def address(flow, **asked) -> str:
    query = "&".join(f"{name.replace('then_', 'then-').replace('_', '-')}={value}" for name, value in asked.items())
    return f"/flows/{flow.id}/simulation?{query}"


def test_a_new_lead_on_monday_at_three(mia, flow, saturday):
    page = mia.get(address(flow, day="monday", time="15:00", timezone="Africa/Johannesburg"))
    assert page.status_code == 200
    for words in ("A lead comes in Mon, 23 Nov, 3:00 PM", "Tue, 24 Nov, 9:00 AM", "Wed, 25 Nov, 2:00 PM", "3 sent"):
        assert words in page.text
    assert "Thanks for getting in touch, Sam" in page.text


def test_of_a_lead_who_is_made_up_all_is_known(acme, cast):
    person = simulation_queries.made_up(CAPE_TOWN, MONDAY, cast.ada)
    assert [name for name in merge.FIELDS if not person.values.get(name)] == []
    assert (person.facts_at(MONDAY)["city"], person.facts_at(MONDAY)["country"]) == ("New York", "US")


@pytest.mark.parametrize(("trigger", "told"), [("manual", "0 sent, 1 not sent"), ("disqualified", "1 sent")])
def test_a_disqualification_does_not_end_the_flow_for_disqualified_leads(mia, trigger, told):
    made = perform(operations.create_flow, "Another", trigger)
    perform(operations.add_step, made, StepData("email", "Later", "Hi", 5, None, subject="Later"))
    page = mia.get(address(made, then_0_what="disqualification", then_0_day=1, then_0_time="10:00"), hx=True).text
    assert told in page
    assert ("The lead was disqualified" in page) == (trigger == "manual")


def test_it_opens_with_something_to_look_at(mia, flow):
    page = mia.get(f"/flows/{flow.id}/simulation")
    assert page.status_code == 200
    assert "3 sent" in page.text


def test_a_reply_on_the_first_day_ends_it(mia, flow, saturday):
    then = {"then_0_what": "reply", "then_0_day": 0, "then_0_time": "18:00"}
    page = mia.get(address(flow, day="monday", time="15:00", **then), hx=True).text
    assert "1 sent, 2 not sent" in page
    assert "The lead replies" in page
    assert "The lead replied" in page
    assert 'name="then-1-what"' in page, "there is a row for what happens next"


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"time": "noon"}, "Not a valid time value."),
        ({"timezone": "Middle-earth"}, "We do not know this time zone."),
        ({"day": "date"}, "Say on which date"),
        ({"day": "date", "date": "9999-12-31"}, "Say on which date"),
        ({"then_0_what": "reply", "then_0_day": "0", "then_0_time": "03:00"}, "That is before the lead comes in."),
        ({"then_0_what": "reply", "then_0_day": "999", "then_0_time": "03:00"}, "A day from 0 to 365."),
        ({"then_0_what": "dances"}, "Not a valid choice."),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(mia, flow, asked, complaint):
    answer = mia.get(address(flow, **asked), hx=True)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert "Correct what is marked above" in answer.text


def test_a_lead_as_they_are(mia, flow, steps, new_lead):
    lead = new_lead(phone=None, timezone="Asia/Kolkata")
    perform(operations.set_step_enabled, steps.reminder, False)
    page = mia.get(address(flow, lead=lead.id, time="15:00"), hx=True).text
    assert "The lead has no phone number" in page
    assert "The step is switched off" in page
    assert "Asia/Kolkata" in page
    assert "Thanks for getting in touch, Naledi" in page


def test_the_draft_or_what_is_live(mia, flow, steps):
    change(flow, AddStep(StepData("text", "More", "Only drafted", 1, time(10))))
    change(flow, EditStep(steps.text.id, data_of(steps.text, content="Other words")))
    drafted = mia.get(address(flow), hx=True).text
    live = mia.get(address(flow, version="live"), hx=True).text
    assert "Only drafted" in drafted
    assert "Other words" in drafted
    assert "Only drafted" not in live
    assert "Other words" not in live


def test_a_rep_simulates_but_not_for_another_reps_lead(sign_in, cast, flow, new_lead):
    ben = sign_in(cast.ben)
    assert ben.get(f"/flows/{flow.id}/simulation").status_code == 200
    assert ben.get(address(flow, lead=new_lead(owner_id=cast.max.id).id)).status_code == 404
    theirs = new_lead(owner_id=cast.max.id, last_name="Hidden")
    assert theirs.name not in ben.get("/flows/people?q=Hidden", hx=True).text
