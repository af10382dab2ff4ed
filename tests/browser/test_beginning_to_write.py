"""What only a writer needs comes when somebody begins to write; nothing of what was done before it came is lost."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from leadcrm.conversations import operations
from leadcrm.core.db import perform
from tests.browser.acme import inside_acme, thread_id

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SCRIPT = "**/bundles/writing.js"
FILE = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"words"}
DROP = """(area) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['three words here'], 'dropped.txt', { type: 'text/plain' }));
  const event = (type) => new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
  return ['dragover', 'drop'].map((type) => area.dispatchEvent(event(type)));
}"""


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The scripts that the page asked for."""
    names = []
    page.on("request", lambda request: names.append(request.url) if request.url.endswith(".js") else None)
    return names


@pytest.fixture
def hold(page: Page) -> Iterator[Callable]:
    """`arrive = hold()`: the script is on a slow line until `arrive()`."""
    held = []

    def arrive() -> None:
        held.pop().continue_()

    def start() -> Callable:
        page.route(SCRIPT, lambda route: held.append(route))
        return arrive

    yield start
    assert not held, "The script was asked for more than once, or not let through."


@pytest.fixture
def composer(page: Page, office) -> Locator:
    """David's mail, which nobody has touched."""
    page.goto(f"/inbox?queue=all&c={thread_id(office, 'David Cohen')}", wait_until="networkidle")
    return page.locator(".composer")


def message_of(composer: Locator) -> Locator:
    return composer.get_by_role("textbox", name="Message")


@pytest.mark.parametrize("place", ["inbox", "lead page"])
def test_it_comes_with_the_first_focus_and_once(page: Page, composer, asked, place):
    if place == "lead page":
        page.get_by_role("heading", name="David Cohen").get_by_role("link").click()
        page.wait_for_url("**/leads/*")
        page.wait_for_load_state("networkidle")
    expect(message_of(composer)).to_be_visible()
    assert not [url for url in asked if "writing" in url]
    page.keyboard.press("r")
    page.keyboard.type("/")
    expect(page.get_by_role("combobox", name="Find a template")).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_label("Attach files").focus()
    message_of(composer).focus()
    assert len([url for url in asked if "writing" in url]) == 1


def test_what_is_typed_meanwhile_is_kept_and_counted_and_nothing_moves(page: Page, composer, hold):
    arrive = hold()
    composer.locator("label", has_text="Text").click()
    expect(composer.get_by_role("radio", name="Text")).to_be_checked()
    expect(composer.get_by_label("Subject")).to_have_count(0)
    area, send = message_of(composer), composer.get_by_role("button", name="Send", exact=True)
    area.focus()
    page.keyboard.type("See you there")
    places = area.bounding_box(), send.bounding_box()
    expect(composer.locator("output")).to_have_text("")
    arrive()
    expect(composer.locator("output")).to_have_text("13 / 160")
    expect(area).to_have_value("See you there")
    expect(area).to_be_focused()
    assert (area.bounding_box(), send.bounding_box()) == places


def test_after_a_channel_was_chosen_meanwhile_what_is_typed_is_the_message(page: Page, composer, hold):
    arrive = hold()
    composer.locator("label", has_text="Note").click()
    expect(page.get_by_role("button", name="Save note")).to_be_visible()
    arrive()
    expect(page.get_by_role("textbox", name="Private note")).to_be_focused()


def test_a_slash_typed_meanwhile_opens_the_templates_and_finds_what_followed_it(page: Page, office, composer, hold):
    with inside_acme(office):
        perform(operations.save_template, None, name="Offer", channel="email", subject="An offer",
                content="Dear {first_name}: shall we talk?")  # fmt: skip
    arrive = hold()
    page.keyboard.press("r")
    page.keyboard.type("/off")
    arrive()
    expect(page.get_by_role("combobox", name="Find a template")).to_be_focused()
    page.keyboard.type("er")
    expect(page.get_by_role("option", name="Offer")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(message_of(composer)).to_have_value("Dear David: shall we talk?")


def test_templates_opened_meanwhile_are_listed_when_it_comes(page: Page, composer, hold):
    arrive = hold()
    composer.get_by_role("button", name="Insert a template").click()
    arrive()
    expect(page.get_by_role("combobox", name="Find a template")).to_be_focused()
    expect(page.get_by_role("option").first).to_be_visible()


def test_a_mail_is_sent_by_keys_before_it_comes(page: Page, composer, hold):
    arrive = hold()
    page.keyboard.press("r")
    page.keyboard.type("At noon, then.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Email leaves in 5 seconds.")).to_be_visible()
    expect(page.get_by_role("log").get_by_text("At noon, then.")).to_be_visible()
    arrive()
    expect(message_of(composer)).to_have_value("")


def test_files_given_meanwhile_are_attached_when_it_comes_and_the_mail_waits_for_them(page: Page, composer, hold):
    arrive = hold()
    area = message_of(composer)
    area.fill("Here is the plan")
    composer.get_by_label("Attach files").set_input_files([FILE])
    assert area.evaluate(DROP) == [False, False]  # the browser does nothing with it
    assert page.locator("#log").evaluate(DROP) == [False, False]
    expect(composer.get_by_role("radio", name="Note")).to_be_disabled()
    area.press("Control+Enter")
    arrive()
    files = composer.get_by_role("list", name="Files of this mail").get_by_role("listitem")
    expect(files).to_have_text([re.compile("plan.txt"), re.compile("dropped.txt")])
    expect(area).to_have_value("Here is the plan")
    expect(page.get_by_role("log").get_by_text("Here is the plan")).to_have_count(0)
    expect(composer.get_by_role("radio", name="Note")).to_be_enabled()


def test_when_it_does_not_come_it_is_asked_for_again(open_context, office):
    page = open_context().new_page()  # its console tells of the request that failed
    page.goto(f"/inbox?queue=all&c={thread_id(office, 'David Cohen')}", wait_until="networkidle")
    page.route(SCRIPT, lambda route: route.abort(), times=1)
    with page.expect_event("requestfailed"):
        page.keyboard.press("r")
    page.keyboard.type("/")
    expect(page.get_by_role("combobox", name="Find a template")).to_be_focused()
