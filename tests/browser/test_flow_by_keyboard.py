"""The three steps of sources/flow-system.md, built by keys alone, published, and then heard from on the right days."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Quiet
from tests.browser.keyboard import go_to_row, press_on, tab_to, type_into
from tests.browser.test_main_job_by_keyboard import sign_in
from tests.installation import wait_for
from tests.journeys.test_flow_system import ZONE, flow_messages, next_monday_at_three, restart, set_clock

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(600)]

SHIPPED = ("Welcome Email", "Follow-up Text", "Reminder Email")
ADDRESS = "mandla@leads.test"
AUTOMATIC_WELCOME = "Welcome, Mandla"  # of the shipped automation: no step built here is the lead's first hello


@pytest.fixture
def monday(installation) -> datetime:
    """Monday at three in Johannesburg, by the clocks of the web and the worker, which run; mail goes to a sink."""
    monday = next_monday_at_three()
    set_clock(installation, monday)
    installation.start_sink()
    restart(installation)
    return monday


@pytest.fixture
def keyboard_only(chromium, installation, monday, demo):
    """A page on which the owner has signed in, by keys. Its console must stay empty."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=installation.url, locale="en-US")
    context.set_default_timeout(15_000)
    page = context.new_page()
    quiet = Quiet(page)
    sign_in(page, next(user for user in demo["users"] if user["role"] == "owner"))
    yield page
    context.close()
    assert not quiet.complaints


def open_flow(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/flows")
    page.wait_for_load_state("networkidle")
    go_to_row(page, "New lead")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    page.wait_for_load_state("networkidle")


def remove_step(page: Page, name: str) -> None:
    press_on(page, page.get_by_role("button", name=f"More for {name}"))
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{name} was removed from the draft.")).to_be_visible()


def add_step(page: Page, name: str, words: str, *, subject: str = "", day: int = 0, at: str = "") -> None:
    """An email when there is a subject, else a text; immediately unless `at` says when, as one types it: `0900AM`."""
    page.keyboard.press("n")
    panel = page.get_by_role("complementary", name="New step")
    expect(panel.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    if not subject:
        tab_to(page, panel.get_by_label("Email", exact=True), "Shift+Tab")
        page.keyboard.press("ArrowRight")
        expect(panel.get_by_label("Text", exact=True)).to_be_focused()
        expect(panel.get_by_label("Subject")).to_have_count(0)
    if at:
        press_on(page, panel.get_by_label("Immediately"), "ArrowRight")
    type_into(page, panel.get_by_label("Day"), str(day))
    if at:
        tab_to(page, panel.get_by_label("Time", exact=True))
        page.keyboard.type(at)
    if subject:
        type_into(page, panel.get_by_label("Subject"), subject)
    type_into(page, panel.get_by_label("Message"), words)
    press_on(page, panel.get_by_role("button", name="Add step"))
    expect(page.get_by_text(f"{name} was added to the draft.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel .panel")).to_have_count(0)


def publish(page: Page) -> None:
    press_on(page, page.get_by_role("link", name="Publish 6 changes"))
    press_on(page, page.get_by_role("button", name="Publish 6 changes"))
    expect(page.get_by_text("Version 2 is live.")).to_be_visible()


def create_lead(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/leads")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="New lead")
    expect(form.get_by_label("First name")).to_be_focused()
    page.keyboard.type("Mandla")
    type_into(page, form.get_by_label("Email", exact=True), ADDRESS)
    type_into(page, form.get_by_label("Phone"), "+27821234567")
    type_into(page, form.get_by_label("Time zone"), ZONE.key)
    press_on(page, form.get_by_role("button", name="Create lead"))
    expect(form).to_have_count(0)
    expect(page.locator("#panel").get_by_role("heading", name="Mandla")).to_be_visible()


def test_three_steps_built_by_keys_leave_on_their_days(keyboard_only, installation, demo, monday):
    page = keyboard_only
    open_flow(page)
    for name in SHIPPED:
        remove_step(page, name)
    add_step(page, "Welcome Email", "Hello {first_name|there}, welcome.", subject="Welcome")
    add_step(page, "Follow-up Text", "Hi {first_name|there}, any questions?", day=1, at="0900AM")
    add_step(page, "Reminder Email", "Shall we talk?", subject="Still there?", day=2, at="0200PM")
    publish(page)
    create_lead(page)

    api = installation.api(next(user for user in demo["users"] if user["role"] == "owner")["api_token"])
    lead = api.get("/api/leads", q=ADDRESS)["items"][0]["id"]
    rows = wait_for(lambda: flow_messages(api, lead))
    local = [datetime.fromisoformat(row["scheduled_for"]).astimezone(ZONE) for row in rows]
    assert timedelta(0) <= local[0] - monday < timedelta(minutes=5), "the first leaves at once"
    assert [moment.strftime("%A %H:%M") for moment in local[1:]] == ["Tuesday 09:00", "Wednesday 14:00"]
    assert [row["channel"] for row in rows] == ["email", "sms", "email"]

    def sent(count: int) -> bool:
        return [row["status"] for row in flow_messages(api, lead)] == ["sent"] * count + ["scheduled"] * (3 - count)

    wait_for(lambda: sent(1))
    page.goto("about:blank")  # an open page would complain of the restarts
    for count, moment in ((2, local[1]), (3, local[2])):
        set_clock(installation, moment - timedelta(minutes=5))
        restart(installation)
        assert sent(count - 1), "not before its time"
        set_clock(installation, moment + timedelta(seconds=5))
        restart(installation)
        wait_for(lambda count=count: sent(count))
    subjects = [mail["subject"] for mail in installation.mails() if mail["rcpt"] == ADDRESS]
    assert [subject for subject in subjects if subject != AUTOMATIC_WELCOME] == ["Welcome", "Still there?"]
