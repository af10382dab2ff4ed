"""A campaign from the filtered list to its results, by keys; and held on the way."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keyboard import press_on, type_into

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def write_to(page: Page, status: str, name: str) -> int:
    """Draft a message to all leads of a status; returns how many they are."""
    page.goto(f"/leads?status={status}", wait_until="networkidle")
    press_on(page, page.get_by_role("link", name="Campaign", exact=True))
    page.wait_for_url("**/campaigns/new?*")
    expect(page.get_by_role("checkbox", name=status.capitalize(), exact=True)).to_be_checked()
    size = int(re.match(r"\s*(\d+) lead", page.locator("#segment").inner_text())[1])
    type_into(page, page.get_by_role("textbox", name="Name", exact=True), name)
    press_on(page, page.get_by_role("radio", name="A flow"), "ArrowDown")
    type_into(page, page.get_by_role("textbox", name="Subject"), "Autumn news")
    type_into(page, page.get_by_role("textbox", name="Message", exact=True), "Hi {first_name|there}, the leaves fall.")
    press_on(page, page.get_by_role("button", name="Save and review"))
    page.wait_for_url(re.compile(r"/campaigns/[0-9a-f-]{36}$"))
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    return size


def test_a_filtered_list_becomes_a_campaign_whose_results_come_in(page: Page, work):
    size = write_to(page, "contacted", "Autumn")
    expect(page.get_by_text("Draft", exact=True)).to_be_visible()
    press_on(page, page.get_by_role("button", name="Start", exact=True))
    dialog = page.locator("#confirm")
    expect(dialog).to_contain_text(f"This goes to {size} leads now.")
    press_on(page, dialog.get_by_role("button", name="Start"))
    expect(page.get_by_text("Started.", exact=True)).to_be_visible()
    work()
    expect(page.get_by_text(f"of {size} entered")).to_be_visible()  # without a reload
    expect(page.get_by_text("Messages sent")).to_be_visible()


def test_a_campaign_is_paused_and_stopped(page: Page, work):
    write_to(page, "qualified", "Held")
    press_on(page, page.get_by_role("button", name="Start", exact=True))
    press_on(page, page.locator("#confirm").get_by_role("button", name="Start"))
    press_on(page, page.get_by_role("button", name="Pause"))
    expect(page.get_by_text("Paused: nobody enters and nothing leaves.")).to_be_visible()
    work()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    press_on(page, page.get_by_role("button", name="Stop"))
    press_on(page, page.locator("#confirm").get_by_role("button", name="Stop"))
    expect(page.get_by_text("Stopped: nothing more leaves.")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)
