"""Merge fields put in where the cursor is, by the mouse and by keys alone."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.keyboard import press_on, type_into

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STARTS = "field => field.setSelectionRange({0}, {1})"


def open_step(page: Page, name: str = "Reminder Email") -> Locator:
    page.goto("/flows", wait_until="networkidle")
    page.get_by_role("link", name="New lead").first.click()
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name=name).click()
    panel = page.get_by_role("complementary", name=name)
    expect(panel.get_by_label("Message")).to_be_visible()
    return panel


def test_a_field_comes_in_at_the_cursor_by_mouse_and_what_is_typed_next_follows_it(page: Page):
    panel = open_step(page)
    message = panel.get_by_label("Message")
    message.fill("Hi , welcome to XXX.")
    message.evaluate(STARTS.format(3, 3))
    panel.get_by_role("button", name="Insert field").click()
    page.get_by_role("menuitem", name="First name", exact=True).click()
    expect(message).to_have_value("Hi {first_name}, welcome to XXX.")
    expect(message).to_be_focused()
    page.keyboard.type("!")
    expect(message).to_have_value("Hi {first_name}!, welcome to XXX.")
    start = len("Hi {first_name}!, welcome to ")
    message.evaluate(STARTS.format(start, start + 3))  # what is selected gives way
    panel.get_by_role("button", name="Insert field").click()
    page.get_by_role("menuitem", name="Your organization").click()
    expect(message).to_have_value("Hi {first_name}!, welcome to {organization_name}.")
    expect(panel.locator("#step-preview")).to_contain_text("welcome to Acme")


def test_a_field_comes_into_the_subject_when_one_was_there_last(page: Page):
    panel = open_step(page)
    words = panel.get_by_label("Message").input_value()
    subject = panel.get_by_label("Subject")
    subject.fill("About ")
    panel.get_by_role("button", name="Insert field").click()
    page.get_by_role("menuitem", name="What they asked about").click()
    expect(subject).to_have_value("About {interest}")
    expect(subject).to_be_focused()
    expect(panel.get_by_label("Message")).to_have_value(words)


def test_a_field_comes_in_by_keys_alone_and_escape_brings_none(page: Page):
    panel = open_step(page)
    message, button = panel.get_by_label("Message"), panel.get_by_role("button", name="Insert field")
    type_into(page, message, "Hi !")
    page.keyboard.press("ArrowLeft")
    press_on(page, button)
    expect(page.get_by_role("menuitem", name="First name", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="First name", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(message).to_have_value("Hi {last_name}!")
    expect(message).to_be_focused()
    page.keyboard.type(",")
    expect(message).to_have_value("Hi {last_name},!")
