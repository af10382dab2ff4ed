"""The flow builder by keys alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keyboard import go_to_row, press_on, tab_to, type_into

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def open_flow(page: Page) -> None:
    page.goto("/flows", wait_until="networkidle")
    go_to_row(page, "New lead")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    page.wait_for_load_state("networkidle")


def step(page: Page, name: str):
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))


def add_step(page: Page) -> None:
    """A text on day 3 at 10:30."""
    page.keyboard.press("n")
    panel = page.get_by_role("complementary", name="New step")
    expect(panel.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Still looking?")
    tab_to(page, panel.get_by_label("Email", exact=True), "Shift+Tab")
    page.keyboard.press("ArrowRight")
    expect(panel.get_by_label("Subject")).to_have_count(0)
    expect(panel.get_by_label("Text", exact=True)).to_be_focused()
    expect(panel.get_by_label("Name")).to_have_value("Still looking?")
    press_on(page, panel.get_by_label("Immediately"), "ArrowRight")
    type_into(page, panel.get_by_label("Day"), "3")
    tab_to(page, panel.get_by_label("Time", exact=True))
    page.keyboard.type("1030AM")
    type_into(page, panel.get_by_label("Message"), "Hi {first_name|there}, are you still looking?")
    expect(panel.locator("#step-preview").get_by_text("are you still looking?")).to_be_visible()
    press_on(page, panel.get_by_role("button", name="Add step"))
    expect(page.get_by_text("Still looking? was added to the draft.")).to_be_visible()


def test_a_step_is_added_edited_switched_deleted_and_brought_back(page: Page):
    open_flow(page)
    add_step(page)
    day = page.get_by_role("region", name=re.compile(r"^Day 3"))
    expect(day.get_by_text("Still looking?", exact=True)).to_be_visible()
    expect(step(page, "Still looking?").locator(".step-at")).to_have_text("10:30 AM")

    page.keyboard.press("Escape")
    expect(page.locator("#panel .panel")).to_have_count(0)
    expect(page.get_by_role("link", name="Still looking?")).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Still looking?")
    type_into(page, panel.get_by_label("Name"), "Last question")
    press_on(page, panel.get_by_role("button", name="Save step"))
    expect(page.get_by_text("Last question was saved in the draft.")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Last question")).to_be_focused()
    switch = page.get_by_role("switch", name="Last question enabled")
    press_on(page, switch, "Space")
    expect(page.get_by_text("Last question is off.")).to_be_visible()
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("Last question is on.")).to_be_visible()
    expect(switch).to_be_checked()

    press_on(page, page.get_by_role("button", name="More for Last question"))
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Last question was removed from the draft.")).to_be_visible()
    expect(step(page, "Last question")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.get_by_text("Undone: “Last question” is removed")).to_be_visible()
    expect(step(page, "Last question")).to_be_visible()


def test_a_refused_step_keeps_what_was_typed(open_context):
    page = open_context().new_page()  # its console tells of the refusal, a 422
    open_flow(page)
    page.keyboard.press("n")
    panel = page.get_by_role("complementary", name="New step")
    expect(panel.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Hello")
    type_into(page, panel.get_by_label("Message"), "Dear {frist_name}")
    press_on(page, panel.get_by_role("button", name="Add step"))
    expect(panel.get_by_text("An email needs a subject.")).to_be_visible()
    expect(panel.get_by_label("Subject")).to_be_focused()
    expect(panel.get_by_label("Message")).to_have_value("Dear {frist_name}")
    page.keyboard.type("Good morning")
    press_on(page, panel.get_by_role("button", name="Add step"))
    expect(panel.locator(".field-error", has_text="{frist_name}")).to_be_visible()


def test_a_flow_is_made_and_switched(page: Page):
    open_flow(page)
    page.go_back()
    page.keyboard.press("n")
    page.wait_for_url("**/flows/new")
    type_into(page, page.get_by_label("Name"), "Nurture")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    expect(page.get_by_role("heading", name="Nurture", level=1)).to_be_visible()
    expect(page.get_by_text("Add the first step")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/flows")
    go_to_row(page, "New lead")
    page.keyboard.press("Enter")
    switch = page.get_by_role("switch", name="New lead is on")
    press_on(page, switch, "Space")
    expect(page.get_by_text("New lead is off.")).to_be_visible()
    expect(switch).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("New lead is on.")).to_be_visible()
